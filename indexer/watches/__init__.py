"""Watches: saved searches that alert. README beside this file."""
