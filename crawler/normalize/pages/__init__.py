"""The escape hatch: a module for each of the few outlets whose pages need code. `page_class = "name"` in its TOML names it.

Such a module holds `prepare(draft: Draft, setting: Setting) -> None`, called after the structured data was read and before
the text is. It may change `draft.tree`, `draft.facts` and `draft.layout`; it is pure like every step.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec

from crawler.errors import ConfigError
from crawler.normalize.draft import Draft, Setting

_NAME = re.compile(r"[a-z][a-z0-9_]*")


def prepare(draft: Draft, setting: Setting) -> None:
    """Run the outlet's own code, if its entry names any. Raises ConfigError for a name without a module here."""
    name = setting.outlet.page_class
    if name is None:
        return
    if not _NAME.fullmatch(name) or find_spec(f"{__name__}.{name}") is None:
        raise ConfigError(f"outlet {setting.outlet.slug}: page_class = {name!r}, but crawler/normalize/pages has no such module")
    step: Callable[[Draft, Setting], None] = import_module(f"{__name__}.{name}").prepare
    step(draft, setting)
