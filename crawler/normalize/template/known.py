"""The chain's step that finds the body: by the outlet's template where there is one and it fits, else at first sight.

On a page that fits, the template's selectors of headline, lead, byline and date stand in the draft's layout, so that the later
steps look there; what an outlet's file says by hand wins, and a hand-written body leaves the template out altogether.
Not here: the steps themselves.
"""

from __future__ import annotations

from crawler.errors import NormalizeError
from crawler.model.outlet import Layout
from crawler.model.template import Sighting, Template
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.extract import extract_text
from crawler.normalize.template.apply import Fitted, apply, without_recurring
from crawler.normalize.template.check import agreement, is_low


def read_body(draft: Draft, setting: Setting) -> None:
    """Fill `text` and `raw`, `sighting` where a template was tried, and `layout` where it fits. Raises NormalizeError."""
    template = setting.template
    if template is None or (draft.layout is not None and draft.layout.body):
        extract_text(draft, setting)
    else:
        _by_template(draft, setting, template)
    draft.raw = draft.text


def _by_template(draft: Draft, setting: Setting, template: Template) -> None:
    found = apply(draft.tree, template)
    if not isinstance(found, Fitted):
        draft.sighting = Sighting(version=template.version, fits=False, why=found.reason)
        extract_text(draft, setting)
        draft.text = without_recurring(draft.text, template)
        return
    figure, seen = _compared(draft, setting, found.text)
    low = figure is not None and is_low(figure, template)
    draft.sighting = Sighting(
        version=template.version, fits=True, agreement=figure, low=low, new=bool(found.new), why=f"new: {found.new[0]}" if found.new else ""
    )  # fmt: skip
    if low:
        draft.text = without_recurring(seen, template)
    else:
        draft.text = found.text
        draft.layout = _layout(draft.layout, template)


def _compared(draft: Draft, setting: Setting, text: str) -> tuple[float | None, str]:
    """How far first sight agrees, and its text, on a canary."""
    if not setting.canary:
        return None, ""
    try:
        extract_text(draft, setting)
    except NormalizeError:  # first sight finds nothing where the template does: that is no disagreement
        return None, ""
    return agreement(text, draft.text), draft.text


def _layout(written: Layout | None, template: Template) -> Layout:
    """The template's selectors under those of the outlet's file."""
    return Layout(
        title=(written and written.title) or template.title or None,
        lead=(written and written.lead) or template.lead or None,
        byline=(written and written.byline) or template.byline or None,
        published=(written and written.published) or template.published or None,
        remove=written.remove if written else (),
    )
