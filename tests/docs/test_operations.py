"""docs/operations.md says what the service does: its metrics, refusals, waits, units, indexes and commands."""

import configparser
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from pymongo import AsyncMongoClient

from server.bootstrap.process import LAST_COMMIT_SECONDS
from server.core.errors import Refused
from server.core.model import Outcome
from server.core.readiness import _FULL_SHARE
from server.setting_kinds import MongoDatabase, parse_database, parse_size
from server.settings import SETTINGS, Settings, read_settings
from server.storage.mongo.connection import check_deployment
from server.storage.mongo.schema import ALL_COLLECTIONS, DEFAULT_DATABASE, ENTRIES, ensure_indexes
from tests.support.command_line import run_tracking
from tests.support.deployment import seconds, settings_named_in
from tests.support.documents import ROOT, blocks_of, code_in, commands_of, rows_of
from tests.support.in_process import in_process
from tests.support.mongo_databases import Databases
from tests.support.ports import free_port
from tests.support.reader import Reader
from tests.support.service import Service

DOCUMENT = ROOT / "docs" / "operations.md"
TEXT = DOCUMENT.read_text()
DEFAULTS = Settings()
NOT_SETTINGS = {"TRACKING_ADDRESS", "TRACKING_API_KEY"}
LABELS = ["door", "method", "code", "level", "outcome", "reason", "version"]


def blocks_in(language: str) -> list[str]:
    return [block.text for block, _ in blocks_of(DOCUMENT) if block.language == language]


def block_with(language: str, word: str) -> str:
    (found,) = [text for text in blocks_in(language) if word in text]
    return found


def test_every_setting_that_the_document_names_exists() -> None:
    assert settings_named_in(TEXT) <= {setting.variable for setting in SETTINGS} | NOT_SETTINGS


@pytest.mark.parametrize("name", ["README.md", "docs/configuration.md"])
def test_the_documents_that_an_operator_reads_first_link_here(name: str) -> None:
    assert "operations.md)" in (ROOT / name).read_text()


def test_every_link_within_the_document_has_its_heading() -> None:
    headings = re.findall(r"^#+ (.+)$", TEXT, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}
    assert set(re.findall(r"\]\(#([^)]+)\)", TEXT)) <= anchors


def test_every_example_that_needs_no_other_program_runs(reader: Reader, started: Service) -> None:
    commands = commands_of(DOCUMENT)
    assert commands
    for command in commands:
        reader.run(command)
    backup = reader.folder / "backup.db"
    assert backup.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("script", blocks_in("bash"))
def test_every_other_example_is_at_least_a_script(script: str) -> None:
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False, timeout=10)
    assert (done.returncode, done.stderr) == (0, "")
    named = re.findall(r"--file (\S+)", script)
    assert [name for name in named if not (ROOT / name).exists()] == []


async def test_the_metrics_are_those_that_are_served(tmp_path: Path) -> None:
    rows = {code_in(row[0])[0]: row[1] for row in rows_of(DOCUMENT, "## Metrics and alarms")}
    async with in_process(tmp_path) as service:
        client = await service.new_client()
        await client.rest.log({"message": "x"})
        text = (await service.http.get("/metrics")).text
    served: dict[str, str] = {}
    for family in text_string_to_metric_families(text):
        if family.name.startswith("tracking_"):
            served[family.name + ("_total" if family.type == "counter" else "")] = described(family)
    assert rows == served


def described(family: Metric) -> str:
    """A kind and its labels, as the document has them."""
    labels = sorted({label for sample in family.samples for label in sample.labels} - {"le"}, key=LABELS.index)
    return str(family.type) + (" by " + ", ".join(f"`{label}`" for label in labels) if labels else "")


def test_the_alarms_ask_for_metrics_and_outcomes_that_exist() -> None:
    metrics = {code_in(row[0])[0] for row in rows_of(DOCUMENT, "## Metrics and alarms")}
    metrics |= {f"{name}_{part}" for name in metrics for part in ("bucket", "count", "sum")}
    alarms = TEXT.partition("\n| alarm |")[2].partition("\n\n")[0]
    expressions = [code_in(line)[0] for line in alarms.splitlines()[2:]]
    asked = {name for expression in expressions for name in re.findall(r"\btracking_\w+", expression)}
    assert asked <= metrics
    assert len(expressions) == 12
    named = {outcome for expression in expressions for outcome in re.findall(r'outcome="(\w+)"', expression)}
    assert named <= {outcome.value for outcome in Outcome}


def test_the_unit_of_systemd_starts_the_service_and_gives_it_time_to_drain() -> None:
    unit = configparser.RawConfigParser(strict=False)
    # Names have capitals, and a line of comment begins with #.
    unit.optionxform = str  # type: ignore[method-assign, assignment]
    (text,) = blocks_in("ini")
    unit.read_string(text)
    service = unit["Service"]
    assert service["ExecStart"].endswith("/bin/tracking serve")
    assert seconds(service["TimeoutStopSec"]) > DEFAULTS.drain_seconds + LAST_COMMIT_SECONDS + 10
    name, _, value = service["Environment"].partition("=")
    settings = read_settings({name: value}, {})
    assert settings.database_url == parse_database(f"sqlite:///{service['WorkingDirectory']}/tracking.db")
    assert service["RestartPreventExitStatus"] == "2"


def test_the_proxy_reaches_the_doors_and_lets_requests_through_that_the_service_takes() -> None:
    (text,) = blocks_in("nginx")
    assert f"server 127.0.0.1:{DEFAULTS.http_port};" in text
    assert f"grpc_pass grpc://127.0.0.1:{DEFAULTS.grpc_port};" in text
    size = re.search(r"client_max_body_size (\d+)m;", text)
    assert size is not None
    assert parse_size(f"{size[1]}MiB") == DEFAULTS.max_request_bytes
    waits = re.search(r"proxy_read_timeout (\d+s);", text)
    assert waits is not None
    assert seconds(waits[1]) > DEFAULTS.body_seconds + DEFAULTS.max_request_bytes / 2**20 + DEFAULTS.commit_seconds


def test_the_numbers_of_the_drain_and_the_limits_are_the_defaults() -> None:
    words = " ".join(TEXT.split())
    assert f"`TRACKING_DRAIN_SECONDS` ({DEFAULTS.drain_seconds:g}) and {LAST_COMMIT_SECONDS:g} seconds" in words
    assert f"`TRACKING_COMMIT_SECONDS` ({DEFAULTS.commit_seconds:g})" in words
    shown = {setting.field: setting.shown_default.replace("MiB", " MiB") for setting in SETTINGS}
    for field in ("queue_bytes", "max_request_bytes", "max_event_bytes"):
        assert f"`TRACKING_{field.upper()}` ({shown[field]})" in words
    assert f"the queue is over {_FULL_SHARE * 100:g} % full" in words


def test_the_address_of_the_replica_set_is_one_that_the_service_reads() -> None:
    name, _, url = block_with("text", "TRACKING_DATABASE_URL").strip().partition("=")
    settings = read_settings({name: url}, {})
    assert isinstance(settings.database_url, MongoDatabase)
    hosts = re.findall(r'host: "([^":]+):27017"', block_with("javascript", "rs.initiate"))
    assert ",".join(hosts) in url
    assert f"/{DEFAULT_DATABASE}?" in url
    named = re.findall(r'--replSet (\w+)|\b_id: "(\w+)"|replicaSet=(\w+)', TEXT)
    assert len(named) == 3
    assert {name for names in named for name in names if name} == {"tracking"}


async def test_a_sharded_cluster_could_keep_every_unique_index_of_the_entries(mongodb: Databases) -> None:
    script = block_with("javascript", "sh.shardCollection")
    namespace, key = re.findall(r'sh\.shardCollection\("([^"]+)", \{(\w+): 1\}\)', script)[0]
    assert namespace == f"{DEFAULT_DATABASE}.{ENTRIES}"
    async with AsyncMongoClient[dict[str, Any]](mongodb.empty("operations")) as client:
        database = client.get_default_database()
        # In either order: an operator's index is in nobody's way.
        await ensure_indexes(database)
        await database[ENTRIES].create_index(key)
        await ensure_indexes(database)
        indexes = await database[ENTRIES].index_information()
    unique = {name: index["key"][0][0] for name, index in indexes.items() if index.get("unique")}
    assert unique
    assert set(unique.values()) == {key}
    others = set(ALL_COLLECTIONS) - {ENTRIES}
    assert set(code_in(TEXT.partition("**The other collections** (")[2].partition(")")[0])) == others


REFUSED_SETTINGS: list[dict[str, str]] = [
    {"TRACKING_HTTP_PROT": "1"},
    {"TRACKING_HTTP_PORT": ""},
    {"TRACKING_TLS_KEY": __file__},
    {"TRACKING_TLS_KEY": __file__, "TRACKING_TLS_CERTIFICATE": __file__},
    {"TRACKING_WORKERS": "2"},
    {"TRACKING_HOST": "192.0.2.1"},
    {"TRACKING_DATABASE_URL": "sqlite:///file/tracking.db"},
    {"TRACKING_DATABASE_URL": "sqlite:///locked.db"},
    {"TRACKING_DATABASE_URL": "sqlite:///folder.db"},
]


@pytest.mark.parametrize("settings", REFUSED_SETTINGS, ids=" ".join)
def test_a_refused_start_stands_in_the_document(tmp_path: Path, settings: dict[str, str]) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "folder.db").mkdir()
    (tmp_path / "locked.db.lock").mkdir()
    free = {
        "TRACKING_HTTP_PORT": "0",
        "TRACKING_GRPC_PORT": str(free_port()),
        "TRACKING_OTLP_GRPC_PORT": "0",
        "TRACKING_OTLP_HTTP_PORT": "0",
    }
    refused = run_tracking("serve", cwd=tmp_path, **free | settings)
    assert refused.returncode in (1, 2)
    assert is_documented(refused.stderr.removeprefix("tracking: ").strip())


def test_a_second_server_on_one_file_stands_in_the_document(started: Service) -> None:
    settings = {"TRACKING_DATABASE_URL": str(started.settings["database_url"])}
    refused = run_tracking("serve", cwd=started.folder, **settings)
    assert refused.returncode == 1
    assert is_documented(refused.stderr.removeprefix("tracking: ").strip())


@pytest.mark.parametrize(
    ("hello", "version"),
    [({}, [6, 0, 5]), ({"setName": "tracking"}, [4, 4, 0])],
    ids=["a standalone server", "a server that is too old"],
)
def test_a_deployment_that_cannot_keep_the_promises_stands_in_the_document(
    hello: dict[str, Any], version: list[int]
) -> None:
    with pytest.raises(Refused) as refused:
        check_deployment(hello, {"versionArray": version, "version": ".".join(map(str, version))})
    assert is_documented(refused.value.description)


async def test_an_index_in_the_way_stands_in_the_document(mongodb: Databases) -> None:
    async with AsyncMongoClient[dict[str, Any]](mongodb.empty("operations_index")) as client:
        database = client.get_default_database()
        await database[ENTRIES].create_index([("organisation", 1), ("window", -1)], name="organisation_window")
        with pytest.raises(Refused) as refused:
            await ensure_indexes(database)
    assert is_documented(refused.value.description)


def is_documented(line: str) -> bool:
    """Whether a row of the table of refusals is about this line; its words in capitals stand for anything."""
    documented = [code_in(row[0])[0] for row in rows_of(DOCUMENT, "## Troubleshooting")]
    patterns = [re.sub(r"\b[A-Z]+\b(?!_)", ".+", re.escape(text)) for text in documented]
    return any(re.match(pattern, line) for pattern in patterns)
