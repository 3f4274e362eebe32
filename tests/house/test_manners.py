"""The house keeps its manners: module sizes, docstrings, documented settings, no address or path that does not belong."""

from __future__ import annotations

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("crawler", "indexer", "scheduler")
MODULES = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py") if "versions" not in path.parts)
NAMES = [str(path.relative_to(ROOT)) for path in MODULES]


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_a_module_has_at_most_400_lines_and_says_what_lives_in_it(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    assert source.count("\n") <= 400
    assert not source.strip() or ast.get_docstring(ast.parse(source)), "a module docstring is missing"


@pytest.mark.parametrize("path", MODULES, ids=NAMES)
def test_every_public_function_and_class_has_a_docstring(path: Path) -> None:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    public = [
        node for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, kinds) and node.name[0] != "_"
    ]
    assert [node.name for node in public if not ast.get_docstring(node) and path.name != "schema.py"] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    nothing = {"util", "utils", "common", "helpers", "helper", "misc", "base"}
    assert [name for name, path in zip(NAMES, MODULES, strict=True) if path.stem in nothing] == []


def test_only_a_process_s_start_asks_the_clock() -> None:
    """Times are arguments; `datetime.now(UTC)` stands where a process or a request starts (ARCHITECTURE section 6)."""
    pure = ("crawler/model", "crawler/normalize", "crawler/discovery", "crawler/stories", "crawler/store", "crawler/filing")
    asked = [
        name for name, path in zip(NAMES, MODULES, strict=True) if name.startswith(pure) and "datetime.now(" in path.read_text()
    ]
    assert asked == []


def test_the_wheel_holds_the_three_packages_and_their_data() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(ROOMS)


def test_no_requirement_file_names_a_registry_and_every_pin_is_hashed() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        assert not re.search(r"https?://|--index-url|--find-links", text)
        pins = re.findall(r"^[a-z0-9][^\n#]*==[^\n]*\\$", text, re.MULTILINE)
        assert pins and len(pins) == len(re.findall(r"^[a-z0-9][^\n#]*==", text, re.MULTILINE))


def test_no_committed_file_holds_a_path_of_one_machine() -> None:
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split("\n")
    found = []
    for name in filter(None, tracked):
        path = ROOT / name
        if (
            path.is_file()
            and path.suffix in {".py", ".md", ".toml", ".yaml", ".txt", ".json", ""}
            and path.name != "test_manners.py"
        ):
            text = path.read_text(encoding="utf-8", errors="ignore")
            if re.search(r"(^|[^A-Za-z0-9_.])/(work|root|home/\w+)/", text):
                found.append(name)
    assert found == []


def test_whatever_a_linter_is_told_to_overlook_has_its_reason() -> None:
    told = re.compile(r"#\s*(?:noqa|type: ignore)\b(?!: [A-Z0-9, ]+ - \w|\[[\w, -]+\]  # \w)")
    files = [*MODULES, *(path for path in (ROOT / "tests").rglob("*.py") if path.name != "test_manners.py")]
    assert [f"{path.relative_to(ROOT)}: {line.strip()}" for path in files for line in _lines(path) if told.search(line)] == []


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def test_every_room_has_a_readme() -> None:
    assert [room for room in ROOMS if not (ROOT / room / "README.md").exists()] == []
