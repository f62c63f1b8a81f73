"""The Dockerfile and the compose files fit the service: its settings, its ports, its commands, its drain."""

import json
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import jsonschema
import psutil
import pytest

from server.bootstrap.process import LAST_COMMIT_SECONDS
from server.setting_kinds import MongoDatabase, parse_database
from server.settings import SETTINGS, Settings, read_settings
from server.storage.mongo.schema import DEFAULT_DATABASE
from tests.support.deployment import (
    compose,
    copied_sources,
    health_check,
    image_environment,
    seconds,
    settings_named_in,
    stages_of,
    texts_in,
)
from tests.support.documents import ROOT
from tests.support.ports import free_port
from tests.support.service import BOOTSTRAP_KEY, environment
from tests.support.waiting import until

DOCKERFILE = ROOT / "Dockerfile"
COMPOSE_FILES = sorted(path.name for path in ROOT.glob("compose*.yaml"))
VARIABLES = {setting.variable for setting in SETTINGS}
DEFAULTS = Settings()
PORTS = {DEFAULTS.http_port, DEFAULTS.grpc_port, DEFAULTS.otlp_grpc_port, DEFAULTS.otlp_http_port}
MEMBERS = ["mongodb-1", "mongodb-2", "mongodb-3"]
# Beyond the service's own drain: the workers' supervisor waits a little longer than they do.
LONGEST_STOP_SECONDS = DEFAULTS.drain_seconds + LAST_COMMIT_SECONDS + 10


def test_hadolint_finds_nothing_in_the_dockerfile() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent)) or shutil.which("hadolint")
    if hadolint is None:
        pytest.skip("hadolint is not installed")
    done = subprocess.run([hadolint, DOCKERFILE], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_copies_what_is_there_and_the_build_context_lets_it_through() -> None:
    ignore = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in ignore
    allowed = [line.removeprefix("!") for line in ignore if line.startswith("!")]
    sources = copied_sources()
    assert [source for source in sources if not (ROOT / source).exists()] == []
    assert sorted(sources) == sorted(allowed)
    secret = ("data", ".git", ".venv", ".cache")
    assert [name for name in secret if any(fnmatch(name, pattern) for pattern in allowed)] == []


def test_every_installation_in_the_image_is_pinned_and_compiles_nothing() -> None:
    build, final = stages_of(DOCKERFILE)
    installations = re.findall(r"pip (?:\S+ \S+ )?install [^&]+", " ".join(each.text for each in build))
    assert len(installations) == 2
    assert all("--constraint constraints.txt" in each for each in installations)
    assert "--only-binary :all:" in installations[-1]
    assert not any("pip" in each.text for each in final)


def test_the_image_is_slim_and_runs_the_command_as_a_user_that_is_not_root() -> None:
    build, final = stages_of(DOCKERFILE)
    assert final[0].text.endswith("-slim-bookworm")
    assert build[0].text == f"{final[0].text} AS build"
    instructions = {each.name: each for each in final}
    user, _, group = instructions["USER"].text.partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert instructions["ENTRYPOINT"].words == ["tracking"]
    assert instructions["CMD"].words == ["serve"]
    assert {int(port) for port in instructions["EXPOSE"].words} == PORTS


def test_the_settings_of_the_image_are_settings_and_its_database_lies_in_its_volume() -> None:
    own = {name: value for name, value in image_environment().items() if name.startswith("TRACKING_")}
    settings = read_settings(own, {})
    (volume,) = [each.text for each in stages_of(DOCKERFILE)[-1] if each.name == "VOLUME"]
    assert settings.database_url == parse_database(f"sqlite:///{volume}/tracking.db")
    assert settings.host == "0.0.0.0"


async def test_what_the_image_copies_installs_serves_and_is_healthy_until_it_stops(tmp_path: Path) -> None:
    python = install_as_the_image_does(tmp_path)
    # Its dependencies are those of the tests; an installed package that points to this folder does not count there.
    packages = str(Path(pytest.__file__).parents[1])
    port = free_port()
    settings = {
        **{name: value for name, value in image_environment().items() if name.startswith("TRACKING_")},
        "TRACKING_DATABASE_URL": f"sqlite:///{tmp_path}/data/tracking.db",
        "TRACKING_BOOTSTRAP_API_KEY": BOOTSTRAP_KEY,
        "TRACKING_HOST": "127.0.0.1",
        "TRACKING_HTTP_PORT": str(port),
        "TRACKING_GRPC_PORT": "0",
        "TRACKING_OTLP_GRPC_PORT": "0",
        "TRACKING_OTLP_HTTP_PORT": "0",
    }
    inside = {**environment({}), **settings, "PYTHONPATH": packages, "PATH": str(python.parent)}
    command = [str(python.parent / health_check()[0]), *health_check()[1:]]

    def healthy() -> bool:
        done = subprocess.run(command, env=inside, capture_output=True, timeout=30, check=False)
        assert done.returncode in (0, 1), done.stderr
        return done.returncode == 0

    assert not healthy()
    service = psutil.Popen([str(python.parent / "tracking"), "serve"], env=inside, cwd=tmp_path, stderr=subprocess.PIPE)
    try:
        await until(healthy, timeout_seconds=30)
        service.terminate()
        assert service.wait(30) == 0
    finally:
        if service.is_running():
            service.kill()
        service.stderr.close()
    assert not healthy()


def install_as_the_image_does(folder: Path) -> Path:
    """The Python of a new environment, in which only what the Dockerfile copies is installed."""
    source = folder / "source"
    source.mkdir()
    for name in copied_sources():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, source / name)
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheels, home = folder / "wheels", folder / "home"
    run([*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "--wheel-dir", str(wheels), str(source)])
    run([sys.executable, "-m", "venv", "--without-pip", str(home)])
    (wheel,) = wheels.iterdir()
    python = home / "bin" / "python"
    run([*pip, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)])
    return python


def run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_a_compose_file_is_what_the_specification_allows(name: str) -> None:
    schema = json.loads((files("check_jsonschema") / "builtin_schemas/vendor/compose-spec.json").read_text())
    jsonschema.validate(compose(name), schema)


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_a_compose_file_names_only_settings_that_exist(name: str) -> None:
    assert settings_named_in((ROOT / name).read_text()) <= VARIABLES


@pytest.mark.parametrize("name", COMPOSE_FILES)
def test_what_a_compose_file_takes_from_the_environment_has_a_default_or_says_what_is_missing(name: str) -> None:
    taken = re.findall(r"\$\{?([^}\s]*)", "\n".join(texts_in(compose(name))))
    assert [each for each in taken if not re.match(r"[A-Z_]+(:-|:\?)", each)] == []


def test_the_service_of_the_compose_file_starts_with_a_key_and_the_replica_set_beside_it() -> None:
    service = compose()["services"]["tracking"]
    given = {**service["environment"], "TRACKING_BOOTSTRAP_API_KEY": BOOTSTRAP_KEY, "TRACKING_WORKERS": "2"}
    settings = read_settings(image_environment() | given, {})
    assert service["environment"]["TRACKING_BOOTSTRAP_API_KEY"].startswith("${TRACKING_BOOTSTRAP_API_KEY:?")
    assert isinstance(settings.database_url, MongoDatabase)
    url = urlsplit(settings.database_url.url)
    assert url.netloc.split(",") == MEMBERS
    assert url.path == f"/{DEFAULT_DATABASE}"
    assert url.query == f"replicaSet={replica_set_of('mongodb-1')}"


def test_the_ports_are_the_defaults_and_are_published_on_this_machine_alone() -> None:
    published = [port.rsplit(":", 2) for port in compose()["services"]["tracking"]["ports"]]
    assert {host for host, _, _ in published} == {"${PUBLISH_ADDRESS:-127.0.0.1}"}
    assert all(outside == inside for _, outside, inside in published)
    assert {int(inside) for _, _, inside in published} == PORTS


def test_the_service_may_write_nowhere_but_in_memory_and_is_given_time_to_drain() -> None:
    service = compose()["services"]["tracking"]
    assert service["read_only"]
    assert "/tmp" in service["tmpfs"]
    assert "user" not in service
    assert seconds(service["stop_grace_period"]) > LONGEST_STOP_SECONDS


def test_every_container_has_no_rights_starts_again_and_fills_no_disk_with_its_log() -> None:
    for service in compose()["services"].values():
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["restart"] in ("unless-stopped", "on-failure")
        assert service["logging"] == {"driver": "local"}
        assert service.get("user") != "root"


def test_the_members_keep_their_data_in_volumes_and_only_the_service_reaches_them() -> None:
    read = compose()
    assert read["networks"]["mongodb"]["internal"]
    assert set(MEMBERS) == read["volumes"].keys()
    for name in MEMBERS:
        member = read["services"][name]
        assert member["volumes"] == [f"{name}:/data/db"]
        assert member["networks"] == ["mongodb"]
        assert "ports" not in member
        assert member["healthcheck"]["test"][:2] == ["CMD", "mongosh"]
        assert replica_set_of(name) == replica_set_of("mongodb-1")


def test_the_replica_set_is_initiated_with_all_its_members_once_they_answer() -> None:
    initiate = compose()["services"]["mongodb-initiate"]
    assert initiate["depends_on"] == {name: {"condition": "service_healthy"} for name in MEMBERS}
    script = initiate["command"][-1]
    assert f'_id: "{replica_set_of("mongodb-1")}"' in script
    assert re.findall(r'host: "([^"]+)"', script) == [f"{name}:27017" for name in MEMBERS]
    waits_for = compose()["services"]["tracking"]["depends_on"]
    assert waits_for == {"mongodb-initiate": {"condition": "service_completed_successfully"}}


def test_tls_comes_from_files_of_one_folder() -> None:
    service = compose("compose.tls.yaml")["services"]["tracking"]
    (volume,) = service["volumes"]
    _, folder, mode = volume.rsplit(":", 2)
    assert mode == "ro"
    assert {Path(file).parent for file in service["environment"].values()} == {Path(folder)}
    assert service["environment"].keys() == {"TRACKING_TLS_CERTIFICATE", "TRACKING_TLS_KEY"}


def replica_set_of(name: str) -> str:
    command: list[str] = compose()["services"][name]["command"]
    return command[command.index("--replSet") + 1]
