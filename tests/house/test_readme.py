"""The READMEs do not lie: every `depesza` command and option, `make` target, file, folder and test named in them exists."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from scheduler.command import COMMANDS, app

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = sorted(
    path for path in [*ROOT.glob("*.md"), *(one for room in ("crawler", "indexer", "scheduler", "deploy") for one in (ROOT / room).rglob("*.md"))]
)  # fmt: skip
ROOM_READMES = [path for path in DOCUMENTS if path.name == "README.md" and path.parent != ROOT]
TOO_LONG = 130
"""Lines of a README: one page and a bit, tables counted."""
_FENCED = re.compile(r"^```[a-z]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_PATH = re.compile(r"(?!\.venv)[\w.-]+(?:/[\w.-]+)*/?(?:(?<=/)|\.(?:py|md))|[\w.-]+(?:/[\w.-]+)+\.(?:toml|yaml|txt)")
"""What a document writes that is a path of ours: a folder, a module, a document, a file in a folder."""
_ANYWHERE = {"--data-dir", "--config", "--verbose", "-v", "--help", "-h", "--version"}


def snippets(path: Path) -> list[str]:
    """The lines of fenced blocks and the inline pieces of code of a document."""
    text = path.read_text(encoding="utf-8")
    fenced = [line for block in _FENCED.findall(text) for line in block.replace("\\\n", " ").splitlines()]
    return [*fenced, *_INLINE.findall(_FENCED.sub("", text))]


def called(path: Path, program: str) -> list[list[str]]:
    """The arguments of each call of `program` in a document; comments and redirections off."""
    found = []
    for snippet in snippets(path):
        words = shlex.split(snippet, comments=True) if snippet.startswith((program + " ", f".venv/bin/{program} ")) else []
        if words:
            found.append([word for word in words[1:] if word not in (">", "|")])
    return found


@cache
def file_names() -> set[str]:
    """The names of all files of the rooms and the tests."""
    return {one.name for room in ("crawler", "indexer", "scheduler", "tests") for one in (ROOT / room).rglob("*.*")}


def is_there(name: str, folder: Path) -> bool:
    """Whether a path exists as seen from the root, a room or the document's own folder; a bare file name may be anywhere."""
    if "/" not in name:
        return name in file_names() or (folder / name).exists() or (ROOT / name).exists()
    places = (ROOT, folder, *(ROOT / room for room in ("crawler", "scheduler", "tests")))
    return any((place / name).exists() for place in places)


@cache
def command_of(name: str) -> Any:
    """One of the root's commands."""
    root: Any = get_command(app)
    return root.get_command(None, name)


def fault(arguments: list[str]) -> str | None:
    """Why there is no such call of `depesza`, or None."""
    rest = list(arguments)
    command = None
    while rest and (command is None or hasattr(command, "commands")):
        name = rest.pop(0)
        for one in name.split("|"):  # `index push|rebuild` names both
            known = COMMANDS if command is None else command.commands
            if one.startswith("-"):
                return None if one in _ANYWHERE else f"no option {one}"
            if one not in known:
                return f"no command {one}"
        command = command_of(name) if command is None else command.commands[name.split("|")[0]]
    options = {option for parameter in getattr(command, "params", ()) for option in parameter.opts} | _ANYWHERE
    wrong = [word for word in rest if word.startswith("--") and word != "--" and word.partition("=")[0] not in options]
    return f"no option {wrong[0]}" if wrong else None


def test_the_reader_of_this_test_finds_faults() -> None:
    assert fault(["crawl", "kresy", "--no-push"]) is None
    assert fault(["index", "push|rebuild"]) is None
    assert fault(["crawls"]) == "no command crawls"
    assert fault(["index", "drop"]) == "no command drop"
    assert fault(["crawl", "--fast"]) == "no option --fast"


@pytest.mark.parametrize("path", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS])
def test_every_command_and_option_named_in_a_document_exists(path: Path) -> None:
    faults = [f"depesza {' '.join(call)}: {why}" for call in called(path, "depesza") if (why := fault(call))]
    assert faults == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS])
def test_every_make_target_named_in_a_document_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {word for call in called(path, "make") for word in call if "=" not in word}
    assert named - targets == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS])
def test_every_file_folder_and_test_named_in_a_document_exists(path: Path) -> None:
    names = {word.rstrip(",;:.").partition("::")[0] for snippet in snippets(path) for word in snippet.split()}
    assert [name for name in sorted(names) if _PATH.fullmatch(name) and not is_there(name, path.parent)] == []


@pytest.mark.parametrize("path", ROOM_READMES, ids=[str(path.relative_to(ROOT)) for path in ROOM_READMES])
def test_a_room_s_readme_names_each_of_its_modules(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    modules = [one.name for one in path.parent.glob("*.py") if one.name != "__init__.py"]
    folders = [f"{one.parent.name}/" for one in path.parent.glob("*/__init__.py")]
    assert [name for name in sorted([*modules, *folders]) if f"{name}`" not in text] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=[str(path.relative_to(ROOT)) for path in DOCUMENTS])
def test_a_document_is_short_enough_to_be_read(path: Path) -> None:
    assert path.read_text(encoding="utf-8").count("\n") <= TOO_LONG
