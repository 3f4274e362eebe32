"""As whom the local server runs, and what that user can reach. Elasticsearch refuses to run as root."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

from crawler.errors import ConfigError

USUAL = "nobody"
"""Runs the server when root starts it."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int

    @property
    def is_other(self) -> bool:
        """Whether it is not the user of this process: files must be handed over, the process started in its name."""
        return self.uid != os.geteuid()


def choose_account(run_as: str | None = None) -> Account:
    """The user to run as: root hands over to `run_as` (usually nobody), everyone else runs the server as itself.

    Raises ConfigError for an unknown user, for root, and for another user than oneself where one is not root.
    """
    me = os.geteuid()
    try:
        entry = pwd.getpwnam(run_as or USUAL) if me == 0 or run_as else pwd.getpwuid(me)
    except KeyError:
        raise ConfigError(
            f"there is no user {run_as or USUAL!r} to run Elasticsearch as: name one of this machine with --run-as"
        ) from None
    if entry.pw_uid == 0:
        raise ConfigError("Elasticsearch refuses to run as root: name another user with --run-as, or leave the option out")
    if me not in (0, entry.pw_uid):
        raise ConfigError(f"only root can run Elasticsearch as another user ({entry.pw_name}): leave --run-as out")
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def can_reach(account: Account, path: Path) -> bool:
    """Whether the user may pass through every folder down to `path` and read it; a path that is not there yet is judged by
    what is. Folders of mode 0700 above it (root's home, pytest's folders) are the usual obstacle.
    """
    if not account.is_other:
        return True
    resolved = path.resolve()
    return all(_may_enter(account, one) for one in (resolved, *resolved.parents) if one.exists())


def hand_over(account: Account, folder: Path) -> None:
    """Give a folder and all in it to the user; links are not followed."""
    if not account.is_other:
        return
    os.chown(folder, account.uid, account.gid, follow_symlinks=False)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(parent, name), account.uid, account.gid, follow_symlinks=False)


def _may_enter(account: Account, path: Path) -> bool:
    found = path.stat()
    wanted = stat.S_IXOTH if path.is_dir() else stat.S_IROTH
    if found.st_uid == account.uid:
        wanted <<= 6
    elif found.st_gid == account.gid:
        wanted <<= 3
    return bool(found.st_mode & wanted)
