"""A generator of outlets with many pages, for tests: our own texts in the structure of real themes, boilerplate that varies, the truth of each page.

    outlet = make_outlet("kurier-warcianski", pages=20, seed=1)
    page = outlet.pages[0]; page.url, page.html_bytes, page.content_type, page.truth
    redesigned("kurier-warcianski", at=10)             # another theme from page 10 on
    redesigned("kurier-warcianski", at=10, soft=True)  # the same theme, new boxes in the body, the lead elsewhere
    odd_pages("kurier-warcianski")                     # gallery, live blog, index, stub, paid teaser

Words stand in `languages/`, stories are made in `compose.py`, boilerplate in `boxes.py` and `weight.py`, markup in `families/`.
"""

from __future__ import annotations

from tests.themes.model import Block, Story, ThemeOutlet, ThemePage, Truth
from tests.themes.outlets import ODD_KINDS, OUTLETS, make_outlet, odd_pages, redesigned

__all__ = [
    "ODD_KINDS",
    "OUTLETS",
    "Block",
    "Story",
    "ThemeOutlet",
    "ThemePage",
    "Truth",
    "make_outlet",
    "odd_pages",
    "redesigned",
]
