"""How often health cries wolf, and how late it sees a fault: outlets with rhythms of their own through a simulated year, no network.

    python -m tests.scheduler.measure_false_alarms [--outlets 40] [--days 365] [--seed 2] [--kind rough]

Each outlet is a weekly rhythm (night, weekend, public holidays), times a day's own level (gamma), times a slow drift over the year, in bursts;
a share of its pages gives no text, lacks authors or asks money, and that share has its days too. Nothing of it is taken from the model that
judges: days are gamma or lognormal, bursts geometric or heavy, holidays are kept by some outlets and not by others. Kind "smooth" was tuned
on; "rough" (more uneven days, longer bursts, strikes, imports) was only measured.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

import numpy as np

from crawler.model.observed import NewArticles, Observed, Traffic
from crawler.model.run import Outcome, OutletReport, SourceReport, SourceStatus
from crawler.store.health import OutletHealth, Verdict
from crawler.store.incidents import Incident
from crawler.store.outlet_hours import OutletHour
from scheduler.baselines import BASELINE, History, usual_of
from scheduler.holidays import is_holiday
from scheduler.incidents import Change, decide
from scheduler.judging import outlet_hour
from scheduler.verdicts import judge
from scheduler.volume import volume_of

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
LEARNING = timedelta(days=35)
"""Before that an outlet is new to the monitor; its false alarms count all the same."""
HOUR = timedelta(hours=1)
URL = "https://outlet.example/rss"
_FAULT_FOR = timedelta(days=14)


@dataclass(frozen=True)
class Kind:
    """How uneven outlets are."""

    day_cv: tuple[float, float]
    burst: tuple[float, float]
    drift: float
    share_spread: float
    """A day's share of texts without authors (and so on) is beta distributed with that many pseudo-counts: fewer are wilder."""
    strike_a_year: float
    """Days on which an outlet tells a tenth."""
    lognormal: bool


KINDS = {
    "smooth": Kind(day_cv=(0.1, 0.25), burst=(1.0, 1.6), drift=0.3, share_spread=40, strike_a_year=0, lognormal=False),
    "rough": Kind(day_cv=(0.15, 0.4), burst=(1.0, 3.0), drift=0.5, share_spread=15, strike_a_year=1, lognormal=True),
}


@dataclass
class Paper:
    """One outlet."""

    rng: np.random.Generator
    kind: Kind
    number: int
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/Warsaw"))

    def __post_init__(self) -> None:
        rng = self.rng
        self.a_day = float(np.exp(rng.uniform(np.log(2), np.log(300))))
        wake, length, peak = rng.uniform(5, 8), rng.uniform(13, 18), rng.uniform(9, 15)
        hours = np.arange(24)
        awake = ((hours - wake) % 24 < length) * (0.4 + np.exp(-((hours - peak) ** 2) / 18)) + rng.uniform(0, 0.08)
        self.profile = awake / awake.sum()
        saturday, sunday = rng.uniform(0.2, 0.9), rng.uniform(0.15, 0.9)
        if self.kind.lognormal and rng.random() < 0.2:
            saturday = sunday = 0.0
        self.weekdays = np.array([1, 1, 1, 1, 1, saturday, sunday]) * rng.uniform(0.85, 1.15, 7)
        self.holiday = rng.choice([1.0, 0.5, float(sunday)])
        self.cv, self.burst = rng.uniform(*self.kind.day_cv), rng.uniform(*self.kind.burst)
        self.phase = rng.uniform(0, 2 * np.pi)
        self.shares = {
            "authors": rng.choice([0.0, 0.5, 0.8, 0.95]),
            "lead": rng.choice([0.05, 0.7, 0.97]),
            "image": rng.uniform(0.5, 1),
        }
        self.no_text, self.paid, self.words = rng.uniform(0, 0.1), rng.choice([0.0, 0.0, 0.1, 0.4]), rng.uniform(150, 700)
        self.poll_every = int(rng.choice([1, 1, 1, 2]))

    def hours(self, days: int) -> Iterator[tuple[datetime, int, dict[str, float]]]:
        """(end of the hour, articles told in it, the day's shares)."""
        level, shares, day = 1.0, {}, None
        for number in range(days * 24):
            at = BEGIN + (number + 1) * HOUR
            local = (at - HOUR).astimezone(self.zone)
            if local.date() != day:
                day = local.date()
                level, shares = self._level(number / 24), self._shares()
                if is_holiday("PL", day):
                    level *= self.holiday
            rate = self.a_day * self.profile[local.hour] * self.weekdays[local.weekday()] * level
            bursts = self.rng.poisson(rate / self.burst)
            yield at, int(sum(self.rng.geometric(1 / self.burst, bursts))), shares

    def _level(self, day: float) -> float:
        rng, cv = self.rng, self.cv
        slow = 1 + self.kind.drift * np.sin(2 * np.pi * day / 365 + self.phase) / 2
        if rng.random() < self.kind.strike_a_year / 365:
            return 0.1 * float(slow)
        if self.kind.lognormal:
            sigma = np.sqrt(np.log(1 + cv**2))
            return float(slow * rng.lognormal(-(sigma**2) / 2, sigma))
        return float(slow * rng.gamma(1 / cv**2, cv**2))

    def _shares(self) -> dict[str, float]:
        counts = self.kind.share_spread
        usual = {**self.shares, "no text": self.no_text, "paid": self.paid}
        return {name: float(self.rng.beta(counts * share + 1e-3, counts * (1 - share) + 1e-3)) for name, share in usual.items()}

    def crawl(self, told: int, shares: dict[str, float], fault: str) -> OutletReport:
        """What a crawl brings when so many articles were told since the last, under a fault or none."""
        if fault == Verdict.FROZEN:
            told = 0
        rng = self.rng
        lost = told if fault == Verdict.BROKEN else int(rng.binomial(told, shares["no text"]))
        new = told - lost
        paid = int(rng.binomial(new, 0.85 if fault == Verdict.PAYWALLED else shares["paid"]))
        words = int(rng.lognormal(np.log(self.words), 0.7, new).sum() * (0.25 if fault == Verdict.PAYWALLED else 1))
        facts = {f"with_{name}": int(rng.binomial(new, shares[name])) for name in self.shares}
        if fault == "authors":
            facts["with_authors"] = 0
        status = SourceStatus.OK if told else SourceStatus.NOT_MODIFIED
        outcomes = {outcome: count for outcome, count in ((Outcome.NEW, new), (Outcome.NO_TEXT, lost)) if count}
        articles = NewArticles(count=new, words=words, with_date=new, paid=paid, **facts)
        return OutletReport(
            outlet="sim", entries=told, pages_fetched=told, outcomes=outcomes, sources=(SourceReport(url=URL, status=status),),
            observed=Observed(told=told, new=articles, traffic=Traffic(requests=1 + told, seconds=0.4 * (1 + told))),
        )  # fmt: skip


@dataclass
class Monitor:
    """Judges one outlet, crawl after crawl, and keeps what the store would."""

    zone: ZoneInfo
    hours: list[OutletHour] = field(default_factory=list)
    health: OutletHealth | None = None
    incident: Incident | None = None
    opened: list[Incident] = field(default_factory=list)
    verdicts: Counter[str] = field(default_factory=Counter)
    history: History | None = None
    read_at: datetime = BEGIN - timedelta(days=9)

    def take(self, report: OutletReport, now: datetime) -> None:
        """One crawl, ended at `now`."""
        if self.history is None or now - self.read_at >= timedelta(hours=24):
            self.hours = [one for one in self.hours if one.hour >= now - BASELINE]
            self.history = History(zone=self.zone, usual=usual_of(self.hours, now), volume=volume_of(self.hours, self.zone, "PL"))
            self.read_at = now
        self.health = judge(report, self.health, self.history, (), now)
        assert self.health is not None
        self.verdicts[self.health.verdict] += 1
        if row := outlet_hour(report, now - timedelta(seconds=1)):
            self.hours.append(row)
        for one in decide(self.incident, self.health, now):
            self.incident = None if one.change is Change.CLOSED else one.incident
            if one.change is Change.OPENED:
                self.opened.append(one.incident)


def year(paper: Paper, days: int, fault: str = "", fault_day: int = 10**6) -> tuple[Monitor, datetime]:
    """A monitor after so many days; with a fault from one day's noon on, until an incident opens or two weeks are over."""
    monitor, waiting, begins = Monitor(paper.zone), 0, BEGIN + timedelta(days=fault_day, hours=11) if fault else BEGIN
    for number, (at, count, shares) in enumerate(paper.hours(days)):
        waiting += count
        if number % paper.poll_every:
            continue
        is_on = bool(fault) and at >= begins
        monitor.take(paper.crawl(waiting, shares, fault if is_on else ""), at)
        waiting = 0
        if is_on and ((monitor.opened and monitor.opened[-1].opened_at >= begins) or at > begins + _FAULT_FOR):
            break
    return monitor, begins


@dataclass(frozen=True)
class Delay:
    """How long a fault took to be seen."""

    hours: float | None
    """None: not within two weeks, or only by another name."""
    articles: float
    """Of the outlet a day."""
    other: bool
    """Whether an incident of another name was the only one."""


def delay(paper: Paper, fault: str, day: int) -> Delay:
    """The delay of one fault that begins on that day."""
    monitor, begins = year(paper, day + 16, fault, day)
    wanted = Verdict.BROKEN if fault == "authors" else fault
    seen = [one for one in monitor.opened if one.opened_at >= begins and one.verdict == wanted]
    other = not seen and any(one.opened_at >= begins for one in monitor.opened)
    return Delay((seen[0].opened_at - begins) / HOUR if seen else None, paper.a_day, other)


def papers(kind: str, seed: int, count: int) -> list[Paper]:
    """So many outlets, each with its own chance."""
    return [Paper(np.random.default_rng([seed, number]), KINDS[kind], number) for number in range(count)]


def false_alarms(kind: str, seed: int, outlets: int, days: int) -> tuple[Counter[str], float, float]:
    """(verdict -> incidents, incidents an outlet-year, share of judgements that were quiet)."""
    found: Counter[str] = Counter()
    quiet = total = 0
    for paper in papers(kind, seed, outlets):
        monitor, _ = year(paper, days)
        for one in monitor.opened:
            found[one.verdict] += 1
            print(f"  {paper.number:3} {paper.a_day:5.0f} a day  {one.opened_at:%a %d.%m. %H:%M} {one.verdict}: {one.reason}")
        quiet += monitor.verdicts[Verdict.QUIET]
        total += sum(monitor.verdicts.values())
    return found, sum(found.values()) / (outlets * days / 365), quiet / total


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser()
    for name, default in (("outlets", 40), ("days", 365), ("seed", 2)):
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--kind", choices=sorted(KINDS), default="rough")
    given = parser.parse_args()
    found, a_year, quiet = false_alarms(given.kind, given.seed, given.outlets, given.days)
    print(f"{given.kind}: {a_year:.3f} false alarms an outlet-year ({dict(found)}), quiet {100 * quiet:.2f} % of judgements")
    for fault in (Verdict.FROZEN, Verdict.BROKEN, Verdict.PAYWALLED, "authors"):
        some = [replace(one) for one in papers(given.kind, given.seed + 100, given.outlets)]
        if fault == "authors":
            some = [one for one in some if one.shares["authors"] >= 0.8]
        if fault == Verdict.PAYWALLED:
            some = [one for one in some if one.paid < 0.4]
        delays = [delay(one, fault, 40 + one.number % 7) for one in some]
        for low, high in ((0, 10), (10, 50), (50, 1000)):
            these = [one for one in delays if low <= one.articles < high]
            hours = sorted(one.hours for one in these if one.hours is not None)
            if these:
                worst = f"median {median(hours):.0f} h, slowest {hours[-1]:.0f} h" if hours else "-"
                print(
                    f"  {fault}, {low}-{high} articles a day: {len(hours)} of {len(these)} seen, {sum(one.other for one in these)} by another name, {worst}"
                )


if __name__ == "__main__":
    main()
