"""Copies of a whole installation, and the way back: `depesza backup` and `depesza restore`."""
