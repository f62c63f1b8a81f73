"""docs/otlp.md says what the receiver does: its limits, its attributes, and configurations that can be read."""

import re

import pytest
from ruamel.yaml import YAML

from otel_bridge import bounds
from otel_bridge.controls import CONTROL_NAMES
from otel_bridge.json_values import MOST_LEVELS
from server.cli import _parser
from server.core.attributes import MAX_LEVELS
from server.settings import Settings
from tests.support.documents import ROOT, blocks_of

DOCUMENT = ROOT / "docs" / "otlp.md"
TEXT = DOCUMENT.read_text()
MEBIBYTE = 1024 * 1024
DEFAULTS = Settings()


def section(title: str) -> str:
    return TEXT.partition(f"## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize(
    ("row", "limit"),
    [
        (
            "a request, inflated",
            f"{DEFAULTS.otlp_max_request_bytes // MEBIBYTE} MiB (`TRACKING_OTLP_MAX_REQUEST_BYTES`)",
        ),
        ("a request, inflated", f"{DEFAULTS.max_request_bytes // MEBIBYTE} MiB (`TRACKING_MAX_REQUEST_BYTES`)"),
        ("records in a request", f"{bounds.MAX_RECORDS:,};"),
        ("resources and scopes in a request", f"{bounds.MAX_BLOCKS:,}"),
        ("objects, arrays and commas in a request in JSON", f"{bounds.MAX_JSON_VALUES:,}"),
        ("an event: message, attributes and body", f"{DEFAULTS.max_event_bytes // MEBIBYTE} MiB"),
        ("a resource, or a scope, as an entry shows it", f"{bounds.MAX_CONTEXT_BYTES // 1024} KiB"),
        (
            "resources and scopes, kept with each of their records",
            f"{2 * DEFAULTS.otlp_max_request_bytes // MEBIBYTE} MiB a request",
        ),
        ("nested values", f"{MOST_LEVELS - 1} levels in JSON; kept as text from the {MAX_LEVELS + 1}st on"),
    ],
)
def test_a_limit_is_the_one_that_holds(row: str, limit: str) -> None:
    (found,) = re.findall(rf"^\| {re.escape(row)} \| (.*) \|$", section("Limits"), flags=re.MULTILINE)
    assert limit in found


def test_every_attribute_that_is_consumed_is_told_and_no_other() -> None:
    assert set(re.findall(r"`(tracking\.[a-z_.]+)` ?[,|]", section("What a sender can ask for"))) >= CONTROL_NAMES
    named = set(re.findall(r"`(tracking\.[a-z_.]*[a-z])`", TEXT))
    assert named == CONTROL_NAMES


def test_the_collectors_part_is_read_as_the_whole_example_has_it() -> None:
    (block,) = [block for block, _ in blocks_of(DOCUMENT) if block.language == "yaml"]
    whole = YAML(typ="safe").load((ROOT / "examples" / "collector" / "config.yaml").read_text())
    ((name, shown),) = YAML(typ="safe").load(block.text)["exporters"].items()
    example = whole["exporters"][name]
    assert shown["headers"] == example["headers"]
    assert shown["sending_queue"].items() <= example["sending_queue"].items()
    assert shown["retry_on_failure"].keys() == example["retry_on_failure"].keys()


def test_the_commands_are_those_of_the_command_line() -> None:
    commands = re.findall(r"^tracking (.+)$", TEXT, flags=re.MULTILINE)
    assert commands
    for command in commands:
        _parser().parse_args(command.split())
