"""deploy/compose.yaml without Docker: by the Compose specification's own schema, by its references, and by what Depesza has.

What only a Docker engine can tell (that the images start, that the volumes' owners fit) deploy/README.md lists as not tried.
"""

from __future__ import annotations

import ipaddress
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from indexer.local_elasticsearch.distribution import VERSION
from scheduler.config import SchedulerSettings
from tests.house.image import DOCKERFILE, read_dockerfile
from tests.house.test_deploy import _Strict
from tests.house.test_readme import fault

DEPLOY = DOCKERFILE.parent
COMPOSE = DEPLOY / "compose.yaml"


def read(path: Path) -> dict[str, Any]:
    """The file with anchors resolved; a key that stands twice is refused (but for `<<`, which is there to be overridden)."""
    import yaml

    loaded: dict[str, Any] = yaml.load(path.read_text("utf-8"), Loader=_Strict)
    return loaded


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return read(COMPOSE)


@pytest.fixture(scope="module")
def services(compose: dict[str, Any]) -> dict[str, Any]:
    """All that start: its own and those of the included file."""
    included = [read(DEPLOY / one)["services"] for one in compose["include"]]
    found: dict[str, Any] = dict(compose["services"])
    for one in included:
        assert not set(found) & set(one), "a service stands in both files"
        found |= one
    return found


@pytest.mark.parametrize("path", [COMPOSE, DEPLOY / "elasticsearch" / "compose.yaml"], ids=["depesza", "elasticsearch"])
def test_it_is_what_the_compose_specification_allows(path: Path) -> None:
    checker = Path(sys.executable).with_name("check-jsonschema")
    done = subprocess.run([checker, "--builtin-schema", "vendor.compose-spec", path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_service_volume_and_secret_that_is_named_is_there(compose: dict[str, Any], services: dict[str, Any]) -> None:
    inner = [read(DEPLOY / one) for one in compose["include"]]
    for kind in ("volumes", "secrets"):
        for one in inner:
            assert not set(compose[kind]) & set(one[kind]), f"{kind} of one name in both files are a conflict"
    volumes = set(compose["volumes"]).union(*(one["volumes"] for one in inner))
    secrets = set(compose["secrets"]).union(*(one["secrets"] for one in inner))
    used: set[str] = set()
    for name, service in compose["services"].items():
        assert set(service.get("depends_on", ())) <= set(services), name
        assert set(service.get("secrets", ())) <= secrets, name
        for volume in service.get("volumes", ()):
            source = volume["source"] if isinstance(volume, dict) else volume.partition(":")[0]
            assert (DEPLOY / source).exists() if source.startswith(".") else source in volumes, f"{name}: {source}"
            used.add(source)
        for variable, value in service.get("environment", {}).items():
            if variable.endswith("_FILE") and value.startswith("/run/secrets/"):
                assert value.removeprefix("/run/secrets/") in service["secrets"], f"{name}: {variable}"
    assert set(compose["volumes"]) <= used
    assert set(compose["secrets"]) == {one for service in compose["services"].values() for one in service.get("secrets", ())} - {
        "elastic_password"
    }


def test_what_is_waited_for_can_become_so(services: dict[str, Any]) -> None:
    for name, service in services.items():
        for other, how in service.get("depends_on", {}).items():
            if how["condition"] == "service_healthy":
                own = services[other].get("healthcheck", {})
                by_image = services[other].get("image", "").startswith("depesza:")
                assert "test" in own or (by_image and not own.get("disable")), f"{name} waits for {other}, which tells no health"
            else:
                assert how["condition"] == "service_completed_successfully"
                assert services[other].get("restart", "no") == "no", f"{name} waits for {other}, which never completes"
    assert "prometheus" in services["prometheus"]["profiles"], "optional"


def test_every_service_of_ours_is_hardened_and_limited(compose: dict[str, Any]) -> None:
    for name, service in compose["services"].items():
        assert service["read_only"] is True and service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert service["logging"]["options"].keys() >= {"max-size", "max-file"}, f"{name}: logs are rotated"
        assert {"mem_limit", "cpus", "pids_limit"} <= set(service), f"{name} has no limit"
        assert not {"privileged", "network_mode", "pid", "ipc", "cap_add", "devices", "userns_mode"} & set(service), name
        assert not str(service.get("user", "1:1")).startswith("0"), name
        assert all("noexec" in one and "nosuid" in one and "size=" in one for one in service["tmpfs"]), name
        for port in service.get("ports", ()):
            address = port.split(":")[0]
            assert ipaddress.ip_address(address).is_loopback, f"{name} is open to the world"
        assert "docker.sock" not in json.dumps(service)


def test_no_secret_stands_in_the_file_and_their_folder_is_never_committed(compose: dict[str, Any]) -> None:
    text = COMPOSE.read_text("utf-8")
    for name, service in compose["services"].items():
        for variable in service.get("environment", {}):
            assert not re.search(r"PASSWORD$|TOKEN$|SECRET$|KEY$|STORE_URL$", variable), f"{name}: {variable} must be a _FILE"
    assert "://depesza:" not in text
    assert {one["file"].rpartition("/")[0] for one in compose["secrets"].values()} == {"./secrets"}
    ignored = (DEPLOY / ".gitignore").read_text("utf-8").splitlines()
    assert "/secrets/" in ignored and "/.env" in ignored
    told = (DEPLOY / "README.md").read_text("utf-8")
    assert [name for name in compose["secrets"] if f"secrets/{name}" not in told] == [], "the notes say how each is made"


def test_every_command_of_ours_in_it_exists(compose: dict[str, Any]) -> None:
    calls = []
    for service in compose["services"].values():
        if not service.get("image", "").startswith("depesza:"):
            continue
        if service.get("entrypoint"):
            for one in service["command"]:
                calls += [call.split()[1:] for call in re.findall(r"depesza [a-z -]+", one)]
        else:
            calls.append(service["command"])
    assert [f"{call}: {why}" for call in calls if (why := fault(call))] == []
    assert {tuple(call[:2]) for call in calls} >= {("run",), ("worker",), ("serve",), ("db", "upgrade"), ("index", "create")}


def test_images_are_of_fixed_versions_and_elasticsearch_s_is_the_tested_one(services: dict[str, Any]) -> None:
    images = {one["image"] for one in services.values()}
    assert not [one for one in images if ":" not in one or one.endswith(":latest")]
    assert {one for one in images if "elasticsearch" in one} == {f"docker.elastic.co/elasticsearch/elasticsearch:{VERSION}"}


def test_the_user_the_data_folder_and_the_port_are_those_of_the_image(compose: dict[str, Any]) -> None:
    image = read_dockerfile(DOCKERFILE.read_text("utf-8"))[-1]
    for name in ("run", "worker", "serve", "prepare-store"):
        service = compose["services"][name]
        assert service["user"] == image.last("USER")
        assert f"depesza:{image.last('VOLUME')}" in service["volumes"]
        assert service["init"] is True, "somebody takes in what children of children leave"
    (port,) = compose["services"]["serve"]["ports"]
    assert port.rpartition(":")[2] == image.last("EXPOSE")
    (build,) = {json.dumps(one["build"]) for one in compose["services"].values() if "build" in one}
    given = json.loads(build)
    assert (DEPLOY / given["context"] / given["dockerfile"]).resolve() == DOCKERFILE.resolve()
    assert set(given["args"]) <= {said.partition("=")[0] for word, said in image.steps if word == "ARG"}


def test_there_is_time_to_end_in_order(compose: dict[str, Any]) -> None:
    """SAFETY F28: the pages that are under way, then the last push, before Docker kills."""
    needed = float(SchedulerSettings().stop_within.removesuffix("s")) + 5
    for name in ("run", "worker"):
        assert float(compose["services"][name]["stop_grace_period"].removesuffix("s")) > needed


def test_workers_can_be_as_many_as_wanted(compose: dict[str, Any]) -> None:
    """What only one container can have (a name, an address, a port) no worker has; it waits for the store, not for the service."""
    worker = compose["services"]["worker"]
    assert not {"container_name", "hostname", "ports", "networks", "build"} & set(worker)
    assert worker["depends_on"] == compose["services"]["run"]["depends_on"]
    assert worker["environment"] == compose["services"]["run"]["environment"], "the same store and index as the service"


def test_prometheus_is_let_in_and_finds_its_files(compose: dict[str, Any]) -> None:
    service, serve = compose["services"]["prometheus"], compose["services"]["serve"]
    config = read(DEPLOY / "prometheus" / "prometheus.yml")
    (job,) = config["scrape_configs"]
    assert job["authorization"]["credentials_file"].removeprefix("/run/secrets/") in service["secrets"]
    (target,) = job["static_configs"][0]["targets"]
    host, _, port = target.partition(":")
    assert host in serve["environment"]["DEPESZA_WEB_TRUSTED_HOSTS"].split(","), "another Host is refused"
    assert port == serve["ports"][0].rpartition(":")[2]
    assert f"--config.file=/etc/prometheus/{Path('prometheus.yml')}" in service["command"]
    assert "./prometheus:/etc/prometheus:ro" in service["volumes"]
    assert all((DEPLOY / "prometheus" / one).is_file() for one in config["rule_files"])


def test_the_user_that_is_made_in_elasticsearch_is_the_one_depesza_names(compose: dict[str, Any]) -> None:
    from tests.house.test_deploy import read as read_elastic

    (script,) = compose["services"]["elasticsearch-user"]["command"]
    user = compose["services"]["run"]["environment"]["DEPESZA_INDEXER_USER"]
    assert script.rstrip().endswith(f"/_security/user/{user}")
    assert set(re.findall(r"depesza_\w+", script)) == set(read_elastic("roles.yml"))
    assert not re.search(r"--user|--insecure|--data", script), "a password as an argument is seen by all"
    prepare = read_elastic("compose.yaml")["services"]["prepare"]["command"][0]
    assert "chmod 755 ca && chmod 644 ca/ca.crt" in prepare, "what is mounted as /etc/depesza/ca can be read by other users"
    body = subprocess.run(
        ["bash", "-euc", script.replace("$$", "$").replace("cat /run/secrets/", "printf %s p-of-").split("| curl")[0]],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    data = re.search(r'^data = "(.*)"$', body, re.MULTILINE)
    assert data is not None and 'user = "elastic:p-of-elastic_password"' in body
    sent = json.loads(data[1].replace('\\"', '"'))
    assert sent == {"password": "p-of-indexer_password", "roles": ["depesza_setup", "depesza_writer", "depesza_reader"]}
