"""The outlets of the generator: which theme, which language, which staff; and the making of their pages with the truth of each.

Not here: words, stories, boxes, markup. Deterministic: the same slug, seed and number of pages give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from random import Random

from crawler.model.outlet import Outlet
from tests.themes.boxes import Box, Boxes, hash_of
from tests.themes.compose import Writer, slug_of
from tests.themes.families import THEMES
from tests.themes.families.plain import next_lines
from tests.themes.families.view import Theme, View
from tests.themes.languages import TONGUES
from tests.themes.model import Story, ThemeOutlet, ThemePage, Truth

ODD_KINDS = ("gallery", "live", "index", "stub", "paid")
_TEASERS = 90
_STAFF = 6


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    theme: str
    language: str
    country: str
    zone: str
    path: str = "/{y}/{m:02}/{d:02}/{slug}/"
    redesign: str = "twenty"
    encoding: str = "utf-8"


OUTLETS = {
    "kurier-warcianski": _Entry("Kurier Warciański", "enfold", "pl", "PL", "Europe/Warsaw", redesign="newspaper"),
    "glos-zulaw": _Entry("Głos Żuław", "newspaper", "pl", "PL", "Europe/Warsaw", redesign="next"),
    "portal-nizina": _Entry("Nizina24", "portal", "pl", "PL", "Europe/Warsaw", "/wiadomosci/{slug},{n}.html", "jnews"),
    "gazeta-podlesna": _Entry(
        "Gazeta Podleśna", "joomla", "pl", "PL", "Europe/Warsaw", "/index.php/{section}/{n}-{slug}", "enfold"
    ),
    "echo-pogranicza": _Entry("Echo Pogranicza", "next", "pl", "PL", "Europe/Warsaw", "/{section}/{slug}-{n}", "portal"),
    "tygodnik-olszyna": _Entry(
        "Tygodnik Olszyna", "table", "pl", "PL", "Europe/Warsaw", "/art/{n}_{slug}.html", "joomla", "iso-8859-2"
    ),
    "saltby-mercury": _Entry(
        "The Saltby Mercury", "arc", "en", "GB", "Europe/London", "/{section}/{y}/{m:02}/{d:02}/{slug}/", "twenty"
    ),
    "thornwick-post": _Entry("Thornwick Post", "twenty", "en", "GB", "Europe/London", redesign="arc"),
    "moor-and-dale": _Entry("Moor and Dale", "amp", "en", "GB", "Europe/London", "/{slug}-{n}/", "generatepress"),
    "lindenauer-bote": _Entry(
        "Lindenauer Bote", "typo3", "de", "DE", "Europe/Berlin", "/nachrichten/detail/{slug}-{n}", "generatepress"
    ),
    "muehlbacher-anzeiger": _Entry("Mühlbacher Anzeiger", "generatepress", "de", "DE", "Europe/Berlin", "/{slug}-{n}/", "typo3"),
    "visti-polissia": _Entry("Вісті Полісся", "jnews", "uk", "UA", "Europe/Kyiv", "/{y}/{m:02}/{slug}/", "drupal"),
    "zaliv-segodnya": _Entry("Залив сегодня", "drupal", "ru", "LV", "Europe/Riga", "/{section}/{slug}-{n}", "jnews"),
    "sazavske-listy": _Entry("Sázavské listy", "twenty", "cs", "CZ", "Europe/Prague", "/{section}/{slug}-{n}", "drupal"),
}
"""Six outlets in Polish, three in English, two in German, one each in Ukrainian, Russian, Czech; thirteen themes."""


def make_outlet(slug: str, pages: int = 20, seed: int = 1) -> ThemeOutlet:
    """The outlet `slug` with that many articles, oldest first. A Next.js outlet deploys once, after three fifths of them."""
    entry = OUTLETS[slug]
    press = _Press(slug, entry, seed)
    made = [press.page(number, THEMES[entry.theme], deploy=_deploy(entry, number, pages)) for number in range(pages)]
    return ThemeOutlet(outlet=press.outlet, theme=entry.theme, pages=tuple(made))


def redesigned(slug: str, pages: int = 20, seed: int = 1, *, at: int = 10, soft: bool = False) -> ThemeOutlet:
    """The same outlet whose pages from number `at` on look otherwise.

    Hard: another theme, all class names differ. `soft`: the body's class is kept, new boxes appear inside it, the lead moves.
    The stories are those of `make_outlet` with the same arguments.
    """
    entry = OUTLETS[slug]
    press = _Press(slug, entry, seed)
    new = THEMES[entry.theme if soft else entry.redesign]
    if soft:
        new = replace(
            new,
            between=dict(new.between) | {"app": 0.8, "sponsor": 0.8, "read_also": 0.9},
            lead="bold" if new.lead == "first" else new.lead,
        )
    made = []
    for number in range(pages):
        theme = new if number >= at else THEMES[entry.theme]
        made.append(press.page(number, theme, soft=soft and number >= at, deploy=_deploy(entry, number, pages)))
    return ThemeOutlet(outlet=press.outlet, theme=entry.theme, pages=tuple(made))


def _deploy(entry: _Entry, number: int, pages: int) -> int:
    """Which deploy page `number` was made after; only Next.js has a second one, after three fifths of the pages."""
    return int(entry.theme == "next" and number >= 3 * pages // 5)


def odd_pages(slug: str, seed: int = 1) -> tuple[ThemePage, ...]:
    """A page of each kind that is no plain article: gallery, live blog, section index, stub, paid teaser."""
    entry = OUTLETS[slug]
    press = _Press(slug, entry, seed + 1000)
    return tuple(press.page(number, THEMES[entry.theme], kind=kind) for number, kind in enumerate(ODD_KINDS))


class _Press:
    """Prints an outlet's pages one after another. Words and boxes have dice of their own, so that a redesign keeps the stories."""

    def __init__(self, slug: str, entry: _Entry, seed: int) -> None:
        self.entry, self.seed = entry, hash_of(f"{slug}/{seed}") % 10_000
        tongue = TONGUES[entry.language]
        self.writer = Writer(
            tongue, Random(f"{slug}/{seed}/words")
        )  # Random hashes a text with sha512: the same in every process
        self.filler = Writer(tongue, Random(f"{slug}/{seed}/boxes"))
        self.staff = [self.writer.person()[0] for _ in range(_STAFF)]
        elsewhere = Writer(tongue, Random(f"{slug}/{seed}/elsewhere"))
        others = [elsewhere.story(number, entry.zone, self.staff) for number in range(_TEASERS)]
        self.teasers = tuple((other.title, other.lead) for other in others)
        host = f"www.{slug}.example"
        self.outlet = Outlet(
            slug=slug,
            name=entry.name,
            homepage=f"https://{host}/",
            domains=(host, f"{slug}.example"),
            country=entry.country,
            languages=(entry.language,),
            timezone=entry.zone,
        )

    def page(self, number: int, theme: Theme, kind: str = "article", *, soft: bool = False, deploy: int = 0) -> ThemePage:
        """The next page. Stories come in order: `number` must be the count of pages printed before."""
        story = self._story(number, kind)
        dice = Random(f"{self.entry.name}/{number}/{kind}/{self.seed}")
        boxes = Boxes(self.filler, dice, self.teasers)
        plain = kind in ("article", "gallery")
        url = f"{self.outlet.homepage[:-1]}{self._path(story)}"
        view = View(
            outlet=self.outlet, writer=self.filler, story=story, url=url, kind=kind, random=dice, between=boxes.between(len(story.blocks), theme.between) if plain else {}, below=boxes.below(theme.below) if kind == "article" else [],
            comments=boxes.comments() if theme.comments and kind == "article" else [], teasers=tuple(dice.sample(self.teasers, 24)), image_url=f"{self.outlet.homepage}media/{story.published_at:%Y/%m}/{story.path}.jpg",
            byline=self._byline(story, theme), credit=self.writer.tongue.credit[theme.credit] if story.agency else "", seed=self.seed, soft=soft, deploy=deploy, wall=boxes.make("wall") if kind == "paid" else None,
        )  # fmt: skip
        state = self.filler.random.getstate()  # the page and its list of what must not be in the text throw the same dice
        html = theme.render(view)
        self.filler.random.setstate(state)
        encoding = self.entry.encoding if _is_old(theme) else "utf-8"
        content_type = "text/html; charset=utf-8" if encoding == "utf-8" else "text/html"
        truth = self._truth(view, theme, pictured=escape(view.photo) in html)
        return ThemePage(url=url, html_bytes=html.encode(encoding, "xmlcharrefreplace"), content_type=content_type, truth=truth)

    def _story(self, number: int, kind: str) -> Story:
        story = self.writer.story(number, self.entry.zone, self.staff)
        if kind == "stub":
            return replace(story, lead=self.writer.tongue.words.stub, blocks=(), agency="")
        if kind == "index":
            return replace(story, title=story.section, path=slug_of(story.section), agency="", modified_at=None)
        if kind == "gallery":
            return replace(story, blocks=(), agency="", title=f"{story.title}. {self.writer.tongue.words.gallery}")
        return replace(story, title=f"{story.title}. {self.writer.tongue.words.live}", agency="") if kind == "live" else story

    def _path(self, story: Story) -> str:
        day = story.published_at
        return self.entry.path.format(
            y=day.year, m=day.month, d=day.day, slug=story.path, n=40_000 + story.number * 17, section=slug_of(story.section)
        )

    def _byline(self, story: Story, theme: Theme) -> str:
        if theme.byline == "none":
            return ""
        if not story.author:
            return story.agency
        return self.writer.tongue.words.by.format(name=story.author) if theme.byline == "label" else story.author

    def _truth(self, view: View, theme: Theme, *, pictured: bool) -> Truth:
        story, kind = view.story, view.kind
        boxes: Sequence[Box] = [box for number, group in view.between.items() if number < len(story.blocks) for box in group]
        never = [phrase for box in (*boxes, *view.below) for phrase in box.never]
        never += (
            [*(text for _, text in view.comments), view.words.cookie]
            if not _is_old(theme)
            else [text for _, text in view.comments]
        )
        never += [view.photo] if pictured else []
        never += list(view.wall.lines) if view.wall else []
        if theme.render is THEMES["portal"].render:
            never += next_lines(view)[:2]
        if view.credit and kind == "article" and view.credit[0] == "(":
            never.append(view.credit)
        return Truth(
            kind=kind, title=story.title, lead=story.lead if theme.lead in ("apart", "bold") and kind != "index" else None, paragraphs=() if kind == "index" else _paragraphs(story, kind),
            authors=(story.author,) if story.author else (), byline=view.byline, published_at=story.published_at, modified_at=story.modified_at, section=story.section, tags=story.tags if theme.tags else (),
            image_url=view.image_url if not _is_old(theme) else None, image_credit=view.photo if pictured else "", access="paid" if kind == "paid" else "free" if theme.free else "unknown",
            credits=(view.credit,) if view.credit and kind == "article" else (), never=tuple(dict.fromkeys(never)),
        )  # fmt: skip


def _is_old(theme: Theme) -> bool:
    return theme.render is THEMES["table"].render


def _paragraphs(story: Story, kind: str) -> tuple[str, ...]:
    blocks = (
        story.blocks[:1]
        if kind == "paid"
        else tuple(block for block in story.blocks if block.kind == "p")
        if kind == "live"
        else story.blocks
    )
    return (story.lead, *(f"- {text}" if block.kind == "list" else text for block in blocks for text in block.texts))
