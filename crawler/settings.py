"""One table of `depesza.toml` into a frozen dataclass, with an error that names file, key and the likely meaning.

Standard library only, because a cold `depesza search` reads its settings here (pydantic costs 0.2 s). Every field of a
settings class carries `metadata={"help": "..."}` (use `setting`); a test fails on one without. A secret (`secret`) comes from the
environment alone, and neither `repr` nor an error shows it (SAFETY A13).
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from crawler.errors import ConfigError

T = TypeVar("T")
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(s|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
ROOMS = ("store", "crawler", "indexer", "web", "watches", "scheduler")
PREFIX = "DEPESZA_"


def setting(default: Any, help: str) -> Any:
    """A field of a settings class: its default and the sentence that documents it."""
    return dataclasses.field(default=default, metadata={"help": help})


def secret(help: str) -> Any:
    """A field that holds a secret: refused in the file, since files are copied and committed; left out of `repr`; no default."""
    return dataclasses.field(default=None, repr=False, metadata={"help": help, "secret": True})


def is_secret(field: dataclasses.Field[Any]) -> bool:
    """Whether a field of a settings class was made by `secret`."""
    return bool(field.metadata.get("secret"))


def secret_hint(room: str, name: str) -> str:
    """How a secret is given, for errors and for the example file."""
    variable = f"{PREFIX}{room.upper()}_{name.upper()}"
    return f"{variable}, or {variable}_FILE with the path of a file that holds it"


def parse_duration(text: str) -> float:
    """Seconds of "90s", "15m", "2h", "30d", "1w". Raises ValueError with the accepted forms."""
    match = _DURATION.fullmatch(text.strip())
    if not match or float(match[1]) <= 0:
        raise ValueError(f'{text!r} is no duration; write a number and one of s, m, h, d, w, e.g. "15m"')
    return float(match[1]) * _SECONDS[match[2]]


def read_file(path: Path) -> dict[str, Any]:
    """The tables of a TOML file; {} when it does not exist. Raises ConfigError on bad TOML or an unknown table."""
    try:
        with path.open("rb") as file:
            tables = tomllib.load(file)
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not valid TOML: {error}") from None
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    for key, value in tables.items():
        if not isinstance(value, dict):
            raise ConfigError(f"{path}: {key} stands before any table; the tables are {', '.join(f'[{room}]' for room in ROOMS)}")
        if key not in ROOMS:
            raise ConfigError(f"{path}: unknown table [{key}]{suggestion(key, ROOMS)}; the tables are {', '.join(ROOMS)}")
    return tables


def read_table(cls: type[T], room: str, tables: Mapping[str, Any], path: Path, environ: Mapping[str, str] | None = None) -> T:
    """`cls` from table `room`, then from the environment: `DEPESZA_STORE_URL`, or `DEPESZA_STORE_URL_FILE` (a file's text).

    Raises ConfigError naming file, table, key and the accepted form.
    """
    environ = os.environ if environ is None else environ
    hints = get_type_hints(cls)
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]  # cls is always a dataclass
    names = list(fields)
    values: dict[str, Any] = {}
    for key, value in tables.get(room, {}).items():
        if key not in names:
            raise ConfigError(f"{path}: [{room}] has no key {key!r}{suggestion(key, names)}")
        if is_secret(fields[key]):
            raise ConfigError(
                f"{path}: [{room}] {key} is a secret and does not belong in this file: take it out, set {secret_hint(room, key)}"
            )
        values[key] = _convert(value, hints[key], f"{path}: [{room}] {key}")
    known = {f"{PREFIX}{room.upper()}_{name.upper()}": name for name in names}
    for variable in environ:
        if variable.startswith(f"{PREFIX}{room.upper()}_") and variable.removesuffix("_FILE") not in known:
            raise ConfigError(f"environment: there is no setting {variable}{suggestion(variable, known)}")
    for variable, name in known.items():
        text = _from_environment(variable, environ)
        if text is not None and not (
            text == "" and is_secret(fields[name])
        ):  # an empty secret, as compose files pass one, is none
            values[name] = _convert(_split(text, hints[name]), hints[name], f"environment: {variable}")
    return cls(**values)


def suggestion(word: str, known: Iterable[str]) -> str:
    """' (did you mean "x"?)' or ''."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f' (did you mean "{close[0]}"?)' if close else ""


def _from_environment(variable: str, environ: Mapping[str, str]) -> str | None:
    if file := environ.get(f"{variable}_FILE"):
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ConfigError(f"environment: {variable}_FILE={file}: cannot be read: {error.strerror}") from None
        except UnicodeDecodeError:
            raise ConfigError(f"environment: {variable}_FILE={file}: it is not in UTF-8") from None
    return environ.get(variable)


def _split(text: str, hint: Any) -> Any:
    if hint == tuple[str, ...]:
        return [part.strip() for part in text.split(",") if part.strip()]
    if hint is bool:
        return {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}.get(text.lower(), text)
    for kind in (int, float):
        if hint is kind or hint == kind | None:
            try:
                return kind(text)
            except ValueError:
                return text
    return text


def _convert(value: Any, hint: Any, where: str) -> Any:
    """`value` as `hint` (bool, int, float, str, Path, tuple[str, ...], each `| None`), or ConfigError."""
    optional = {bool | None: bool, int | None: int, float | None: float, str | None: str, Path | None: Path}
    hint = optional.get(hint, hint)
    if hint is bool and isinstance(value, bool):
        return value
    if hint is int and isinstance(value, int) and not isinstance(value, bool):
        return value
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    if hint is str and isinstance(value, str):
        return value
    if hint is Path and isinstance(value, str) and value:
        return Path(value).expanduser()
    if hint == tuple[str, ...] and isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value)
    wanted = {bool: "true or false", int: "a whole number", float: "a number", str: "a text", Path: "a path"}.get(
        hint, "a list of texts"
    )
    raise ConfigError(f"{where}: {wanted} is wanted, not {value!r}")
