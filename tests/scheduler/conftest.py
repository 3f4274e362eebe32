"""A small outlet on loopback and an installation that watches it: what the scheduler's tests stand on."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pytest_httpserver import HTTPServer
from typer.testing import CliRunner, Result
from werkzeug import Request, Response

from crawler.config import Locations, find_locations
from scheduler.command import app

PARAGRAPHS = [
    "Rada gminy Jodłowo uchwaliła w czwartek budżet na przyszły rok. Najwięcej pieniędzy pójdzie na remont mostu nad Lipką.",
    "Most zamknięto wiosną, po tym jak kontrola wykazała pęknięcia w dwóch przęsłach. Objazd liczy jedenaście kilometrów.",
    "Wójt zapowiedział, że przetarg ruszy w styczniu. Prace mają potrwać osiem miesięcy i kosztować dwa miliony złotych.",
    "Radni spierali się do późna. Część z nich wolałaby najpierw naprawić szkołę, w której od jesieni przecieka dach, a na moście "
    "postawić tymczasową kładkę dla pieszych i rowerzystów.",
]


def page_html(number: int) -> str:
    body = "".join(f"<p>{text} Notatka numer {number}.</p>" for text in PARAGRAPHS)
    return (
        f"<html lang='pl'><head><title>Wiadomość {number}</title><meta property='og:type' content='article'>"
        f"<meta property='article:published_time' content='2026-11-2{number % 4}T10:00:00+01:00'></head>"
        f"<body><article><h1>Most nad Lipką, część {number}</h1>{body}</article></body></html>"
    )


@dataclass
class SmallOutlet:
    """An outlet `jodlowo` with a feed of three articles, in an installation of its own."""

    server: HTTPServer
    locations: Locations
    slow_s: float = 0.0
    """Every page takes so long, unless the test is over."""
    over: threading.Event = field(default_factory=threading.Event)
    front: str | None = None
    """The front page; None answers 404."""
    headers: dict[str, str] = field(default_factory=dict)
    """Of every article's answer."""
    asked: list[str] = field(default_factory=list)
    is_down: bool = False
    """Every answer is 503."""

    def write(self, slug: str = "jodlowo", schedule: str = "", **keys: str) -> None:
        host = urlsplit(self.server.url_for("/"))
        lines = [f'{key} = "{value}"' for key, value in keys.items()]
        text = "\n".join(
            [
                f'slug = "{slug}"', 'name = "Głos Jodłowa"', f'homepage = "{self.server.url_for("/")}"',
                f'domains = ["{host.hostname}"]', 'country = "PL"', 'languages = ["pl"]', 'timezone = "Europe/Warsaw"', *lines,
                f'[[sources]]\nkind = "feed"\nurl = "{self.server.url_for("/rss")}"',
                "[politeness]\ndelay_s = 0.0\nallow_private = true", schedule,
            ]
        )  # fmt: skip
        self.locations.outlets_dir.mkdir(parents=True, exist_ok=True)
        (self.locations.outlets_dir / f"{slug}.toml").write_text(text, encoding="utf-8")

    def answer(self, request: Request) -> Response:
        self.asked.append(request.path)
        if self.is_down:
            return Response("", status=503)
        if request.path == "/rss":
            items = "".join(
                f"<item><title>Most nad Lipką, część {number}</title><link>{self.server.url_for(f'/art/{number}')}</link></item>"
                for number in (1, 2, 3)
            )
            return Response(
                f"<rss version='2.0'><channel><title>t</title>{items}</channel></rss>", content_type="application/rss+xml"
            )
        if request.path == "/" and self.front is not None:
            return Response(self.front, content_type="text/html; charset=utf-8")
        if not request.path.startswith("/art/"):
            return Response("", status=404)
        self.over.wait(self.slow_s)
        html = page_html(int(request.path.rpartition("/")[2]))
        return Response(html, content_type="text/html; charset=utf-8", headers=self.headers)

    def run(self, *arguments: str) -> Result:
        """`depesza ...` in this installation, in this process."""
        return CliRunner().invoke(app, [*arguments, "--data-dir", str(self.locations.data_dir)])


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("DEPESZA_") and not name.startswith("DEPESZA_TEST"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def small_server() -> Iterator[HTTPServer]:
    with HTTPServer(threaded=True) as server:
        yield server


@pytest.fixture
def small_outlet(small_server: HTTPServer, tmp_path: Path) -> Iterator[SmallOutlet]:
    """Installed and written, nothing crawled yet. Only this outlet is watched."""
    outlet = install(small_server, tmp_path / "data")
    yield outlet
    outlet.over.set()


def install(server: HTTPServer, data_dir: Path) -> SmallOutlet:
    """The outlet on `server`, in an installation at `data_dir`, which may be there already."""
    data_dir.mkdir(exist_ok=True)
    (data_dir / "depesza.toml").write_text('[crawler]\noutlets = ["jodlowo"]\nworkers = 1\n', encoding="utf-8")
    outlet = SmallOutlet(server=server, locations=find_locations(data_dir, data_dir / "depesza.toml", {}))
    server.expect_request(re.compile(".*")).respond_with_handler(outlet.answer)
    outlet.write()
    return outlet


class Said(list[dict[str, Any]]):
    """Takes the place of a module's log and keeps what it is told."""

    def info(self, event: str, **fields: Any) -> None:
        self.append({"event": event, **fields})

    debug = warning = error = exception = info


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Said:
    """What service and worker log. structlog's own capture misses loggers that an earlier test made it cache."""
    made = Said()
    for module in ("service", "worker", "crew", "heart", "reload", "dispatch"):
        monkeypatch.setattr(f"scheduler.{module}.log", made)
    return made
