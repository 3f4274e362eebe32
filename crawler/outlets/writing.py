"""An outlet as the TOML of its file: only what differs from the defaults, in the order of the model. Pure."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from enum import Enum
from typing import Any

from crawler.model.outlet import Outlet


def outlet_toml(outlet: Outlet) -> str:
    """The text of `<slug>.toml`. Reading it gives an equal outlet."""
    plain, tables, lists = [], [], []
    for field in dataclasses.fields(outlet):
        value = getattr(outlet, field.name)
        if value == _default(field):
            continue
        if dataclasses.is_dataclass(value):
            tables.append(_table(f"[{field.name}]", value))
        elif isinstance(value, tuple) and value and dataclasses.is_dataclass(value[0]):
            lists += [_table(f"[[{field.name}]]", one) for one in value]
        else:
            plain.append(f"{field.name} = {_value(value)}")
    return "\n\n".join(["\n".join(plain), *lists, *tables]) + "\n"


def _table(head: str, record: Any) -> str:
    rows = [
        f"{field.name} = {_value(value)}"
        for field in dataclasses.fields(record)
        if (value := getattr(record, field.name)) != _default(field)
    ]
    return "\n".join([head, *rows])


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _value(value: Any) -> str:
    if isinstance(value, Enum):
        return _value(value.value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, tuple):
        return "[" + ", ".join(_value(one) for one in value) + "]"
    if isinstance(value, str):
        # JSON's escapes are TOML's, but for DEL, which TOML wants escaped and JSON leaves
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)
