"""The catalogue of outlets: TOML files read, checked and joined; a user's own folder wins over the shipped one.

Not here: agencies (`agencies`), what makes a file's content sensible (`checking`), writing files (`writing`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args, get_type_hints

from pydantic import TypeAdapter, ValidationError

from crawler.addresses import belongs_to, host_of
from crawler.errors import ConfigError
from crawler.model.outlet import Outlet
from crawler.outlets.checking import is_slug, problems_of
from crawler.settings import suggestion

SHIPPED = Path(__file__).parent
MAX_FILE_BYTES = 1 << 20
"""An outlet's file; the longest shipped one has 2 kB."""

_ADAPTER = TypeAdapter(Outlet)


class Catalogue(Mapping[str, Outlet]):
    """Outlets by slug, in the order of their slugs. Frozen."""

    def __init__(self, outlets: Mapping[str, Outlet], paths: Mapping[str, Path]) -> None:
        self._outlets = {slug: outlets[slug] for slug in sorted(outlets)}
        self._paths = dict(paths)

    def __getitem__(self, slug: str) -> Outlet:
        return self._outlets[slug]

    def __iter__(self) -> Iterator[str]:
        return iter(self._outlets)

    def __len__(self) -> int:
        return len(self._outlets)

    def path_of(self, slug: str) -> Path:
        """The file an outlet was read from. Raises KeyError for an unknown slug."""
        return self._paths[slug]

    def enabled(self) -> tuple[Outlet, ...]:
        """The outlets that may be crawled."""
        return tuple(outlet for outlet in self.values() if outlet.disabled_because is None)

    def by_domain(self, host: str) -> Outlet | None:
        """The outlet a host belongs to: the one with the longest matching domain; of several the enabled, then the first slug."""
        name = host_of(f"http://{host}/") or ""
        url = f"http://[{name}]/" if ":" in name else f"http://{name}/"
        found = [
            (-len(domain), outlet.disabled_because is not None, outlet.slug)
            for outlet in self.values()
            for domain in outlet.domains
            if belongs_to(url, [domain.rpartition(":")[0] if domain.rpartition(":")[2].isdecimal() else domain])
        ]
        return self._outlets[min(found)[2]] if found else None


def load_catalogue(extra_dirs: Sequence[Path] = ()) -> Catalogue:
    """The shipped outlets and those of `extra_dirs`, searched with their sub-folders; a later folder's slug replaces an earlier's.

    Raises ConfigError with every fault found: file, key, what is wrong and the likely meaning.
    """
    outlets: dict[str, Outlet] = {}
    paths: dict[str, Path] = {}
    faults: list[str] = []
    for folder in (SHIPPED, *extra_dirs):
        here: dict[str, Path] = {}
        for path in _files(folder):
            try:
                outlet = read_outlet(path)
            except ConfigError as error:
                faults.append(str(error))
                continue
            if outlet.slug in here:
                faults.append(f"{path}: slug: {here[outlet.slug]} has the slug {outlet.slug!r} already; rename one of the two")
                continue
            here[outlet.slug] = path
            outlets[outlet.slug], paths[outlet.slug] = outlet, path
    if faults:
        raise ConfigError("\n".join(faults))
    return Catalogue(outlets, paths)


def read_outlet(path: Path) -> Outlet:
    """The outlet of one file. Raises ConfigError with every fault of the file, a line each."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE_BYTES:
        raise ConfigError(f"{path}: larger than 1 MiB, so no outlet's file")
    try:
        table = tomllib.loads(data.decode("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except RecursionError:
        raise ConfigError(f"{path}: not valid TOML: nested too deep") from None
    try:
        outlet = _ADAPTER.validate_python(table)
    except ValidationError as error:
        raise ConfigError("\n".join(f"{path}: {_in_words(fault)}" for fault in error.errors())) from None
    faults = list(problems_of(outlet))
    if outlet.slug != path.stem and is_slug(outlet.slug):
        faults.append(f"slug: {outlet.slug!r} is not the file's name; call the file {outlet.slug}.toml or the slug {path.stem!r}")
    if faults:
        raise ConfigError("\n".join(f"{path}: {fault}" for fault in faults))
    return outlet


def _files(folder: Path) -> list[Path]:
    """The outlet files of a folder and its sub-folders; the shipped `agencies.toml` is none."""
    return sorted(path for path in folder.rglob("*.toml") if path.name != "agencies.toml" and not path.name.startswith("."))


def _in_words(fault: Any) -> str:
    """One fault of pydantic's as "key: what is wrong (did you mean ...?)"."""
    location = [part for part in fault["loc"] if part != "Outlet"]
    where = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location).lstrip(".")
    kind, owner = fault["type"], _owner(location[:-1])
    if kind in ("extra_forbidden", "unexpected_keyword_argument"):
        known = [field.name for field in fields(owner)]
        return f"{where}: no such key{suggestion(str(location[-1]), known)}"
    if kind in ("missing", "missing_argument", "missing_keyword_only_argument"):
        return f"{where}: is missing"
    if kind == "enum":
        hint = get_type_hints(owner).get(str(location[-1]))
        known = [member.value for member in hint] if isinstance(hint, type) and issubclass(hint, StrEnum) else []
        wanted = ", ".join(f'"{value}"' for value in known)
        return f"{where}: {fault['input']!r} is none of {wanted}{suggestion(str(fault['input']), known)}"
    return f"{where}: {fault['msg']}, not {fault['input']!r:.80}"


def _owner(location: Sequence[object]) -> Any:
    """The dataclass that a location leads to: ("sources", 0) -> Source."""
    owner: Any = Outlet
    for part in location:
        if isinstance(part, int):
            continue
        hint = get_type_hints(owner).get(str(part))
        owner = next((kind for kind in (hint, *get_args(hint)) if isinstance(kind, type) and is_dataclass(kind)), owner)
    return owner
