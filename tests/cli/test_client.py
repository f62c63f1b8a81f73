"""A person's client, against a real server."""

import json
import urllib.request
from typing import Any

import pytest

from tests.support.command_line import Server, Tracking


def entries_of(client: Tracking, *words: str) -> list[Any]:
    done = client("entries", "--json", *words)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_a_server_that_serves_is_healthy(client: Tracking) -> None:
    done = client("health")
    assert (done.returncode, done.stdout) == (0, "SERVING\n")


def test_a_server_on_this_machine_is_asked_by_its_own_settings_and_without_a_key(
    tracking: Tracking, server: Server
) -> None:
    own = {"TRACKING_HOST": "0.0.0.0", "TRACKING_HTTP_PORT": server.http_address.rpartition(":")[2]}
    done = tracking("health", "--local", **own)
    assert (done.returncode, done.stdout) == (0, "READY\n")


def test_a_logged_event_is_found_again_with_all_that_was_said(client: Tracking) -> None:
    texts = {"service": "s1", "component": "c", "code": "E1", "environment": "test", "release": "1.0"}
    flags = [word for name, value in texts.items() for word in (f"--{name}", value)]
    flags += ["--attribute", "text=5", "--attribute", "number:=5", "--no-notify"]
    done = client("log", "all of it", "--level", "ERROR", *flags)
    outcome, entry_id, event_count = done.stdout.split()
    assert (outcome, event_count) == ("stored", "1")
    [entry] = entries_of(client, "--service", "s1")
    assert entry.items() >= texts.items()
    assert (entry["id"], entry["level"], entry["message"]) == (entry_id, "error", "all of it")
    assert entry["attributes"] == {"text": "5", "number": 5}
    assert entry["notification"]["requested"] is False


def test_repeats_are_told_and_counted(client: Tracking) -> None:
    told = [
        json.loads(client("log", "again", "--debounce", "cli-repeats", "--window", "10m", "--json").stdout)
        for _ in range(2)
    ]
    assert [(answer["outcome"], answer["eventCount"]) for answer in told] == [("stored", 1), ("debounced", 2)]
    [entry] = entries_of(client, "--debounce-key", "cli-repeats")
    assert (entry["eventCount"], entry["id"]) == (2, told[0]["entryId"])


def test_debounce_without_a_key_goes_by_the_group(client: Tracking) -> None:
    told = [client("log", f"group of {number}", "--window", "1h", "--code", "by-group").stdout for number in (1, 2)]
    assert [answer.split()[0] for answer in told] == ["stored", "debounced"]


def test_an_event_sent_again_is_a_duplicate(client: Tracking) -> None:
    told = [client("log", "once", "--event-id", "cli-once").stdout.split() for _ in range(2)]
    assert [answer[0] for answer in told] == ["stored", "duplicate"]
    assert told[0][1:] == told[1][1:]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), ["third", "second", "first"]),
        (("--limit", "2"), ["third", "second"]),
        (("--level", "error"), ["second"]),
        (("--level", "error,critical"), ["third", "second"]),
        (("--level", "error", "--level", "critical"), ["third", "second"]),
        (("--attribute", "n=2"), ["second"]),
        (("--attribute", "deep.er=yes"), ["first"]),
        (("--component", "one"), ["first"]),
        (("--from", "-15m"), ["third", "second", "first"]),
        (("--to", "-15m"), []),
        (("--from", "2100-01-01T00:00:00Z"), []),
        (("level:>=error n:*",), ["second"]),
        (("fir*", "--component", "one"), ["first"]),
        (("--", "-first -level:error"), ["third"]),
    ],
    ids=lambda value: " ".join(value) or "none",
)
def test_filters_choose_and_the_newest_is_first(client: Tracking, words: tuple[str, ...], expected: list[str]) -> None:
    if not entries_of(client, "--service", "filtered"):
        log = ("--service", "filtered")
        client("log", "first", *log, "--component", "one", "--attribute", 'deep:={"er":"yes"}')
        client("log", "second", *log, "--level", "error", "--attribute", "n:=2")
        client("log", "third", *log, "--level", "critical")
    assert [entry["message"] for entry in entries_of(client, "--service", "filtered", *words)] == expected


def test_a_query_that_cannot_be_read_is_pointed_at(client: Tracking) -> None:
    done = client("entries", "service:shop level:eror")
    assert done.returncode == 2
    line, *pointing = done.stderr.splitlines()
    assert line.startswith("tracking: The level must be one of")
    assert pointing == ["service:shop level:eror", " " * 19 + "^"]


def test_a_pipe_gets_lines_with_tabs_and_nothing_that_breaks_them(client: Tracking) -> None:
    client("log", "\n one\ttwo \x1b[31m\nthree", "--service", "piped", "--level", "warning")
    [line] = client("entries", "--service", "piped").stdout.splitlines()
    _, level, event_count, service, entry_id, message = line.split("\t")
    assert (level, event_count, service) == ("warning", "1", "piped")
    assert message == "one\N{REPLACEMENT CHARACTER}two \N{REPLACEMENT CHARACTER}[31m"
    assert entry_id


def test_more_entries_than_a_page_holds_are_all_there(client: Tracking, server: Server) -> None:
    events = [{"message": f"event {number}", "service": "many"} for number in range(450)]
    rest(server, "log/batch", json.dumps(events).encode())
    found = [entry["message"] for entry in entries_of(client, "--service", "many", "--limit", "430")]
    assert found == [f"event {number}" for number in range(449, 19, -1)]


def test_json_is_what_rest_answers(client: Tracking, server: Server) -> None:
    event = {
        "message": "same event, same entry",
        "service": "compared",
        "level": "success",
        "sendNotification": True,
        "useDebounce": {"key": "compared", "maxInterval": "1h"},
        "traceId": "0AF7651916CD43DD8448EB211C80319C",
        "spanId": "not a span",
        "eventTime": "2026-01-31T12:00:00.123456789+02:00",
        "attributes": {
            "": "empty",
            "large": 2**63 - 1,
            "too large": 2**64,
            "whole": 5.0,
            "part": 0.1,
            "null": None,
            "list": [1, [], {}, "x", True],
            "object": {"a": {"b.c": {}}},
        },
    }
    for _ in range(3):
        rest(server, "log", json.dumps(event).encode())
    answered = rest(server, "entries?service=compared")["entries"]
    # As text, because 5 and 5.0 are equal in Python.
    assert as_text(entries_of(client, "--service", "compared")) == as_text(answered)
    assert answered[0]["samples"]
    assert answered[0]["warnings"]


def as_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def rest(server: Server, route: str, body: bytes | None = None) -> Any:
    request = urllib.request.Request(
        f"http://{server.http_address}/api/v1/tracking/{route}",
        data=body,
        headers={"Authorization": f"Bearer {server.key}", "Content-Type": "application/json"},
    )
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=20) as answer:
        return json.loads(answer.read())
