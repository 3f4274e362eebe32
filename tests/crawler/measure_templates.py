"""What templates bring on the outlets of `tests/themes`: text with and without, phrases that must not be there, pages a second. One core.

    .venv/bin/python -m tests.crawler.measure_templates [--pages 20] [--redesign hard|soft] [--speed] [--steps] [SLUG]...

Each outlet is learned from its first five pages and read on the rest as a crawl would, with canaries and learning anew.
Text: F1 of bags of words against the truth, in thousandths, of the pages after the fifth. No test; figures for the room's README.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from crawler.model.page import Page
from crawler.model.template import Template
from crawler.normalize.chain import STEPS, article_of, cut_excerpt, read_draft
from crawler.normalize.draft import Draft, Setting
from crawler.normalize.parsing import parse_html
from crawler.normalize.template.check import LEAST_PAGES, MOST_PAGES, ONE_IN_OLD, Watch, agreement
from crawler.normalize.template.lesson import learn_pages
from crawler.outlets.agencies import load_agencies
from tests.themes import OUTLETS, ThemeOutlet, ThemePage, make_outlet, redesigned

NOW = datetime(2027, 6, 1, tzinfo=UTC)


@dataclass(slots=True)
class Crawled:
    """One outlet, page after page, as a crawl reads it."""

    drafts: list[Draft] = field(default_factory=list)
    events: list[tuple[int, str]] = field(default_factory=list)
    templates: list[Template] = field(default_factory=list)


def page_of(one: ThemePage, outlet: ThemeOutlet) -> Page:
    """As the crawler would hand it to the chain."""
    headers = (("content-type", one.content_type),)
    return Page(
        requested_url=one.url, final_url=one.url, status=200, headers=headers, body=one.html_bytes,
        fetched_at=one.truth.published_at + timedelta(minutes=30), outlet=outlet.outlet.slug,
    )  # fmt: skip


def crawl(outlet: ThemeOutlet) -> Crawled:
    """Every page of the outlet in order; learned when due from the pages until then."""
    agencies = load_agencies([outlet.outlet])
    pages = [page_of(one, outlet) for one in outlet.pages]
    watch, done = Watch(), Crawled()
    for number, page in enumerate(pages):
        setting = Setting(outlet.outlet, agencies, NOW, watch.template, watch.canary(page.final_url))
        draft = read_draft(page, setting)
        done.drafts.append(draft)
        if given_up := watch.note(draft.sighting):
            done.events.append((number, f"given up: {given_up}"))
        if watch.due():
            sample = pages[max(0, number + 1 - MOST_PAGES) : number + 1]
            found = learn_pages(sample, outlet.outlet, agencies, NOW, len(done.templates) + 1)
            done.templates += [found.template] if found.template else []
            watch.learned(found.template, found.reason)
            done.events.append((number, f"learned {found.template.root}" if found.template else f"not learned: {found.reason}"))
    return done


def score(draft: Draft, one: ThemePage) -> float:
    """Text against the truth."""
    return agreement(draft.text, "\n\n".join(one.truth.paragraphs))


def leaks(draft: Draft, one: ThemePage) -> list[str]:
    """Phrases in the text that must not be there."""
    return [phrase for phrase in one.truth.never if phrase in draft.text]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("slugs", nargs="*", default=sorted(OUTLETS))
    parser.add_argument("--pages", type=int, default=20)
    parser.add_argument("--redesign", choices=("hard", "soft"))
    parser.add_argument("--speed", action="store_true", help="CPU time a page against trafilatura's, no texts")
    parser.add_argument("--steps", action="store_true", help="with --speed: the steps of a known page one by one")
    parser.add_argument("--show", action="store_true", help="what was learned, and every page below .985 or with a phrase")
    options = parser.parse_args()
    outlets = [
        redesigned(slug, options.pages, at=options.pages // 2, soft=options.redesign == "soft")
        if options.redesign
        else make_outlet(slug, options.pages)
        for slug in options.slugs or sorted(OUTLETS)
    ]
    if options.speed:
        _speed(outlets, steps=options.steps)
        return
    print(
        f"{'outlet':24}{'first sight':>12}{'phrases':>9}{'known':>9}{'phrases':>9}{'worst':>8}{'fits':>6}  facts wrong (first sight / known)"
    )
    for outlet in outlets:
        _report(outlet, show=options.show)


def _report(outlet: ThemeOutlet, *, show: bool) -> None:
    done = crawl(outlet)
    setting = Setting(outlet.outlet, load_agencies([outlet.outlet]), NOW)
    later = list(zip(outlet.pages, done.drafts, strict=True))[LEAST_PAGES:]
    plain = [read_draft(page_of(one, outlet), setting) for one, _ in later]
    without = [score(draft, one) for draft, (one, _) in zip(plain, later, strict=True)]
    known = [score(draft, one) for one, draft in later]
    before = sum(bool(leaks(draft, one)) for draft, (one, _) in zip(plain, later, strict=True))
    after = sum(bool(leaks(draft, one)) for one, draft in later)
    fits = sum(draft.sighting is not None and draft.sighting.fits for _, draft in later)
    wrong = [
        sum(bool(_wrong(draft, one)) for draft, (one, _) in zip(group, later, strict=True))
        for group in (plain, [draft for _, draft in later])
    ]
    print(
        f"{outlet.outlet.slug:24}{_mean(without):>12.1f}{before:>9}{_mean(known):>9.1f}{after:>9}{1000 * min(known):>8.0f}"
        f"{fits:>4}/{len(later)}  {wrong[0]}/{wrong[1]}"
    )
    if show:
        for number, event in done.events:
            print(f"    page {number}: {event}")
        for number, (one, draft) in enumerate(later, LEAST_PAGES):
            bad, figure = leaks(draft, one), score(draft, one)
            if bad or figure < 0.985 or _wrong(draft, one):
                print(f"    page {number}: {1000 * figure:.0f} {bad} {_wrong(draft, one)} {draft.sighting}")


def _wrong(draft: Draft, one: ThemePage) -> list[str]:
    """Facts that differ from the truth."""
    found: dict[str, tuple[object, object]] = {
        "title": (draft.title, one.truth.title),
        "authors": (draft.authors, one.truth.authors),
        "published": (draft.published_at, one.truth.published_at),
        "lead": (draft.lead, one.truth.lead),
    }
    return [f"{name}: {got!r} for {wanted!r}" for name, (got, wanted) in found.items() if got != wanted]


def _mean(figures: Sequence[float]) -> float:
    return 1000 * sum(figures) / len(figures)


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU seconds a page, of the same pages in the same process."""

    pages: int
    kilobytes: float
    trafilatura: float
    """With metadata."""
    first_sight: float
    known: float
    canary: float
    """A known page that is read at first sight too."""
    steps: dict[str, float]
    """Of a known page."""

    @property
    def crawled(self) -> float:
        """A page of an outlet known for long, its share of a canary included."""
        return self.known + (self.canary - self.known) / ONE_IN_OLD


def measure(outlets: Sequence[ThemeOutlet], *, one_in: int = 1) -> Cost:
    """Every `one_in`th page after the fifth of each outlet, each page by all ways in turn: what else runs slows all of them alike."""
    from trafilatura import bare_extraction

    work: list[tuple[Page, Setting, Setting]] = []
    for outlet in outlets:
        done, agencies = crawl(outlet), load_agencies([outlet.outlet])
        if done.templates:
            plain, known = (Setting(outlet.outlet, agencies, NOW, template) for template in (None, done.templates[-1]))
            work += [(page_of(one, outlet), plain, known) for one in outlet.pages[LEAST_PAGES::one_in]]
    ways: dict[str, Callable[[Page, Setting, Setting], object]] = {
        "trafilatura": lambda page, plain, known: bare_extraction(page.body.decode("utf-8", "replace"), with_metadata=True),
        "first_sight": lambda page, plain, known: article_of(read_draft(page, plain), plain.outlet),
        "known": lambda page, plain, known: article_of(read_draft(page, known), known.outlet),
        "canary": lambda page, plain, known: article_of(read_draft(page, replace(known, canary=True)), known.outlet),
    }
    figures, steps = dict.fromkeys(ways, 0.0), Counter[str]()
    for each in work[:10]:
        for way in ways.values():
            way(*each)
    names = list(ways)
    for number, each in enumerate(work):  # in turn, for what ran before warms caches, trafilatura's own among them
        for name in names[number % len(names) :] + names[: number % len(names)]:
            start = time.process_time()
            ways[name](*each)
            figures[name] += (time.process_time() - start) / len(work)
    for page, _, known in work:
        steps.update(_steps(page, known, len(work)))
    size = sum(len(page.body) for page, _, _ in work) / len(work) / 1000
    return Cost(pages=len(work), kilobytes=size, steps=dict(steps), **figures)


def _steps(page: Page, setting: Setting, count: int) -> dict[str, float]:
    """What each step of one known page takes of a mean over `count` pages; nothing where the page is read whole."""
    start = time.process_time()
    html = cut_excerpt(page, setting)
    found = {"cut": time.process_time() - start}
    if html is None:
        return {}
    start = time.process_time()
    draft = Draft(page=page, html=html, tree=parse_html(html), excerpt=True)
    draft.nodes = list(draft.tree.iter())
    found["parse"] = time.process_time() - start
    for step in STEPS[1:]:
        start = time.process_time()
        step(draft, setting)
        found[step.__name__] = time.process_time() - start
    return {name: seconds / count for name, seconds in found.items()}


def _speed(outlets: Sequence[ThemeOutlet], *, steps: bool) -> None:
    cost = measure(outlets)
    print(f"\n{cost.pages} pages of {cost.kilobytes:.0f} kB; one page in {ONE_IN_OLD} of an outlet known for long is a canary")
    for name in ("trafilatura", "first_sight", "known", "canary", "crawled"):
        seconds = getattr(cost, name)
        print(
            f"{name:24}{1000 * seconds:>8.2f} ms a page{1 / seconds:>8.1f} pages/s{cost.trafilatura / seconds:>7.2f} x trafilatura"
        )
    for name, seconds in sorted(cost.steps.items(), key=lambda pair: -pair[1]) if steps else ():
        print(f"    {name:20}{1000 * seconds:>8.3f} ms")


if __name__ == "__main__":
    main()
