"""The histogram of a search as SVG: bars that are links to their range. No script, no style: colours come from the style sheet.

The numbers stand in a table beside it too (`search.html`), so nothing is said by the picture alone. The bars are stretched to the
width they are given; labels are the page's business, since stretched letters cannot be read. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

HEIGHT = 64
"""Units of the picture; a bar takes the share of it that its count is of the largest."""
_STEP, _GAP = 10, 2
_WIDEST = 28
"""Pixels of a bar where there is room: five hours must not look like five towers."""
_LEAST = 2
"""A single article beside thousands is seen too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bucket as it is shown."""

    count: int
    label: str
    """What is said of it: "24 Nov 2026: 12 articles"."""
    when: str
    """Its time alone, for the table."""
    href: str
    """Where a click leads: the same search in this range."""
    is_marked: bool = False
    """Something was wrong then: a ground is drawn, whether there is a bar or not."""


def histogram_svg(bars: Sequence[Bar], title: str, description: str) -> Markup:
    """A picture of the bars. Empty ones are no links; the keyboard goes through the table instead of sixty bars."""
    largest = max((bar.count for bar in bars), default=0) or 1
    drawn = [_ground(number * _STEP) for number, bar in enumerate(bars) if bar.is_marked]
    drawn += [_bar(bar, number * _STEP, largest) for number, bar in enumerate(bars) if bar.count]
    width = max(1, len(bars)) * _STEP
    return Markup(
        '<svg class="histogram" viewBox="0 0 {width} {height}" width="{shown}" preserveAspectRatio="none" role="group" '
        'aria-labelledby="histogram-title histogram-desc" focusable="false">'
        '<title id="histogram-title">{title}</title><desc id="histogram-desc">{description}</desc>{bars}</svg>'
    ).format(
        shown=max(1, len(bars)) * _WIDEST,
        width=width,
        height=HEIGHT,
        title=title,
        description=description,
        bars=Markup("").join(drawn),
    )


def _ground(x: int) -> Markup:
    return Markup('<rect class="marked" x="{x}" y="0" width="{width}" height="{height}"/>').format(
        x=x, width=_STEP, height=HEIGHT
    )


def _bar(bar: Bar, x: int, largest: int) -> Markup:
    """The whole column is the link, so that a low bar is as easy to hit as a high one."""
    height = max(_LEAST, round(bar.count / largest * HEIGHT))
    label = escape(bar.label)  # by hand: Markup.format takes ten times as long, sixty bars' worth a page
    return Markup(  # noqa: S704 - texts are escaped, the rest are our numbers
        f'<a href="{escape(bar.href)}" aria-label="{label}" tabindex="-1"><title>{label}</title>'
        f'<rect class="reach" x="{x}" y="0" width="{_STEP}" height="{HEIGHT}"/>'
        f'<rect class="bar" x="{x + _GAP / 2}" y="{HEIGHT - height}" width="{_STEP - _GAP}" height="{height}"/></a>'
    )


def share_svg(share: float, label: str) -> Markup:
    """A share of 1 as a line, filled so far."""
    return Markup(
        '<svg class="share" viewBox="0 0 100 6" width="80" height="6" preserveAspectRatio="none" role="img" aria-label="{label}">'
        '<rect class="whole" x="0" y="2.5" width="100" height="1"/><rect class="part" x="0" y="0" width="{part}" height="6"/></svg>'
    ).format(label=label, part=round(min(1.0, max(0.0, share)) * 100, 1))
