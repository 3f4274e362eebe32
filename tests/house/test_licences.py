"""What is installed at run time may be used: no licence that would bind whoever passes Depesza on, each exception with its reason."""

from __future__ import annotations

import importlib.metadata as metadata
import re
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parent.parent.parent / "requirements" / "run.txt"
PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==\S+", re.MULTILINE)
NAMES = sorted(set(PIN.findall(REQUIREMENTS.read_text(encoding="utf-8"))))

FREE = re.compile(
    r"apache|\bmit\b|mit-0|\bbsd\b|bsd-|\bisc\b|iscl|psf|python software foundation|0bsd|zlib|cc0|zpl|cnri|"
    r"mpl-2\.0|mozilla public license 2\.0",
    re.IGNORECASE,
)
"""Licences that ask for their notice at most; the Mozilla licence 2.0 asks for changes of its own files only."""
BINDING = re.compile(r"\b[al]?gpl|gnu |affero|sspl|commons clause|proprietary", re.IGNORECASE)

EXCEPTIONS = {
    "morfeusz2": "its metadata gives an address only; program and SGJP data are under the two-clause BSD licence",
    "psycopg": "LGPL-3.0, optional (extra `postgresql`), used as an unchanged library that anybody can replace",
    "psycopg-binary": "as psycopg",
    "pystempel": "its metadata says 'see documentation': code Apache-2.0 and Egothor's Apache-like licence, the polimorf table BSD-2-Clause",
    "tld": "to be had under MPL-1.1, GPL-2.0 or LGPL-2.1 at one's choice: MPL-1.1 is chosen; courlan brings it",
}
"""Looked up by hand, November 2026."""


def licence_of(name: str) -> str:
    """All that a distribution's metadata says of its licence."""
    told = metadata.metadata(name)
    lines = [*(told.get_all(field) or () for field in ("License-Expression", "License", "Classifier"))]
    values = [value for given in lines for value in given]
    return " | ".join(value[:200] for value in values if "::" not in value or value.startswith("License"))


def installed(name: str) -> bool:
    """Whether it is here: some are for other platforms."""
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True


def test_the_list_of_requirements_is_read() -> None:
    assert len(NAMES) > 50 and {"scrapy", "tantivy", "pystempel"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_library_has_a_licence_that_binds_nobody_or_stands_among_the_exceptions(name: str) -> None:
    if not installed(name):
        pytest.skip("for another platform")
    licence = licence_of(name)
    if name in EXCEPTIONS:
        assert BINDING.search(licence) or not FREE.search(licence), f"{name} needs no exception any more: {licence}"
    else:
        assert FREE.search(licence), f"{name}: {licence or 'no licence told'}"
        assert not BINDING.search(licence), f"{name}: {licence}"


def test_no_exception_is_left_over() -> None:
    assert set(EXCEPTIONS) <= set(NAMES)
    assert all(reason.strip() for reason in EXCEPTIONS.values())
