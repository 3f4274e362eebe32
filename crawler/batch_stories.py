"""The work behind `depesza batch stories`: a file of articles becomes lines of JSON that say which carry one text.

Memory is bounded by the window of five days, not by the file, but for 24 bytes a line that put it in order of time: a
story is written out when its last leader leaves the window. Not here: the command (`crawler.cli`), the method
(`crawler.stories`), credit lines (`crawler.normalize.credits`), what is kept for a run that is killed (`batch_resume`).
"""

from __future__ import annotations

import json
import zlib
from array import array
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import numpy as np

from crawler.batch_resume import KEEP_S, Unfinished
from crawler.errors import ConfigError
from crawler.fingerprints import fingerprint_and_grams
from crawler.model.attribution import Attribution, Evidence
from crawler.model.story import LinkKind, MemberRole
from crawler.normalize.credits import CreditReading, attribute
from crawler.outlets.agencies import Agencies, load_agencies
from crawler.stories import window as w
from crawler.stories.evidence import StoryFacts, Witness, containments, credited_agencies, role_of, weigh
from crawler.stories.joining import link_kind, new_story_id
from crawler.stories.matching import Match, Text, apply, decide
from crawler.stories.memory import MemoryWindow
from crawler.stories.placing import Moves
from crawler.text import clean

Record = dict[str, Any]
_ATTRIBUTION, _EVIDENCE = ([field.name for field in fields(kind)] for kind in (Attribution, Evidence))


@dataclass(frozen=True, slots=True)
class BatchCount:
    """How far it is: articles read, stories written, lines that gave an `error`, lines of the file."""

    articles: int = 0
    stories: int = 0
    errors: int = 0
    lines: int = 0
    taken_up: int = 0
    """Articles that an earlier run, which was stopped, had read."""


Progress = Callable[[BatchCount], None]
_STEP = 64
"""The clock is looked at after so many articles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Link:
    id: Any
    kind: LinkKind
    containment: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Member:
    """An article of a story that is still open."""

    id: Any
    witness: Witness
    hashes: array[int]
    similarity: float
    links: tuple[_Link, ...]


def run(articles: Path, out: TextIO, progress: Progress | None = None) -> BatchCount:
    """Write a line of JSON to `out` for each line of `articles`, story by story, each story when it is complete.

    Lines are {id, outlet, published_at or seen_at, language, title?, byline?, text}, in any order; times without a zone are
    taken as UTC. A bad line gives {"id", "error"} and the next goes on. Raises ConfigError when the file cannot be read.
    """
    with _opened(articles) as file:
        return _run(file, _Batch(out, load_agencies()), progress)


def run_to_file(articles: Path, out: Path, progress: Progress | None = None, keep_s: float = KEEP_S) -> BatchCount:
    """As `run`; given again after it was killed, it goes on where its state was last kept (every `keep_s`), with the same result.

    Until `out` is complete there are `out`.part and `out`.state beside it. Raises ConfigError when one cannot be written, too.
    """
    with _opened(articles) as file:
        unfinished = Unfinished(out, file, keep_s)
        part, kept = unfinished.open()
        with part:
            batch = _Batch(part, load_agencies())
            if kept:
                batch.go_on(kept.knowledge)
            return _run(file, batch, progress, (unfinished, part), kept.done if kept else 0)


def _opened(articles: Path) -> BufferedReader:
    try:
        return articles.open("rb")
    except OSError as error:
        raise ConfigError(f"{articles}: cannot be read: {error.strerror}") from None


def _run(
    file: BinaryIO, batch: _Batch, progress: Progress | None, kept: tuple[Unfinished, TextIO] | None = None, before: int = 0
) -> BatchCount:
    """Take the articles of the file after the first `before`, whose complaints and stories are written already."""
    offsets, lines = _in_order_of_time(file, _pass_over if before else batch.complain)
    for done in range(before + 1, len(offsets) + 1):
        file.seek(offsets[done - 1])
        batch.take(json.loads(file.readline()))
        if kept and done % _STEP == 0:
            kept[0].keep(kept[1], done, batch.knowledge)
        if progress:
            progress(BatchCount(done, batch.stories, batch.errors, lines, before))
    batch.finish()
    if kept:
        kept[0].finish(kept[1])
    count = BatchCount(len(offsets), batch.stories, batch.errors, lines, before)
    if progress:
        progress(count)
    return count


def _pass_over(record_id: Any, reason: str) -> None:
    """Say nothing: it was said."""


class _Batch:
    """The open stories and what is written of the closed ones."""

    def __init__(self, out: TextIO, agencies: Agencies) -> None:
        self._out = out
        self._agencies = agencies
        self._window = MemoryWindow()
        self._open: dict[str, dict[str, _Member]] = {}
        self._ids: dict[str, str] = {}
        self._leaders: dict[str, _Member] = {}
        self._number = 0
        self.stories = 0
        self.errors = 0

    def knowledge(self) -> tuple[Any, ...]:
        """All that what is written next depends on."""
        return (self._window, self._open, self._ids, self._leaders, self._number, self.stories, self.errors)

    def go_on(self, knowledge: tuple[Any, ...]) -> None:
        """Know what a batch before knew."""
        self._window, self._open, self._ids, self._leaders, self._number, self.stories, self.errors = knowledge

    def complain(self, record_id: Any, reason: str) -> None:
        """Write a line for a record that is none."""
        self.errors += 1
        self._write({"id": record_id, "error": reason})

    def take(self, record: Record) -> None:
        """Put one article into its story. Records come in order of time."""
        self._number += 1
        text, witness = self._read(record)
        for closed in self._window.expire(text.at - w.WINDOW):
            self._close(closed)
        self._ids[text.article_id] = str(record["id"])
        decision = decide(self._window, text, self._new_id)
        self._move(decision.moves)
        apply(self._window, text, decision)
        self._window.add_member(decision.story_id, text.outlet)
        similarity = round(decision.match.score / 3, 4) if decision.match else 1.0
        member = _Member(
            id=record["id"], witness=witness, hashes=array("Q", text.hashes), similarity=similarity,
            links=tuple(self._link(witness, match) for match in decision.links),
        )  # fmt: skip
        self._open.setdefault(decision.story_id, {})[text.article_id] = member
        if decision.leads:
            self._leaders[text.article_id] = member

    def _move(self, moves: Moves) -> None:
        """Carry out what a newcomer changes for its neighbours."""
        for article_id, story_id in moves.parted.items():
            old = next(one for one, members in self._open.items() if article_id in members)
            self._window.move(article_id, story_id)
            self._open.setdefault(story_id, {})[article_id] = self._open[old].pop(article_id)
        for other, story_id in moves.absorbed.items():
            self._window.absorb(story_id, other)
            self._open.setdefault(story_id, {}).update(self._open.pop(other))

    def finish(self) -> None:
        """Write the stories that are still open."""
        for story_id in list(self._open):
            self._close(story_id)

    def _read(self, record: Record) -> tuple[Text, Witness]:
        title, body = clean(_word(record, "title")), clean(_word(record, "text"))
        outlet, at = _word(record, "outlet"), _time(record)
        seen_at = _parsed(record.get("seen_at")) or at
        found, grams = fingerprint_and_grams(title, body)
        key = str(self._number)
        reading = CreditReading(
            title=title,
            text=body,
            byline=clean(_word(record, "byline")),
            outlet=outlet,
            language=_word(record, "language") or "und",
        )
        witness = Witness(
            article_id=key, outlet=outlet, published_at=at, date_is_told=record.get("published_at") is not None,
            first_seen_at=max(at, seen_at), attributions=attribute(reading, self._agencies),
        )  # fmt: skip
        text = Text(
            article_id=key,
            outlet=outlet,
            at=at,
            seen_at=seen_at,
            hashes=found.hashes,
            positions=found.positions,
            grams=grams,
        )
        return text, witness

    def _new_id(self, article_id: str) -> str:
        attempt = 0
        while (story_id := new_story_id(self._ids[article_id], attempt)) in self._open:
            attempt += 1
        return story_id

    def _link(self, witness: Witness, match: Match) -> _Link:
        other = self._leaders[match.leader.article_id]
        kind = link_kind(match, credited_agencies(witness.attributions), credited_agencies(other.witness.attributions))
        return _Link(id=other.id, kind=kind, containment=round(match.containment, 4))

    def _close(self, story_id: str) -> None:
        members = list(self._open.pop(story_id).values())
        facts = weigh([replace(one.witness, closeness=one.similarity) for one in members])
        origin = next(one for one in members if one.witness.article_id == facts.origin_article_id)
        for one in members:
            self._leaders.pop(one.witness.article_id, None)
            del self._ids[one.witness.article_id]
            self._write(_row(one, story_id, facts, origin))
        self.stories += 1

    def _write(self, row: Record) -> None:
        self._out.write(json.dumps(row, ensure_ascii=False) + "\n")


def _row(one: _Member, story_id: str, facts: StoryFacts, origin: _Member) -> Record:
    own, whole = (1.0, 1.0) if one is origin else containments(one.hashes, origin.hashes)
    return {
        "id": one.id,
        "story": story_id,
        "role": MemberRole.ORIGINAL if one is origin else role_of(own, whole),
        "origin": origin.id,
        "agency": facts.agency,
        "attributions": [_attribution(each) for each in one.witness.attributions],
        "similarity": one.similarity,
        "containment": round(own, 4),
        "links": [asdict(link) for link in one.links],
    }


def _attribution(one: Attribution) -> Record:
    """As `asdict`, which copies every value and takes ten times as long."""
    return {name: getattr(one, name) for name in _ATTRIBUTION} | {
        "evidence": [{name: getattr(each, name) for name in _EVIDENCE} for each in one.evidence]
    }


def _in_order_of_time(file: BinaryIO, complain: Callable[[Any, str], None]) -> tuple[list[int], int]:
    """Offsets of the good lines by time, then by id, so that the order of the file does not matter; and the number of lines.

    Bad lines are complained of at once.
    """
    times, keys, offsets = array("d"), array("Q"), array("q")
    lines = offset = 0
    for lines, line in enumerate(file, 1):
        start, offset = offset, offset + len(line)
        if not line.strip():
            continue
        record, complaint = _parsed_line(line, lines)
        if complaint:
            complain(record.get("id"), complaint)
            continue
        times.append(_time(record).timestamp())
        keys.append(zlib.crc32(str(record["id"]).encode("utf-8", "surrogatepass")))
        offsets.append(start)
    order = np.lexsort((np.asarray(keys), np.asarray(times))) if times else np.zeros(0, dtype=np.int64)
    return np.asarray(offsets, dtype=np.int64)[order].tolist(), lines


def _parsed_line(line: bytes, number: int) -> tuple[Record, str]:
    """(record, "") of a usable line, else (what is known of it, complaint)."""
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return {}, f"line {number} is not JSON: {error}"
    if not isinstance(record, dict):
        return {}, f"line {number} is no object"
    if record.get("id") is None:
        return record, f'line {number} has no "id"'
    for name in ("outlet", "text"):
        if not isinstance(record.get(name), str) or not record[name].strip():
            return record, f'line {number} has no "{name}"'
    if _parsed(record.get("published_at")) is None and _parsed(record.get("seen_at")) is None:
        return record, f'line {number} has neither "published_at" nor "seen_at" as an ISO 8601 time'
    return record, ""


def _time(record: Record) -> datetime:
    found = _parsed(record.get("published_at")) or _parsed(record.get("seen_at"))
    assert found is not None  # `_parsed_line` let no other record through
    return found


def _parsed(value: Any) -> datetime | None:
    """An ISO 8601 time, in UTC where it names no zone; None for anything else and for years out of reach."""
    if not isinstance(value, str):
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found
        return found if 1900 <= found.year <= 2200 else None
    except (ValueError, OverflowError):
        return None


def _word(record: Record, name: str) -> str:
    value = record.get(name)
    return value if isinstance(value, str) else ""
