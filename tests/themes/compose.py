"""The writer: fills a language's patterns so that every story is another one. Chance comes in as a `random.Random`.

Not here: the patterns (`languages/`), boilerplate (`boxes.py`), markup (`families/`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.themes.languages import Tongue
from tests.themes.model import Block, Story

_FIRST_DAY = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
_LATIN = "l o d a b v h g d e ie e zh z y i i i k l m n o p r s t u f kh ts ch sh shch - - y e iu ia"
_LETTERS = str.maketrans(
    dict(
        zip(
            "łøđабвгґдеєёжзиіїйклмнопрстуфхцчшщьъыэюя",
            _LATIN.split(),
            strict=True,
        )
    )
    | {"-": "-"}
)
_SHORT_TIMES = tuple(tens * 10 + ones for tens in range(5) for ones in (5, 6, 7, 8, 9))
"""Counts of days, weeks and years."""


@dataclass(slots=True)
class Writer:
    """Writes stories of one outlet in order. The same `random` seed gives the same stories."""

    tongue: Tongue
    random: Random
    _said: set[str] = field(default_factory=set)
    """Sentences written before: a paragraph that recurs from page to page would be boilerplate."""
    _decks: dict[int, list[str]] = field(default_factory=dict)

    def fill(self, pattern: str, thing: tuple[str, str, str] | None = None, town: tuple[str, str, str] | None = None) -> str:
        """One pattern with every slot filled; the first letter is a capital."""
        values = self._values(thing or self.random.choice(self.tongue.things), town or self.random.choice(self.tongue.towns))
        text = pattern.format_map(values).replace("..", ".")  # "60 proc." at a sentence's end
        return text[:1].upper() + text[1:]

    def fresh(self, pattern: str, thing: tuple[str, str, str], town: tuple[str, str, str]) -> str:
        """A filled pattern that this writer never gave before (as far as chance allows)."""
        for _ in range(20):
            text = self.fill(pattern, thing, town)
            if text not in self._said:
                break
        self._said.add(text)
        return text

    def person(self) -> tuple[str, bool]:
        """(full name, whether a woman's)."""
        woman = self.random.random() < 0.5
        first = self.random.choice(self.tongue.women if woman else self.tongue.men)
        return f"{first} {self.random.choice(self.tongue.surnames)[woman]}", woman

    def story(self, number: int, zone: str, staff: Sequence[str]) -> Story:
        """The story of that number in the outlet's life: a few hours after the one before."""
        tongue, chance = self.tongue, self.random
        thing, town = chance.choice(tongue.things), chance.choice(tongue.towns)
        title = self.fresh(chance.choice(tongue.headlines), thing, town)
        lead = self.fresh(chance.choice(tongue.leads), thing, town)
        published = (_FIRST_DAY + timedelta(hours=19 * number, minutes=chance.randrange(0, 600))).replace(tzinfo=ZoneInfo(zone))
        modified = published + timedelta(minutes=chance.randrange(7, 900)) if chance.random() < 0.6 else None
        agency = tongue.agency if chance.random() < 0.3 else ""
        return Story(
            number=number, title=title, lead=lead, blocks=tuple(self._blocks(thing, town)), section=thing[2],
            tags=tuple(dict.fromkeys((thing[1], town[0], *chance.sample([tag for _, tag, _ in tongue.things], 1)))),
            author="" if agency and chance.random() < 0.5 else chance.choice(list(staff)), published_at=published, modified_at=modified, agency=agency,
            photographer=self.person()[0], caption=self.fill(chance.choice(tongue.words.captions), thing, town), path=slug_of(title),
        )  # fmt: skip

    def date_text(self, moment: datetime, *, clock: bool = True) -> str:
        """ "12 marca 2026, 14:05", as a reader of the language sees it."""
        tongue = self.tongue
        text = tongue.date.format(d=moment.day, month=tongue.months[moment.month - 1], y=moment.year)
        return text + (tongue.clock.format(h=f"{moment.hour:02}", m=f"{moment.minute:02}") if clock else "")

    def _blocks(self, thing: tuple[str, str, str], town: tuple[str, str, str]) -> list[Block]:
        tongue, chance = self.tongue, self.random
        wanted = chance.randrange(4, 15)
        subheads = chance.sample(tongue.subheads, min(len(tongue.subheads), wanted // 4))
        extra = chance.choice(("list", "table", "quote", "", "", ""))
        place = chance.randrange(2, wanted)
        blocks: list[Block] = []
        for index in range(wanted):
            if subheads and index and index % 4 == 3:
                blocks.append(Block(kind="subhead", texts=(subheads.pop(),)))
            blocks.append(Block(kind="p", texts=(self._paragraph(thing, town),)))
            if index == place and extra == "list":
                blocks.append(Block(kind="p", texts=(self.fill(chance.choice(tongue.list_intros), thing, town),)))
                items = chance.sample(tongue.items, chance.randrange(3, 6))
                blocks.append(Block(kind="list", texts=tuple(self.fresh(item, thing, town) for item in items)))
            elif index == place and extra == "table":
                blocks.append(Block(kind="table", texts=tuple(self.fill(row, thing, town) for row in tongue.rows)))
            elif index == place and extra == "quote":
                blocks.append(Block(kind="quote", texts=(self.fresh(self._next(tongue.quotes), thing, town),)))
        return blocks

    def _paragraph(self, thing: tuple[str, str, str], town: tuple[str, str, str]) -> str:
        chance = self.random
        kinds = ["fact"] * chance.randrange(1, 4) + (["quote"] if chance.random() < 0.35 else [])
        if kinds == ["fact"]:
            kinds = ["fact", "fact"]
        chance.shuffle(kinds)
        facts, quotes = self.tongue.facts, self.tongue.quotes
        return " ".join(self.fresh(self._next(facts if kind == "fact" else quotes), thing, town) for kind in kinds)

    def _next(self, patterns: tuple[str, ...]) -> str:
        """Patterns like a shuffled deck of cards: none comes again before all were there."""
        deck = self._decks.setdefault(id(patterns), [])
        if not deck:
            deck += self.random.sample(patterns, len(patterns))
        return deck.pop()

    def _values(self, thing: tuple[str, str, str], town: tuple[str, str, str]) -> dict[str, str]:
        tongue, chance = self.tongue, self.random
        (person, woman), head = self.person(), chance.choice(tongue.heads)
        other = chance.choice([each for each in tongue.towns if each != town])
        day, month, firm, count = (
            chance.choice(tongue.days),
            chance.choice(tongue.in_months),
            chance.choice(tongue.firms),
            self._count(),
        )
        moment = _FIRST_DAY + timedelta(days=chance.randrange(0, 300))
        return {
            "town": town[0], "Town": town[0], "of_town": town[1], "in_town": town[2], "In_town": _capital(town[2]), "other_in": other[2], "thing": thing[1], "of_thing": thing[0],
            "head": head, "Head": _capital(head), "person": person, "name": person, "role": chance.choice(tongue.roles)[woman], "said": chance.choice(tongue.said)[woman],
            "n": str(count), "N": str(count), "t": str(chance.choice(_SHORT_TIMES)), "n2": str(chance.choice((6, 7, 8, 9, 15, 16, 18, 19))), "money": self._money(), "pct": f"{chance.randrange(1, 6) * 10 + chance.randrange(5, 10)} {_PERCENT[tongue.code]}",
            "km": f"{chance.randrange(1, 12)}{tongue.decimal}{chance.randrange(1, 10)} {_KM[tongue.code]}", "day": day, "Day": _capital(day), "month": month, "month2": month,
            "firm": firm, "Firm": firm, "street": chance.choice(tongue.streets), "date": tongue.date.format(d=moment.day, month=tongue.months[moment.month - 1], y="").strip(),
        }  # fmt: skip

    def _count(self) -> int:
        """25 to 989, never ending in 1 to 4: the counted noun keeps one form."""
        return self.random.randrange(2, 99) * 10 + self.random.choice((5, 6, 7, 8, 9))

    def _money(self) -> str:
        chance = self.random
        return self.tongue.money.format(x=f"{chance.randrange(1, 240)}{self.tongue.decimal}{chance.randrange(1, 10)}")


_PERCENT = {"pl": "proc.", "en": "per cent", "de": "Prozent", "uk": "відсотків", "ru": "процентов", "cs": "procent"}
_KM = {"pl": "km", "en": "miles", "de": "Kilometer", "uk": "км", "ru": "км", "cs": "km"}


def slug_of(title: str) -> str:
    """A title as the last part of an address: Latin letters and hyphens."""
    plain = unicodedata.normalize("NFKD", title.lower().translate(_LETTERS)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:80].strip("-")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
