"""The documentation is tested: every command, option, setting, outcome and outlet key has its sentence."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import re
import sys
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from crawler.model import outlet as outlet_model
from crawler.model import run as run_model
from crawler.store import dead_letters, frontier, runs
from scheduler.command import COMMANDS, app
from scheduler.settings_text import ROOM_SETTINGS

OURS = {"install_completion", "show_completion", "help"}
"""Options that typer documents itself."""


def commands() -> Iterator[tuple[str, Any]]:
    root: Any = get_command(app)
    for name in COMMANDS:
        command = root.get_command(None, name)
        yield name, command
        for child, further in getattr(command, "commands", {}).items():
            yield f"{name} {child}", further


ALL = dict(commands())


def test_the_commands_of_the_first_road_are_there() -> None:
    wanted = """init, demo, outlets list, outlets show, outlets check, outlets add, outlets import, outlets export, crawl, renormalize,
    run, status, search, show, copies, index push, index rebuild, index status, dead-letters list, dead-letters show,
    dead-letters retry, batch extract, batch stories, config show, config check, db upgrade, doctor"""
    assert set(re.split(r",\s+", wanted)) <= set(ALL)


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_command_and_every_option_of_it_has_help(name: str) -> None:
    command = ALL[name]
    assert (command.help or "").strip().endswith((".", ")", "`")), f"{name}: no help, or no sentence"
    for parameter in command.params:
        if parameter.name not in OURS:
            assert (getattr(parameter, "help", "") or "").strip(), f"{name}: {parameter.name} has no help"


@pytest.mark.parametrize("name", [name for name, command in sorted(ALL.items()) if not hasattr(command, "commands")])
def test_the_help_of_every_command_shows_and_gives_an_example(name: str) -> None:
    result = CliRunner().invoke(app, [*name.split(), "--help"])
    assert result.exit_code == 0
    assert f"depesza {name}" in result.stdout.replace("\n  ", " ").partition("Example")[2], f"{name}: no example"


@pytest.mark.parametrize("name", [name for name, command in sorted(ALL.items()) if not hasattr(command, "commands")])
def test_every_command_that_prints_a_result_can_print_it_as_json(name: str) -> None:
    options = {option for parameter in ALL[name].params for option in getattr(parameter, "opts", ())}
    assert name.startswith("batch ") or "--json" in options, "batch prints lines of JSON anyway"


@pytest.mark.parametrize(("room", "cls"), sorted(ROOM_SETTINGS.items()))
def test_every_setting_has_its_sentence(room: str, cls: type) -> None:
    for field in dataclasses.fields(cls):
        assert field.metadata.get("help", "").strip().endswith((".", ")")), f"[{room}] {field.name}"


def documented(module: ModuleType) -> dict[str, set[str]]:
    """Class -> names of its fields or members that a docstring follows or that a comment-free model shares (id, url)."""
    tree = ast.parse(Path(inspect.getsourcefile(module) or "").read_text("utf-8"))
    found: dict[str, set[str]] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            names: set[str] = set()
            for field, following in zip(node.body, node.body[1:], strict=False):
                if isinstance(following, ast.Expr) and isinstance(following.value, ast.Constant):
                    if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                        names.add(field.target.id)
                    elif isinstance(field, ast.Assign) and isinstance(field.targets[0], ast.Name):
                        names.add(field.targets[0].id)
            found[node.name] = names
    return found


def test_every_key_of_an_outlet_file_is_documented() -> None:
    known = documented(outlet_model)
    for cls in (outlet_model.Outlet, outlet_model.Source, outlet_model.Schedule, outlet_model.Politeness, outlet_model.Layout):
        missing = {field.name for field in dataclasses.fields(cls)} - known[cls.__name__]
        assert not missing, f"{cls.__name__}: {sorted(missing)}"


@pytest.mark.parametrize(
    "kind", [run_model.Outcome, run_model.SourceStatus, runs.RunStatus, dead_letters.Stage, frontier.FrontierReason]
)
def test_every_outcome_status_stage_and_reason_is_documented(kind: type[Enum]) -> None:
    assert {member.name for member in kind} == documented(sys.modules[kind.__module__])[kind.__name__]
