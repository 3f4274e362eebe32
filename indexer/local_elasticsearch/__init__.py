"""A real Elasticsearch on this machine, for development and tests, without Docker (extra `local-elasticsearch`).

`distribution` brings the server and its Java runtime, `configuration` writes its files, `account` decides as whom it runs and
what that user can reach, `process` finds and ends it, `probe` looks at it from outside, `server` joins them: start, stop,
status. It is Elastic's *test* distribution with the core modules only: fetched from Maven Central by whoever runs this, never
passed on, never production.
"""

from __future__ import annotations

import os

from crawler.errors import BackendUnavailable


def check_platform() -> None:
    """Raises BackendUnavailable where no local server can run; asked before a module of this package is imported."""
    if os.name != "posix":  # its modules need users and locks as POSIX has them
        raise BackendUnavailable(
            "a local Elasticsearch runs on Linux and macOS only: use Elastic's own image here and set [indexer] url"
        )
