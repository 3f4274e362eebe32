"""Fetching: the one part that talks to other people's servers. See README.md here."""
