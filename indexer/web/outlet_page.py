"""The page of one outlet: verdict, incidents, sources, when it is crawled, its days, what its articles hold, the newest of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from crawler.model.feed import FeedState
from crawler.store.outlet_hours import FIELDS
from crawler.store.outlet_record import DayRecord, Holdings, IncidentRecord, OutletRecord, Told
from indexer.desk import Desk
from indexer.outlet_detail import Due, OutletDetail, SourceDetail, Waiting
from indexer.web.formats import joined
from indexer.web.marking import direction, web_address
from indexer.web.renderer import Reader, search_address
from indexer.web.schedule_words import schedule_words
from indexer.web.svg import Bar, histogram_svg, share_svg
from indexer.web.verdict_view import verdict_view
from indexer.web.words import ANSWERS, DECIDED, HELD, SOURCES

_AGENCIES = 5
_GROUP = "its group "
_FINE = ("", "open", "not asked", "verified", "not verified", "none")
"""What `Observed.robots` and `tls` say when nothing is wrong."""


def context(desk: Desk, reader: Reader, found: OutletDetail) -> dict[str, Any]:
    """What `outlet.html` shows."""
    record, now = found.record, desk.now()
    row, health = record.row, record.health
    query = f"outlet:{row.slug}"
    about = [reader.write.country(row.country), reader.write.language(row.language), row.group or ""]
    return {
        **verdict_view(reader, health.verdict if health else None, health.reason if health else "", row.disabled_because),
        "name": row.name, "about": joined(about), "since": health.since if health and not row.disabled_because else None,
        "last_judged": health.updated_at if health else None, "homepage": web_address(row.homepage), "search_href": search_address(query),
        "feed_href": f"/feed.atom?q={quote(query)}", "api_href": f"/api/v1/outlets/{row.slug}", "articles": record.articles,
        "chart": _chart(reader, record), "facts": [*_facts(reader, found, now), *_copied(reader, found, desk.names("agency"))],
        "incidents": [_incident(reader, one) for one in record.incidents],
        "more_incidents": record.incident_count - len(record.incidents), "sources": [_source(reader, one, now) for one in found.sources],
        "holdings": list(_holdings(reader, record.recent, record.before)), "held": (record.recent.articles, record.before.articles),
        "newest": [
            {
                "href": f"/article/{one.id}", "title": one.title, "lang": one.language, "dir": direction(one.language), "at": one.published_at,
                "is_gone": one.removed_at is not None,
            }
            for one in record.newest
        ],
    }  # fmt: skip


def _chart(reader: Reader, record: OutletRecord) -> dict[str, Any]:
    """Articles a day, as a picture and as rows."""
    _, write = reader.said.gettext, reader.write
    bars = [_bar(reader, record.row.slug, one) for one in record.days]
    total, failed = sum(one.articles for one in record.days), sum(one.failures > 0 for one in record.days)
    title = _("Articles a day, the last four weeks")
    counted = reader.said.ngettext("%(num)s article", "%(num)s articles", total) % {"num": write.number(total)}
    marked = reader.said.ngettext(
        "on %(num)s day no source answered at least once", "on %(num)s days no source answered at least once", failed
    ) % {"num": write.number(failed)}
    return {
        "svg": histogram_svg(bars, title, f"{counted}; {marked}" if failed else counted), "title": title, "counted": counted,
        "marked": marked if failed else "",
        "first": bars[0].when, "last": bars[-1].when,
        "rows": [
            {"when": bar.when, "href": bar.href if one.articles else "", "articles": one.articles, "crawls": one.crawls, "failures": one.failures}
            for bar, one in reversed(list(zip(bars, record.days, strict=True)))
        ],
    }  # fmt: skip


def _bar(reader: Reader, slug: str, one: DayRecord) -> Bar:
    when = reader.write.day(one.day)
    count = reader.said.ngettext("%(num)s article", "%(num)s articles", one.articles) % {"num": reader.write.number(one.articles)}
    href = search_address(f"outlet:{slug} date:{one.day.isoformat()}")
    return Bar(count=one.articles, label=f"{when}: {count}", when=when, href=href, is_marked=one.failures > 0)


def _incident(reader: Reader, one: IncidentRecord) -> dict[str, Any]:
    incident = one.incident
    shown = verdict_view(reader, incident.verdict, incident.reason, None)
    return shown | {
        "began_at": incident.began_at, "opened_at": incident.opened_at, "closed_at": incident.closed_at,
        "lasted": reader.write.delay((incident.closed_at - incident.began_at).total_seconds())[1:] if incident.closed_at else "",
        "told": _told(reader, one.opening), "told_end": _told(reader, one.ending) if incident.closed_at else [],
    }  # fmt: skip


def _told(reader: Reader, one: Told) -> list[str]:
    """What became of the messages, a phrase each; nothing where nobody asked to be told."""
    said, number = reader.said, reader.write.number
    found = []
    if one.sent and one.first_at:
        found.append(said.gettext("sent %(when)s") % {"when": reader.write.moment(one.first_at)})
    if one.waiting:
        found.append(
            said.ngettext("%(num)s waits to be sent", "%(num)s wait to be sent", one.waiting) % {"num": number(one.waiting)}
        )
    if one.failed:
        found.append(
            said.ngettext("%(num)s could not be sent", "%(num)s could not be sent", one.failed) % {"num": number(one.failed)}
        )
    return found


def _source(reader: Reader, one: SourceDetail, now: datetime) -> dict[str, Any]:
    _, state = reader.said.gettext, one.state or FeedState(url=one.url, outlet="")
    is_bad = state.failures_in_a_row > 0 or state.gone_at is not None
    streak = reader.said.ngettext("%(num)s failure in a row", "%(num)s failures in a row", state.failures_in_a_row)
    return {
        "url": one.url, "href": web_address(one.url), "kind": reader.words(SOURCES, one.kind) if one.kind else _("of a kind not known here"),
        "answer": reader.words(ANSWERS, state.status) if state.status else _("never asked"), "is_bad": is_bad,
        "error": state.last_error or "" if is_bad else "", "moved_to": state.moved_to or "",
        "streak": streak % {"num": reader.write.number(state.failures_in_a_row)} if state.failures_in_a_row else "",
        "failing_since": state.failing_since, "next": _("asked again %(when)s") % {"when": reader.write.ahead(state.next_poll_at, now)}
        if is_bad and state.next_poll_at and state.next_poll_at > now else "",
        "answered_at": state.answered_at, "newest_at": state.newest_at, "last_modified": state.last_modified or "",
    }  # fmt: skip


def _facts(reader: Reader, found: OutletDetail, now: datetime) -> Iterator[dict[str, Any]]:
    """When it is crawled, and what was seen."""
    _, write, record = reader.said.gettext, reader.write, found.record
    health, due = record.health, found.due
    if due.schedule:
        yield _fact(_("Schedule"), schedule_words(reader.said, write, due.schedule), _decided(reader, due.decided_by))
    yield _fact(
        _("Next crawl"),
        _next(reader, due, now),
        "" if due.is_led or due.waiting is Waiting.NOTHING else _("no service keeps time now"),
    )
    if due.last_at:
        yield _fact(_("Last crawl"), write.clock(due.last_at), write.ago(due.last_at, now))
    if health:
        if health.last_success_at:
            yield _fact(_("A source answered"), write.clock(health.last_success_at), write.ago(health.last_success_at, now))
        if health.failures_in_a_row:
            yield _fact(
                _("Failed since"),
                reader.said.ngettext("%(num)s crawl in a row", "%(num)s crawls in a row", health.failures_in_a_row)
                % {"num": write.number(health.failures_in_a_row)},
            )
        if health.last_new_article_at:
            yield _fact(
                _("Last new article"), write.clock(health.last_new_article_at), write.ago(health.last_new_article_at, now)
            )
        yield from _seen(reader, health.detail)


def _seen(reader: Reader, detail: Any) -> Iterator[dict[str, Any]]:
    """What the last judgement went by. `detail` is of any version: what cannot be read is left out."""
    _, number = reader.said.gettext, reader.write.number
    if isinstance(usual := detail.get("articles_a_day"), int | float):
        yield _fact(_("Usual articles a day"), number(usual))
    if isinstance(letters := detail.get("dead_letters"), int) and letters:
        yield _fact(
            _("Not filed"),
            reader.said.ngettext("%(num)s entry of the last day", "%(num)s entries of the last day", letters)
            % {"num": number(letters)},
        )
    template = detail.get("template")
    if isinstance(template, dict) and template.get("pages"):
        pages, misfits = int(template["pages"]), int(template.get("misfits") or 0)
        yield _fact(
            _("Layout"),
            _("as learned on %(share)s of its pages") % {"share": reader.write.share(max(0, pages - misfits) / pages)},
        )
    for name, said in (("robots.txt", detail.get("robots")), ("TLS", detail.get("tls"))):
        if said and said not in _FINE:
            yield _fact(name, str(said)) | {"lang": "en"}


def _copied(reader: Reader, found: OutletDetail, agencies: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    _, write, profile = reader.said.gettext, reader.write, found.profile
    if profile is None or not profile.articles:
        return
    share = profile.agency_copy / profile.articles
    counted = ", ".join(f"{agencies.get(slug, slug)} {write.number(count)}" for slug, count in profile.agencies[:_AGENCIES])
    picture = share_svg(share, f"{_('Agency copy')}: {write.share(share)}")
    yield _fact(_("Agency copy"), write.share(share), counted) | {"picture": picture}


def _decided(reader: Reader, text: str | None) -> str:
    if text and text.startswith(_GROUP):
        return reader.said.gettext("the schedule of its group %(group)s") % {"group": text.removeprefix(_GROUP)}
    return reader.words(DECIDED, text) if text else ""


def _next(reader: Reader, due: Due, now: datetime) -> Any:
    _, write = reader.said.gettext, reader.write
    if due.waiting is Waiting.NOTHING:
        return _("none: no service watches it")
    if due.waiting is Waiting.CRAWLED:
        return _("under way")
    if due.waiting is Waiting.DUE and due.at:
        return _("due for %(span)s, waits for a free place") % {
            "span": write.span(60 * max(1, round((now - due.at).total_seconds() / 60)))
        }
    if due.waiting is Waiting.AGAIN and due.at:
        failed = reader.said.ngettext("%(num)s attempt failed", "%(num)s attempts failed", due.attempts) % {"num": due.attempts}
        return f"{failed}; {write.ahead(due.at, now)}"
    return f"{write.ahead(due.at, now)}, {write.moment(due.at)}" if due.at else _("as its schedule says")


def _holdings(reader: Reader, late: Holdings, before: Holdings) -> Iterator[dict[str, Any]]:
    """A row each: what, of late, before."""
    _, write = reader.said.gettext, reader.write

    def row(name: str, values: Iterable[float | None], *, is_share: bool) -> dict[str, Any]:
        shown = ["–" if one is None else write.share(one) if is_share else write.number(round(one)) for one in values]
        return {"name": name, "late": shown[0], "before": shown[1]}

    yield row(_("words each"), (late.words_each, before.words_each), is_share=False)
    for name in FIELDS:
        yield row(reader.words(HELD, name), (late.share_of(name), before.share_of(name)), is_share=True)
    yield row(_("not free to read"), (late.share_of("paid"), before.share_of("paid")), is_share=True)
    yield row(_("pages without a text"), (late.no_text_share, before.no_text_share), is_share=True)


def _fact(name: str, value: Any, more: Any = "") -> dict[str, Any]:
    return {"name": name, "value": value, "more": more, "picture": "", "lang": ""}
