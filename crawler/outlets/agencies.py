"""The names that stand in credit lines: agencies from `agencies.toml`, outlets and institutions from the catalogue.

`Agencies` answers "whose name is this element of a credit?" (`find`) and "which agencies does this text name?" (`mentions`).
It is a plain frozen look-up, so it can be sent to worker processes. `agency_of` weighs finished attributions. Not here: what
a credit looks like (`crawler.normalize.credits`), the outlets' own files (`crawler.outlets.catalogue`).
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from crawler.errors import ConfigError
from crawler.model.attribution import Agency, Attribution, EvidenceKind, NamedSourceKind, SourceRole
from crawler.model.outlet import Outlet, OutletKind
from crawler.settings import suggestion
from crawler.text import fold

AGENCY_FILE = Path(__file__).with_name("agencies.toml")
AGENCY_CONFIDENCE = 0.6
"""Below this `agency_of` names nobody: a chain of two agencies gives 0.45 to each, and none is better than a wrong one."""
AGENCY_MARGIN = 0.1
"""The best agency must lead the next by this much."""

SHORT_NAME = 3
"""Letters up to which a name is also somebody's initials ("ap/PAP"): it counts only as it is spelt, and in a credit frame."""
LONGEST_NAME = 80
"""Characters of the longest name looked up."""

_ADAPTER = TypeAdapter(Agency)
_WORD = re.compile(r"\w+")
_DOMAIN = re.compile(r"(?:https?://)?(?:www\.)?((?:[a-z0-9](?:[a-z0-9-]*[a-z0-9])?\.)+([a-z]{2,6}))/?", re.IGNORECASE)
_TOP_LEVEL = frozenset(
    re.findall(
        r"\w+",
        "com org net info biz eu tv news online press media gov edu int mil pl de at ch fr be nl lu uk ie us ca au nz ua ru by lt lv"
        " ee cz sk hu ro bg rs hr si it es pt gr tr se no dk fi is cn jp kr in il ir ge md kz am az me mk ba va co io fm am",
    )
)
_OF_THE_STATE = re.compile(
    r"(?:^|\.)(?:gov|gouv|gob|gov\.[a-z]{2}|mil|mil\.[a-z]{2}|int|europa\.eu|bund\.de|bundesregierung\.de|admin\.ch|gouv\.[a-z]{2}"
    r"|kremlin\.ru|policja\.pl|prezydent\.pl|nbp\.pl|elysee\.fr|vatican\.va|vlada\.cz|hrad\.cz|un\.org)$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedSource:
    """Whose name an element of a credit is."""

    slug: str
    """Slug of an agency or a catalogue outlet; of an unknown site or name, the name as written."""
    kind: NamedSourceKind
    frame_only: bool = False
    """A short or ambiguous form: proves nothing outside a credit frame."""
    mostly_photo: bool = False
    """Beside another agency it means that the chain credits a picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agencies:
    """Look-up of names in credit lines. Build it with `load_agencies`."""

    agencies: Mapping[str, Agency]
    forms: Mapping[str, NamedSource]
    """Agency names and inflected forms, case-sensitive, and the capitals of each."""
    names: Mapping[str, NamedSource]
    """Folded names and aliases of the catalogue's outlets and institutions; those of up to three letters as they are spelt."""
    domains: Mapping[str, NamedSource]
    """Hosts, lower case, without www."""
    by_word: Mapping[str, tuple[str, ...]]
    """First word -> agency forms that begin with it, longest first."""

    def find(self, element: str) -> NamedSource | None:
        """The source that `element` names as a whole, or None. A well-formed host names an outlet, of the state an institution."""
        element = " ".join(element.split()).strip(" .•©:;\"'„”“«»*")
        if not element:
            return None
        bare = element[4:] if element[:4] in ("The ", "the ", "THE ") else element
        if source := self.forms.get(bare) or self.forms.get(element):
            return source
        if len(element) > LONGEST_NAME:
            return None
        if self.names and (source := self.names.get(_key(element)) or self.names.get(_key(bare))):
            return source
        return self.site(element) if "." in element else None

    def site(self, element: str) -> NamedSource | None:
        """The source behind a host name or address ("Tvp.info", "www.kremlin.ru"), or None when `element` is none."""
        match = _DOMAIN.fullmatch(element)
        if not match or match[2].lower() not in _TOP_LEVEL:
            return None
        host = match[1].lower()
        parts = host.split(".")
        for start in range(len(parts) - 1):
            if source := self.domains.get(".".join(parts[start:])):
                return source
        kind = NamedSourceKind.INSTITUTION if _OF_THE_STATE.search(host) else NamedSourceKind.OUTLET
        return NamedSource(slug=element.rstrip("/"), kind=kind)

    def mentions(self, text: str) -> Iterator[tuple[int, int, NamedSource]]:
        """(start, end, agency) of each agency form standing as whole words in `text`, longest form first, no overlaps."""
        end = 0
        if self.by_word.keys().isdisjoint(_WORD.findall(text)):
            return
        for match in _WORD.finditer(text):
            if (forms := self.by_word.get(match[0])) is None or (start := match.start()) < end:
                continue
            for form in forms:
                stop = start + len(form)
                if text.startswith(form, start) and _stands_alone(text, start, stop):
                    yield start, stop, self.forms[form]
                    end = stop
                    break


def load_agencies(outlets: Iterable[Outlet] = (), extra_files: Sequence[Path] = ()) -> Agencies:
    """The shipped agencies, those of `extra_files` (a later slug replaces an earlier), and the names of `outlets`.

    Raises ConfigError naming file, slug, key and a likely meaning.
    """
    agencies: dict[str, Agency] = {}
    for path in (AGENCY_FILE, *extra_files):
        agencies |= read_agencies(path)
    forms: dict[str, NamedSource] = {}
    domains: dict[str, NamedSource] = {}
    for agency in agencies.values():
        _add_agency(agency, forms, domains)
    names: dict[str, NamedSource] = {}
    for outlet in outlets:
        source = _source_of(outlet, agencies)
        for name in (outlet.slug, outlet.name, *outlet.aliases):
            short = len(name) <= SHORT_NAME
            if not short or name != outlet.slug or name == outlet.name:
                names.setdefault(_key(name), replace(source, frame_only=True) if short else source)
        for domain in outlet.domains:
            domains.setdefault(domain.lower().removeprefix("www."), source)
    by_word: dict[str, list[str]] = {}
    for form in forms:
        if word := _WORD.match(form):
            by_word.setdefault(word[0], []).append(form)
    return Agencies(
        agencies=agencies,
        forms=forms,
        names=names,
        domains=domains,
        by_word={word: tuple(sorted(group, key=lambda form: (-len(form), form))) for word, group in by_word.items()},
    )


def read_agencies(path: Path) -> dict[str, Agency]:
    """The agencies of one TOML file by slug. Raises ConfigError naming file, slug and key."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    return {slug: _read_agency(path, slug, table) for slug, table in tables.items()}


def agency_of(attributions: Iterable[Attribution], at_least: float = AGENCY_CONFIDENCE) -> tuple[str | None, float]:
    """The one agency a text is from, and how sure: slug None when nobody is named or two are equally likely.

    Each piece of evidence counts with its weight, which a credit of several agencies shares among them; independent pieces
    add up as 1 - (1-a)(1-b). An agency's own site settles it. So "Reuters / PAP" alone names nobody, and with "(PAP)" under the text names PAP.
    """
    doubts: dict[str, float] = {}
    attributions = tuple(attributions)
    for attribution in attributions:
        if attribution.source_kind == NamedSourceKind.AGENCY and any(
            e.kind == EvidenceKind.OWN_SITE for e in attribution.evidence
        ):
            return attribution.source, attribution.confidence
    for attribution in attributions:
        if attribution.source_kind == NamedSourceKind.AGENCY and attribution.role in (SourceRole.ORIGIN, SourceRole.CO_ORIGIN):
            for evidence in attribution.evidence:
                doubts[attribution.source] = doubts.get(attribution.source, 1.0) * (1.0 - min(max(evidence.weight, 0.0), 0.99))
    if not doubts:
        return None, 0.0
    ranked = sorted((doubt, slug) for slug, doubt in doubts.items())
    confidence = round(1.0 - ranked[0][0], 4)
    ahead = ranked[1][0] - ranked[0][0] if len(ranked) > 1 else 1.0
    return (ranked[0][1] if confidence >= at_least and ahead >= AGENCY_MARGIN else None), confidence


def _read_agency(path: Path, slug: str, table: Any) -> Agency:
    if not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug):
        raise ConfigError(f"{path}: [{slug}]: a slug is lower-case letters, digits and hyphens")
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: {slug!r}: a table [{slug}] is wanted, not {table!r}")
    known = [field.name for field in fields(Agency) if field.name != "slug"]
    for key in table:
        if key not in known:
            raise ConfigError(f"{path}: [{slug}] has no key {key!r}{suggestion(key, known)}; the keys are {', '.join(known)}")
    try:
        return _ADAPTER.validate_python({**table, "slug": slug})
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "?"
        raise ConfigError(f"{path}: [{slug}] {key}: {first['msg'].lower()}; see crawler/outlets/README.md") from None


def _add_agency(agency: Agency, forms: dict[str, NamedSource], domains: dict[str, NamedSource]) -> None:
    free = NamedSource(slug=agency.slug, kind=NamedSourceKind.AGENCY, mostly_photo=agency.mostly_photo)
    framed = NamedSource(slug=agency.slug, kind=NamedSourceKind.AGENCY, frame_only=True, mostly_photo=agency.mostly_photo)
    listed = [(framed, form) for form in agency.frame_only] + [(free, form) for group in agency.names.values() for form in group]
    for source, form in listed:
        forms.setdefault(form, source)
    for _, form in listed:
        forms.setdefault(form.upper(), framed)
    for domain in agency.domains:
        domains.setdefault(domain, free)


def _source_of(outlet: Outlet, agencies: Mapping[str, Agency]) -> NamedSource:
    if outlet.agency is not None and outlet.agency in agencies:
        return NamedSource(slug=outlet.agency, kind=NamedSourceKind.AGENCY, frame_only=True)
    kind = {OutletKind.INSTITUTION: NamedSourceKind.INSTITUTION}.get(outlet.kind, NamedSourceKind.OUTLET)
    return NamedSource(slug=outlet.slug, kind=kind)


def _key(name: str) -> str:
    """Under which a name is kept: folded, but as it is spelt when it is short."""
    return name if len(name) <= SHORT_NAME else fold(name)


def _stands_alone(text: str, start: int, end: int) -> bool:
    """No letter, digit or part of a compound, address or host touches text[start:end]."""
    before, after = text[start - 1 : start], text[end : end + 2]
    if before in ("@", "_") or (before in (".", "-", "/") and text[start - 2 : start - 1].isalnum() and before != "/"):
        return False
    return not (after[:1].isalnum() or after[:1] in ("_", "@") or (after[:1] in ("-", ".") and after[1:].isalpha()))
