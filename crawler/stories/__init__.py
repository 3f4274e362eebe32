"""Copies: which articles carry one text, who they are from, and what each made of it. See README.md in this folder."""
