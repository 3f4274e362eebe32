"""What lies in deploy/ fits the code: names of settings, commands and files exist, security is on, nothing listens to the world.

Docker and the modules for snapshot policies cannot run here; this is what can be checked without them.
"""

from __future__ import annotations

import dataclasses
import ipaddress
import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from crawler.config import Locations
from crawler.settings import PREFIX, is_secret
from indexer.config import IndexerSettings, indexer_settings
from indexer.engines.elastic_client import make_client
from indexer.engines.elastic_indices import ElasticIndices
from indexer.local_elasticsearch.distribution import VERSION
from scheduler.settings_text import ROOM_SETTINGS

DEPLOY = Path(__file__).parents[2] / "deploy"
ELASTIC = DEPLOY / "elasticsearch"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
VARIABLES = {
    f"{PREFIX}{room.upper()}_{field.name.upper()}" for room, cls in ROOM_SETTINGS.items() for field in dataclasses.fields(cls)
}


def read(name: str) -> Any:
    """A YAML or JSON file of deploy/elasticsearch; a key that stands twice is refused."""
    text = (ELASTIC / name).read_text("utf-8")
    return json.loads(text) if name.endswith(".json") else yaml.load(text, Loader=_Strict)


class _Strict(yaml.SafeLoader):
    """YAML itself takes the last of two equal keys silently."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> Any:
        keys = [
            self.construct_object(key) for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"
        ]  # `<<` is to be overridden
        assert len(keys) == len(set(keys)), f"a key stands twice: {keys}"
        return super().construct_mapping(node, deep)


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(DEPLOY)) for path in FILES])
def test_every_setting_named_in_a_file_exists(path: Path) -> None:
    """As an environment variable (any of them may end in _FILE); template variables of Depesza's own are none other."""
    named = set(re.findall(rf"{PREFIX}[A-Z_]+[A-Z]", path.read_text("utf-8")))
    own = {"DEPESZA_TABLE_KEY"} | {f"{PREFIX}{name}" for name in ("DATA_DIR", "CONFIG")}
    assert {name for name in named if name not in own and not {name, name.removesuffix("_FILE")} & VARIABLES} == set()


def test_the_table_of_the_notes_is_a_configuration_that_is_taken(tmp_path: Path) -> None:
    text = (ELASTIC / "README.md").read_text("utf-8")
    block = re.search(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert block is not None
    ca_file = tmp_path / "ca.crt"
    ca_file.touch()
    tables = tomllib.loads(block[1].replace("/etc/depesza/ca.crt", str(ca_file)))
    settings = indexer_settings(Locations(data_dir=tmp_path, config_path=tmp_path / "x", tables=tables), {})
    assert settings.engine == "elasticsearch"
    for name in re.findall(r"`(cloud_id|ca_file|fingerprint|url|index|keep)\b", text):
        assert name in {field.name for field in dataclasses.fields(IndexerSettings)}


def test_every_secret_is_named_in_the_notes_by_its_variable() -> None:
    text = (ELASTIC / "README.md").read_text("utf-8")
    for field in dataclasses.fields(IndexerSettings):
        if is_secret(field):
            assert f"DEPESZA_INDEXER_{field.name.upper()}" in text


def test_the_container_is_elastic_s_own_image_of_the_version_that_is_tested() -> None:
    services = read("compose.yaml")["services"]
    assert {one["image"] for one in services.values()} == {f"docker.elastic.co/elasticsearch/elasticsearch:{VERSION}"}
    assert re.fullmatch(r"9\.\d+\.\d+", VERSION), "a moving tag would change the server at any restart"


def test_the_container_is_secured_and_reached_from_this_machine_only() -> None:
    services = read("compose.yaml")["services"]
    for service in services.values():
        for port in service.get("ports", ()):
            host, _, inside = port.rpartition(":")
            address, _, _ = host.rpartition(":")
            assert ipaddress.ip_address(address).is_loopback
            assert inside == "9200", "9300 is for nodes, which are one"
        assert service.get("network_mode") != "host"
        assert "privileged" not in service
    environment = services["elasticsearch"]["environment"]
    for name in ("xpack.security.enabled", "xpack.security.http.ssl.enabled", "xpack.security.transport.ssl.enabled"):
        assert environment[name] == "true"
    assert not [name for name in environment if name.endswith("verification_mode")], "certificates are checked in full"
    assert all(isinstance(value, str) for value in environment.values()), "compose wants texts"


def test_the_container_s_password_stands_in_no_file_that_is_committed() -> None:
    compose = read("compose.yaml")
    environment = compose["services"]["elasticsearch"]["environment"]
    assert [name for name in environment if "PASSWORD" in name] == ["ELASTIC_PASSWORD_FILE"]
    (secret,) = compose["services"]["elasticsearch"]["secrets"]
    assert environment["ELASTIC_PASSWORD_FILE"] == f"/run/secrets/{secret}"
    file = compose["secrets"][secret]["file"]
    ignored = (ELASTIC / ".gitignore").read_text("utf-8").splitlines()
    assert file.removeprefix(".") in ignored
    assert not (ELASTIC / file).exists() or f"/{secret}" in ignored


def test_what_the_container_mounts_and_waits_for_exists() -> None:
    compose = read("compose.yaml")
    assert set(compose) == {"name", "services", "volumes", "secrets"}
    known = {"image", "user", "network_mode", "volumes", "entrypoint", "command", "restart", "depends_on", "environment", "secrets",
             "ports", "mem_limit", "ulimits", "healthcheck"}  # fmt: skip
    for service in compose["services"].values():
        assert set(service) <= known
        assert set(service.get("depends_on", ())) <= set(compose["services"])
        assert set(service.get("secrets", ())) <= set(compose["secrets"])
        for volume in service.get("volumes", ()):
            source = volume.partition(":")[0]
            assert (ELASTIC / source).is_file() if source.startswith(".") else source in compose["volumes"]
    mounted = {volume.split(":")[0]: volume.split(":")[1] for volume in compose["services"]["elasticsearch"]["volumes"]}
    assert set(mounted) == {*compose["volumes"], "./roles.yml"}, "data, snapshots and certificates outlive the container"
    environment = compose["services"]["elasticsearch"]["environment"]
    assert environment["path.repo"] == mounted["snapshots"]
    config = "/usr/share/elasticsearch/config"
    assert mounted["./roles.yml"] == f"{config}/roles.yml"
    script = compose["services"]["prepare"]["command"][0]
    for name, value in environment.items():
        if ".ssl." in name and value != "true":
            assert mounted["certificates"] == f"{config}/{value.partition('/')[0]}"
            folder, _, file = value.partition("/")[2].partition("/")
            assert f"{folder}/{file}".removesuffix(".key").removesuffix(".crt") in script, "the script makes it"
    health = " ".join(compose["services"]["elasticsearch"]["healthcheck"]["test"])
    assert environment["xpack.security.http.ssl.certificate_authorities"] in health
    assert "--insecure" not in health


def test_the_heap_is_half_of_the_container_s_memory_and_both_its_values_alike() -> None:
    service = read("compose.yaml")["services"]["elasticsearch"]
    heap = re.fullmatch(r"\$\{ELASTICSEARCH_HEAP:--Xms(\d+)g -Xmx(\d+)g\}", service["environment"]["ES_JAVA_OPTS"])
    memory = re.fullmatch(r"\$\{ELASTICSEARCH_MEMORY:-(\d+)g\}", service["mem_limit"])
    assert heap and memory and heap[1] == heap[2]
    assert int(heap[1]) * 2 == int(memory[1])
    assert service["environment"]["bootstrap.memory_lock"] == "true"
    assert service["ulimits"]["memlock"] == {"soft": -1, "hard": -1}


def test_each_role_is_described_and_reaches_no_index_but_ours() -> None:
    roles = read("roles.yml")
    text = (ELASTIC / "README.md").read_text("utf-8")
    for name, role in roles.items():
        assert f"| `{name}` |" in text
        assert set(role) == {"cluster", "indices"}, "no run_as, no applications"
        assert not {"all", "manage", "manage_security", "superuser"} & set(role["cluster"])
        for granted in role["indices"]:
            assert granted["names"] == ["depesza", "depesza-*", "depesza.*"]
            assert "all" not in granted["privileges"]
    assert set(roles) == {"depesza_setup", "depesza_writer", "depesza_reader"}


def test_the_snapshot_policy_is_one_for_the_repository_of_the_notes() -> None:
    """As the reference describes `PUT _slm/policy`; the test distribution has no such module."""
    policy = read("snapshot-policy.json")
    assert set(policy) == {"schedule", "name", "repository", "config", "retention"}
    text = (ELASTIC / "README.md").read_text("utf-8")
    assert f"_snapshot/{policy['repository']}" in text
    assert read("compose.yaml")["services"]["elasticsearch"]["environment"]["path.repo"] in text
    assert re.fullmatch(r"<[a-z]+-\{now/d\}>", policy["name"]), "lower case, a date in it"
    assert len(policy["schedule"].split()) == 6, "Elasticsearch's cron lines begin with seconds"
    assert policy["config"]["indices"] == ["depesza-*"]
    assert policy["retention"]["min_count"] <= policy["retention"]["max_count"]


@pytest.mark.elasticsearch
def test_the_index_template_is_what_the_code_sends(elasticsearch_url: str, elasticsearch_index: str) -> None:
    """Both are put, under names of their own, and read back: the server writes the same thing in one way only."""
    file = (ELASTIC / "index-template.json").read_text("utf-8")
    assert json.loads(file)["index_patterns"] == ["depesza-*-g1"]
    other = f"{elasticsearch_index}x"
    with make_client(IndexerSettings(engine="elasticsearch", url=elasticsearch_url)) as client:
        ElasticIndices(client, elasticsearch_index).prepare()
        client.perform_request(
            "PUT", f"/_index_template/{other}-g1", headers={"Content-Type": "application/json", "Accept": "application/json"},
            body=json.loads(file.replace('"depesza-*-g1"', f'"{other}-*-g1"').replace('"depesza": {}', f'"{other}": {{}}')),
        )  # fmt: skip
        found = [
            client.indices.get_index_template(name=f"{prefix}-g1")["index_templates"][0]["index_template"]
            for prefix in (elasticsearch_index, other)
        ]
    for one in found:
        del one["created_date_millis"], one["modified_date_millis"]
    sent, written = (json.dumps(one, sort_keys=True) for one in found)
    assert sent.replace(elasticsearch_index, "@") == written.replace(other, "@")
