"""What makes a real page heavy: inline scripts and styles, menus, footers, icons. Ours, made up by a seed; the same on all pages of an outlet.

Not here: boxes with text that varies (`boxes.py`).
"""

from __future__ import annotations

from functools import cache
from html import escape
from random import Random

from tests.themes.languages import Words

_IDENTIFIERS = "abcdefghijklmnopqrstuvwxyz"
_PROPERTIES = (
    "margin",
    "padding",
    "color",
    "font-size",
    "display",
    "border-radius",
    "line-height",
    "background",
    "max-width",
    "gap",
    "transition",
    "opacity",
)


@cache
def style(seed: int, prefix: str, size: int) -> str:
    """About `size` bytes of CSS rules for classes that begin with `prefix`."""
    chance, parts, length = Random(seed), [], 0
    while length < size:
        rules = ";".join(f"{chance.choice(_PROPERTIES)}:{chance.randrange(0, 99)}px" for _ in range(3))
        parts.append(f".{prefix}-{_word(chance)} .{_word(chance)}{{{rules}}}")
        length += len(parts[-1])
    return "<style>" + "".join(parts) + "</style>"


@cache
def script(seed: int, size: int) -> str:
    """About `size` bytes of a minified script that does nothing."""
    chance, parts, length = Random(seed), [], 0
    while length < size:
        one, two, three = _word(chance), _word(chance), _word(chance)
        parts.append(chance.choice((
            f'function {one}(e,t){{return e.{two}&&(t="{three}_"+e.{two}),t||{chance.randrange(9999)}}}', f'var {one}={{{two}:!0,{three}:[{chance.randrange(99)},{chance.randrange(99)}],id:"{chance.randrange(10**8):x}"}};',
            f'window.{one}=window.{one}||[];{one}.push(["{two}","/{three}/v{chance.randrange(9)}.js",!1]);', f"!function(n){{for(var r=0;r<n.length;r++)n[r].{two}.{three}()}}(document.querySelectorAll('.{one}'));",
        )))  # fmt: skip
        length += len(parts[-1])
    return "<script>" + "".join(parts) + "</script>"


@cache
def icons(seed: int, count: int) -> str:
    """Hidden vector icons, as themes put them at the top of the body."""
    chance = Random(seed)
    paths = "".join(
        f'<symbol id="i-{number}" viewBox="0 0 24 24"><path d="M{" ".join(f"{chance.random() * 24:.2f}" for _ in range(40))}z"/></symbol>'
        for number in range(count)
    )
    return f'<svg xmlns="http://www.w3.org/2000/svg" style="display:none">{paths}</svg>'


def menu(words: Words, css: str, item_css: str = "menu-item") -> str:
    """A menu with its second level."""
    entries = []
    for number, entry in enumerate(words.menu):
        inner = "".join(
            f'<li class="{item_css} {item_css}-{number}{deep}"><a href="/m/{number}/{deep}">{escape(other)}</a></li>'
            for deep, other in enumerate(words.menu[:6])
        )
        entries.append(
            f'<li class="{item_css} {item_css}-has-children"><a href="/m/{number}">{escape(entry)}</a><ul class="sub-menu">{inner}</ul></li>'
        )
    return f'<ul class="{css}">{"".join(entries)}</ul>'


def footer(words: Words, name: str, css: str) -> str:
    """Footer links and the notice of rights."""
    links = "".join(f'<li><a href="/f/{number}">{escape(line)}</a></li>' for number, line in enumerate(words.footer[:-1]))
    return f'<ul class="{css}">{links}</ul><p class="{css}-copy">© 2026 {escape(name)}. {escape(words.footer[-1])}</p>'


def _word(chance: Random) -> str:
    return "".join(chance.choices(_IDENTIFIERS, k=chance.randrange(3, 9)))
