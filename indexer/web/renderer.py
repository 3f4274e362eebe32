"""Templates become pages: the parts that every page has, in the reader's language and colours. Not here: what a page shows.

Templates are compiled once a language when the service starts; everything that a template is given is escaped by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from starlette.requests import Request
from starlette.responses import HTMLResponse

from crawler.errors import DepeszaError
from indexer.desk import Desk, Freshness
from indexer.web.formats import Writer
from indexer.web.translations import LANGUAGES, NAMES, Translator, choose_language, translator

FOLDER = Path(__file__).parent
THEMES = ("auto", "light", "dark")
COOKIES = {"lang": LANGUAGES, "theme": THEMES, "keys": ("on", "off")}
"""What a reader may choose, kept in a cookie each: name -> values."""
_COOKIE = "depesza_"


@dataclass(frozen=True)
class Reader:
    """Who reads: language and how times are written."""

    said: Translator
    write: Writer
    theme: str
    keys: str

    def words(self, table: Mapping[str, str], key: str | None) -> str:
        """A word of `indexer.web.words` in the reader's language; the key itself where the table has none."""
        return self.said.gettext(table[key]) if key is not None and key in table else str(key or "")


class Renderer:
    """Makes the responses."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._environments = {language: _environment(translator(language)) for language in LANGUAGES}
        self._writers = {language: Writer(translator(language), desk.zone) for language in LANGUAGES}
        self._templates: dict[tuple[str, str], Template] = {
            (language, name): environment.get_template(name)
            for language, environment in self._environments.items()
            for name in environment.list_templates()
        }
        self._assets = _digest(FOLDER / "static")

    def reader(self, request: Request) -> Reader:
        """As the browser's cookies and its Accept-Language ask."""
        cookies = request.cookies
        language = choose_language(cookies.get(_COOKIE + "lang"), request.headers.get("accept-language", ""))
        theme, keys = cookies.get(_COOKIE + "theme"), cookies.get(_COOKIE + "keys")
        return Reader(
            said=translator(language), write=self._writers[language], theme=theme if theme in THEMES else "auto",
            keys="off" if keys == "off" else "on",
        )  # fmt: skip

    def page(self, request: Request, name: str, context: Mapping[str, Any], status: int = 200) -> HTMLResponse:
        """A page from `templates/`. It is nobody else's: language and colours are in it."""
        reader = self.reader(request)
        text = self._templates[reader.said.language, name].render(self._common(request, reader) | dict(context))
        headers = {
            "Content-Language": reader.said.language, "Vary": "Cookie, Accept-Language", "Cache-Control": "private, no-cache"
        }  # fmt: skip
        return HTMLResponse(text, status, headers=headers)

    def _common(self, request: Request, reader: Reader) -> dict[str, Any]:
        _ = reader.said.gettext
        return {
            "language": reader.said.language, "languages": NAMES, "theme": reader.theme, "keys": reader.keys,
            "themes": (("auto", _("Automatic")), ("light", _("Light")), ("dark", _("Dark"))),
            "nav": (("/", _("Stories")), ("/outlets", _("Outlets")), ("/watches", _("Watches")), ("/help", _("Help"))),
            "write": reader.write, "now": self._desk.now(), "fresh": self._fresh(), "assets": self._assets,
            "here": request.url.path, "back": quote(_local(request), safe=""), "q": "", "sort": "newest",
        }  # fmt: skip

    def _fresh(self) -> Freshness | None:
        """None when the store cannot be asked: a page that says so must still have a foot."""
        try:
            return self._desk.freshness()
        except DepeszaError:
            return None


def search_address(query: str, sort: str = "newest", **more: str | None) -> str:
    """The address of a search."""
    parts = [f"q={quote_plus(query)}"] if query else []
    parts += [f"sort={quote_plus(sort)}"] if sort != "newest" else []
    parts += [f"{name}={quote_plus(value)}" for name, value in more.items() if value]
    return f"/?{'&'.join(parts)}" if parts else "/"


def is_local(address: str) -> bool:
    """Whether an address leads to a page of ours: "//example.org" and "/\\example.org" lead elsewhere (SAFETY A10)."""
    return address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable() and "\\" not in address


def cookie_name(choice: str) -> str:
    """The cookie that keeps a choice of COOKIES."""
    return _COOKIE + choice


def _local(request: Request) -> str:
    """This page's address without the host, for the way back."""
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


class _Environment(Environment):
    """Looks into a dict for a key first: asked for an attribute before, each of a page's thousand look-ups raises an error."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def _environment(said: Translator) -> Environment:
    environment = _Environment(
        loader=FileSystemLoader(FOLDER / "templates"), autoescape=True, auto_reload=False, undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"], trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    install = environment.install_gettext_callables  # type: ignore[attr-defined]  # the i18n extension adds it
    install(said.gettext, said.ngettext, newstyle=True)
    return environment


def _digest(folder: Path) -> str:
    """Changes when a static file does, so that browsers may keep them for long."""
    return sha256(b"".join(path.read_bytes() for path in sorted(folder.iterdir()))).hexdigest()[:10]
