"""Themes by name, a module a family."""

from __future__ import annotations

from tests.themes.families import cms, magazine, modern, plain, wordpress
from tests.themes.families.view import Theme

THEMES: dict[str, Theme] = wordpress.THEMES | magazine.THEMES | cms.THEMES | modern.THEMES | plain.THEMES
