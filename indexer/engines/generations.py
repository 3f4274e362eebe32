"""The folders of the embedded index: which generation is in use, starting one, putting one in another's place.

    index/current            the name of the generation in use
    index/lock               held while somebody writes
    index/generation-000001/ tantivy's files, forms.sqlite, about.json

A generation is complete in itself, so a cold search reads nothing else.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from crawler.errors import BackendUnavailable
from indexer.document import DOCUMENT_VERSION

FORMS = "forms.sqlite"


class Generations:
    """The generations under `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def in_use(self) -> str | None:
        """Name of the generation that searches read; None before the first push."""
        return _read(self.folder / "current") or None

    def start(self, generation: str) -> Path:
        """Make the folder of an empty generation and write what it is."""
        folder = self.folder / generation
        folder.mkdir(parents=True, exist_ok=True)
        _write_whole(folder / "about.json", json.dumps({"document_version": DOCUMENT_VERSION}))
        return folder

    def use(self, generation: str) -> None:
        """Let searches read this generation, in one step; the one before is dropped."""
        before = self.in_use()
        _write_whole(self.folder / "current", generation)
        if before and before != generation:
            shutil.rmtree(self.folder / before, ignore_errors=True)

    def next_name(self) -> str:
        """A name for the generation after the one in use."""
        used = self.in_use()
        last = used.rpartition("-")[2] if used else ""
        return f"generation-{int(last) + 1 if last.isdecimal() else 1:06d}"

    def drop_unused(self) -> None:
        """Drop what a killed rebuild left behind. The lock is held by the caller."""
        used = self.in_use()
        for folder in self.folder.glob("generation-*"):
            if folder.name != used:
                shutil.rmtree(folder, ignore_errors=True)

    def version(self, generation: str) -> int | None:
        """The version of the documents in a generation; None when it cannot be read."""
        try:
            found = json.loads(_read(self.folder / generation / "about.json") or "{}").get("document_version")
        except (ValueError, AttributeError):
            return None
        return found if isinstance(found, int) else None

    def check_version(self, generation: str) -> None:
        """Raises BackendUnavailable when the documents are of another version than this program's."""
        version = self.version(generation)
        if version is None:
            raise BackendUnavailable(f"the search index {self.folder / generation} is damaged: run `depesza index rebuild`")
        if version != DOCUMENT_VERSION:
            raise BackendUnavailable(
                f"the search index {self.folder} holds documents of version {version}, this Depesza makes {DOCUMENT_VERSION}: "
                "run `depesza index rebuild`"
            )

    def size_bytes(self, generation: str) -> int:
        """Bytes of all files of a generation."""
        return sum(file.stat().st_size for file in (self.folder / generation).iterdir() if file.is_file())


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _write_whole(file: Path, text: str) -> None:
    """Write a small file so that a reader sees the old or the new text, also after a loss of power."""
    file.parent.mkdir(parents=True, exist_ok=True)
    fresh = file.with_name(f"{file.name}.new")
    with fresh.open("w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)
