"""Every failure is one line and an exit code: 2 for what was typed or set, 1 for the state of the world."""

import os
import pty
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.support.command_line import Done, Server, Tracking
from tests.support.service import environment


def refusal(done: Done, code: int) -> str:
    """The one line of a command that ended with this code."""
    assert done.returncode == code, done
    assert done.stdout == ""
    assert done.stderr.startswith("tracking: ")
    assert done.stderr.count("\n") == 1
    assert done.stderr.endswith("\n")
    return done.stderr


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("nonsense",),
        ("log",),
        ("log", "a", "b"),
        ("log", "a", "--levle", "error"),
        ("log", "a", "--level", "warn"),
        ("log", "a", "--window", "1x"),
        ("log", "a", "--attribute", "novalue"),
        ("log", "a", "--attribute", "n:=nonsense"),
        ("log", "a", "--attribute", "n:=[9007199254740993]"),
        ("log", "a"),
        ("log", "a", "--api-key", "with space"),
        ("log", "a", "--api-key", "k", "--address", "a b"),
        ("log", "a", "--api-key", "k", "--ca-file", "/nowhere.pem"),
        ("health", "--local", "--address", "127.0.0.1:1"),
        ("entries", "--limit", "0"),
        ("entries", "--from", "yesterday"),
        ("entries", "--from", "-1h", "--to", "-2h"),
        ("entries", "--level", "loud"),
        ("entries", "--trace-id", "xyz"),
        ("entries", "--attribute", "a=1", "--attribute", "a=2"),
        ("key",),
        ("key", "create"),
        ("key", "create", "--organisation", "default", "--kind", "mobile"),
        ("key", "create", "--organisation", "default", "--scope", "write"),
        ("key", "create", "--organisation", "default", "--rate", "-1"),
        ("key", "create", "--organisation", "default", "--rate", "fast"),
        ("key", "create", "--organisation", "default", "--kind", "browser"),
        ("key", "create", "--organisation", "default", "--kind", "browser", "--origin", "shop"),
        ("organisation", "create", "two\nlines"),
        ("organisation", "list", "--database-url", "postgres://host"),
        ("serve", "--http-port", "abc"),
        ("serve", "--unknown"),
        ("serve", "--workers", "2"),
    ],
    ids=" ".join,
)
def test_what_was_typed_wrongly_is_exit_code_2(tracking: Tracking, words: tuple[str, ...]) -> None:
    refusal(tracking(*words), 2)


@pytest.mark.parametrize("command", [("serve",), ("organisation", "list")], ids=" ".join)
def test_a_setting_that_is_unknown_or_bad_is_exit_code_2(tracking: Tracking, command: tuple[str, ...]) -> None:
    assert "TRACKING_HTTP_PORT" in refusal(tracking(*command, TRACKING_HTP_PORT="1"), 2)
    assert "TRACKING_GRPC_PORT" in refusal(tracking(*command, TRACKING_GRPC_PORT="x"), 2)


def test_a_bad_bootstrap_key_is_refused_and_not_shown(tracking: Tracking) -> None:
    assert "too-short" not in refusal(tracking("serve", TRACKING_BOOTSTRAP_API_KEY="too-short"), 2)


def test_what_is_not_utf_8_is_exit_code_2(tracking: Tracking) -> None:
    assert "UTF-8" in refusal(tracking("log", "\udcff", "--api-key", "k"), 2)


def test_what_is_not_there_is_exit_code_1(tracking: Tracking) -> None:
    refusal(tracking("key", "revoke", "key_unknown"), 1)
    assert "'nobody'" in refusal(tracking("key", "create", "--organisation", "nobody"), 1)
    assert "'nobody'" in refusal(tracking("key", "list", "--organisation", "nobody"), 1)


def test_a_database_that_cannot_be_opened_is_exit_code_1(tracking: Tracking, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    refusal(tracking("organisation", "list", "--database-url", "sqlite:///file/tracking.db"), 1)
    refusal(tracking("organisation", "list", "--database-url", "sqlite:///file"), 1)
    refusal(tracking("organisation", "list", "--database-url", "mongodb://127.0.0.1:1/db?replicaSet=none"), 1)


@pytest.mark.parametrize("words", [("health",), ("log", "a"), ("entries",)], ids=" ".join)
def test_a_server_that_is_not_there_is_named(tracking: Tracking, words: tuple[str, ...]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        line = refusal(tracking(*words, "--address", address, TRACKING_API_KEY="k"), 1)
    assert address in line
    assert "tracking serve" in line


def test_a_machine_without_a_server_or_without_its_http_door_is_told(tracking: Tracking) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
        assert port in refusal(tracking("health", "--local", TRACKING_HTTP_PORT=port), 1)
        bridge = {"TRACKING_DOORS": "otlp", "TRACKING_OTLP_HTTP_PORT": port}
        assert port in refusal(tracking("health", "--local", **bridge), 1)
    assert "HTTP" in refusal(tracking("health", "--local", TRACKING_DOORS="grpc"), 2)
    assert "HTTP" in refusal(tracking("health", "--local", TRACKING_HTTP_PORT="0"), 2)
    assert "TRACKING_HTTP_PORT" in refusal(tracking("health", "--local", TRACKING_HTTP_PORT="x"), 2)


def test_whoever_else_listens_there_is_not_taken_for_the_server(tracking: Tracking, server: Server) -> None:
    port = server.grpc_address.rpartition(":")[2]
    assert port in refusal(tracking("health", "--local", TRACKING_HTTP_PORT=port), 1)


def test_tls_with_a_server_that_speaks_none_is_told(tracking: Tracking, server: Server) -> None:
    assert "leave --tls out" in refusal(tracking("health", "--address", f"https://{server.grpc_address}"), 1)


def test_without_a_key_the_way_to_one_is_told(tracking: Tracking, server: Server) -> None:
    assert "tracking key create" in refusal(tracking("entries", "--address", server.grpc_address), 2)


def test_a_key_that_is_unknown_is_the_servers_code_and_the_way_to_one(client: Tracking) -> None:
    line = refusal(client("entries", "--api-key", "trk_unknown"), 1)
    assert "INVALID_API_KEY" in line
    assert "tracking key create" in line
    assert "trk_unknown" not in line


def test_a_key_that_may_not_is_told_which_scope_it_lacks(client: Tracking, tracking: Tracking, server: Server) -> None:
    made = tracking(
        "key", "create", "--organisation", "default", "--json", "--database-url", server.database_url
    ).stdout
    key = made.split('"key":"')[1].split('"')[0]
    line = refusal(client("entries", "--api-key", key), 1)
    assert "INSUFFICIENT_SCOPE" in line
    assert "read" in line


def test_what_only_the_server_finds_wrong_is_its_code_and_exit_code_2(client: Tracking) -> None:
    assert "INVALID_MESSAGE" in refusal(client("log", "  "), 2)
    assert "INVALID_EVENT_ID" in refusal(client("log", "a", "--event-id", "x" * 201), 2)


def test_a_reader_that_went_away_is_no_error(client: Tracking, server: Server) -> None:
    client("log", "somebody should read this")
    known = environment({"address": server.grpc_address, "api_key": server.key})
    read_end, write_end = os.pipe()
    os.close(read_end)
    command = [sys.executable, "-m", "server", "entries", "--json"]
    done = subprocess.run(command, env=known, stdout=write_end, stderr=subprocess.PIPE, check=False, timeout=30)
    os.close(write_end)
    assert (done.returncode, done.stderr) == (141, b"")


def test_an_interrupt_is_quiet() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        command = [sys.executable, "-m", "server", "health", "--address", f"127.0.0.1:{silent.getsockname()[1]}"]
        process = subprocess.Popen(command, env=environment({}), stderr=subprocess.PIPE, start_new_session=True)
        # It waits for an answer once it has connected.
        silent.settimeout(20)
        connection, _ = silent.accept()
        connection.recv(1)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=20)
        connection.close()
    assert (process.returncode, told) == (130, b"")


def test_help_and_version_need_nothing_heavy(tracking: Tracking) -> None:
    looks = (
        "import sys\nfrom server.cli import main\n"
        "try:\n    main(sys.argv[1:])\nexcept SystemExit as end:\n    assert not end.code\n"
        "print([name for name in ('grpc', 'sanic', 'rich', 'apsw', 'google.protobuf') if name in sys.modules])"
    )
    for words in (["--version"], ["--help"], ["serve", "--help"], ["entries", "--help"]):
        command = [sys.executable, "-c", looks, *words]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
        assert done.stdout.splitlines()[-1] == "[]"
    assert tracking("--version").stdout.startswith("tracking ")


def test_a_table_on_a_terminal_fits_it_and_obeys_no_log(client: Tracking, server: Server) -> None:
    client("log", "\x1b[2Jwiped\ttwice " + "x" * 500, "--level", "critical", "--service", "terminal")
    known = environment({"address": server.grpc_address, "api_key": server.key}) | {"COLUMNS": "100", "TERM": "xterm"}
    known.pop("NO_COLOR", None)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "server", "entries", "--service", "terminal"]
    process = subprocess.Popen(command, env=known, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = read_terminal(ours)
    assert process.wait(20) == 0
    header, row = shown.replace("\r", "").splitlines()
    assert "MESSAGE" in header
    assert "\x1b[2J" not in row
    assert "\x1b[1;37;41mcritical" in row
    assert "\N{REPLACEMENT CHARACTER}[2Jwiped\N{REPLACEMENT CHARACTER}twice xxx" in row
    assert row.rstrip().endswith("…")


def read_terminal(descriptor: int) -> str:
    shown, deadline = b"", time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            part = os.read(descriptor, 4096)
        except OSError:
            # The other side is closed.
            break
        if not part:
            break
        shown += part
    os.close(descriptor)
    return shown.decode()
