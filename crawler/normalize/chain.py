"""The chain: a page becomes an article by a visible tuple of steps. Each is pure; together they never see a clock or a network.

Not here: what the steps do (a module each), the pool that limits them (`crawler.workers`).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from crawler.errors import NormalizeError
from crawler.fingerprints import fingerprint
from crawler.model.article import Article, article_id, content_digest
from crawler.model.outlet import Layout, Outlet
from crawler.model.page import Page
from crawler.model.template import Template
from crawler.normalize import pages
from crawler.normalize.access import tell_access
from crawler.normalize.cleaning import clean_text, cut_frames, split_pictures, split_writers
from crawler.normalize.credits import CreditReading, attribute, split_credits
from crawler.normalize.dates import date_article
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.encoding import decode_page
from crawler.normalize.language import tell_language
from crawler.normalize.leads import read_lead
from crawler.normalize.parsing import parse_html, visible_text
from crawler.normalize.people import read_people
from crawler.normalize.pictures import read_pictures
from crawler.normalize.placing import read_addresses, read_placing
from crawler.normalize.quality import refuse_by_answer, refuse_by_text
from crawler.normalize.structured import read_facts
from crawler.normalize.template.excerpt import excerpt_of
from crawler.normalize.template.known import read_body
from crawler.normalize.template.selectors import first
from crawler.normalize.titles import read_title
from crawler.outlets.agencies import Agencies
from crawler.text import clean, clean_line

NORMALIZER_VERSION = 3
"""Raised by every change of what the chain gives; `depesza renormalize` runs pages of older versions again."""


_LEAST_OF_EXCERPT = 700
"""Characters: the gate (`quality.py`) looks beyond the article at pages of less than 120 words."""


def normalize(page: Page, outlet: Outlet, agencies: Agencies, now: datetime, template: Template | None = None) -> Article:
    """The article on `page`. `now` (aware) ends the window of believable dates. `template`: what was learned of the outlet.

    Raises NormalizeError, whose kind says what the page is instead: "no text", "blocked", "gone", "no article", "broken".
    """
    return article_of(read_draft(page, Setting(outlet, agencies, now, template)), outlet)


def article_of(draft: Draft, outlet: Outlet) -> Article:
    """The article of a page that has gone through all steps."""
    page = draft.page
    assert draft.published_at is not None, "the step of the dates always finds one"
    return Article(
        id=article_id(draft.url), url=draft.url, outlet=outlet.slug, title=draft.title, text=draft.text, lead=draft.lead,
        language=draft.language, authors=draft.authors, byline=draft.byline, credits=draft.credits, section=draft.section,
        tags=draft.tags, image_url=draft.image_url, image_credit=draft.image_credit, published_at=draft.published_at, published_from=draft.published_from,
        modified_at=draft.modified_at, first_seen_at=page.fetched_at, attributions=draft.attributions, access=draft.access,
        access_reason=draft.access_reason, encoding_suspect=draft.encoding_suspect, addresses=draft.addresses,
        content_sha256=content_digest(draft.title, draft.text), fingerprint=draft.fingerprint, normalizer_version=NORMALIZER_VERSION,
    )  # fmt: skip


def read_draft(page: Page, setting: Setting) -> Draft:
    """The page after all steps, by the excerpt that its outlet's template allows where that is enough. Raises NormalizeError."""
    return read_excerpt(page, setting) or read_whole(page, setting)


def read_whole(page: Page, setting: Setting) -> Draft:
    """The page after all steps, parsed whole. Raises NormalizeError."""
    draft = Draft(page=page)
    for step in STEPS:
        step(draft, setting)
    return draft


def read_excerpt(page: Page, setting: Setting) -> Draft | None:
    """The page after all steps, of which only the template's excerpt was parsed; None where the page is to be read whole.

    Never on a canary, and never where the excerpt would be refused, does not fit or holds little: that may be a wall or a
    notice, which is told by the whole page.
    """
    html = cut_excerpt(page, setting)
    if html is None:
        return None
    try:
        draft = Draft(page=page, html=html, tree=parse_html(html), excerpt=True)
        draft.nodes = list(draft.tree.iter())
        for step in STEPS[1:]:
            step(draft, setting)
            if draft.sighting is not None and not draft.sighting.fits:
                return None
    except NormalizeError:
        return None
    return draft if len(draft.text) >= _LEAST_OF_EXCERPT else None


def cut_excerpt(page: Page, setting: Setting) -> str | None:
    """The page's excerpt; None where there is none, or the outlet's file has code or places of its own, which may lie anywhere."""
    template, outlet = setting.template, setting.outlet
    if template is None or template.excerpt is None or setting.canary or outlet.layouts or outlet.page_class:
        return None
    return excerpt_of(page.body, page.header("content-type"), outlet.languages, template.excerpt)


def decode(draft: Draft, setting: Setting) -> None:
    """Bytes -> html -> tree."""
    decoded = decode_page(draft.page.body, draft.page.header("content-type"), setting.outlet.languages)
    draft.html, draft.encoding_suspect = decoded.text, decoded.suspect
    draft.tree = parse_html(decoded.text)
    draft.nodes = list(draft.tree.iter())


def read_structured(draft: Draft, setting: Setting) -> None:
    """JSON-LD, meta, microdata -> facts; the layout of the page's day."""
    draft.facts = read_facts(draft.tree, draft.page.final_url)
    draft.layout = layout_of(setting.outlet.layouts, draft.page.fetched_at.date())


def layout_of(layouts: tuple[Layout, ...], day: date) -> Layout | None:
    """The first layout still valid on `day`; None when the outlet has none."""
    return next((layout for layout in layouts if layout.valid_until is None or day <= layout.valid_until), None)


def read_headline(draft: Draft, setting: Setting) -> None:
    """The layout's title, else the one the page's statements agree on, else the feed's, else the text's first words."""
    chosen = first(draft.tree, draft.layout.title) if draft.layout and draft.layout.title else None
    title = (visible_text(chosen) if chosen is not None else "") or read_title(draft.tree, draft.facts, setting.names(draft.url))
    entry = draft.page.entry
    draft.title = clean_line(title or (entry.title if entry and entry.title else "") or draft.text.split("\n", 1)[0][:120])


def read_credits(draft: Draft, setting: Setting) -> None:
    """Credit lines and sign-offs leave the text for `credits`, verbatim, before cleaning may eat them."""
    language = next(iter(setting.outlet.languages), "und")
    text, draft.credits = split_credits(draft.text, setting.agencies, language)
    text, pictures = split_pictures(text or draft.text)
    text, writers, signers = split_writers(text, (setting.outlet.name, *setting.outlet.aliases))
    draft.text, draft.credits = text, "\n".join(part for part in (draft.credits, writers, pictures) if part)
    draft.authors = draft.authors or tuple(name for name in signers if setting.agencies.find(name) is None)


def attribute_text(draft: Draft, setting: Setting) -> None:
    """Who the text is from. After cleaning, so that the evidence's offsets count in the strings that are kept."""
    draft.text, draft.credits, draft.byline = clean(draft.text), clean(draft.credits), clean_line(draft.byline)
    reading = CreditReading(
        title=draft.title, text=draft.text, byline=draft.byline, credits=draft.credits, structured=draft.facts.sources,
        pictures=draft.picture_credits, outlet=setting.outlet.slug, url=draft.url, language=draft.language,
    )  # fmt: skip
    draft.attributions = attribute(reading, setting.agencies)


def take_fingerprint(draft: Draft, setting: Setting) -> None:
    """After cleaning, so that "(PAP)" and "Źródło: PAP" do not part two copies."""
    del setting
    draft.fingerprint = fingerprint(draft.title, draft.text)


STEPS: tuple[Callable[[Draft, Setting], None], ...] = (
    decode,
    read_structured,
    refuse_by_answer,
    read_addresses,
    pages.prepare,
    read_placing,
    read_body,
    read_headline,
    read_people,
    date_article,
    cut_frames,
    read_credits,
    clean_text,
    read_lead,
    tell_language,
    refuse_by_text,
    tell_access,
    read_pictures,
    attribute_text,
    take_fingerprint,
)
