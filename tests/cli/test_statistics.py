"""`tracking groups` and `tracking histogram`, against a real server."""

import json

from tests.support.command_line import Tracking


def test_groups_are_listed_with_their_numbers(client: Tracking) -> None:
    for number in (1, 2):
        client("log", f"card {number} declined", "--code", "cli-groups", "--level", "error")
    client("log", "mail sent", "--code", "cli-groups")
    done = client("groups", "--code", "cli-groups", "--sort", "events")
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [(row[1], row[2], row[4]) for row in rows] == [("open", "2", "card 2 declined"), ("open", "1", "mail sent")]
    shown = client("groups", "--json", "level:error code:cli-groups")
    [group] = [json.loads(line) for line in shown.stdout.splitlines()]
    assert (group["id"], group["eventCount"], group["levels"]) == (rows[0][3], 2, {"error": 2})
    assert client("groups", "--code", "cli-groups", "--status", "muted").stdout == ""
    assert len(client("groups", "--code", "cli-groups", "--limit", "1").stdout.splitlines()) == 1


def test_a_histogram_is_lines_of_numbers_and_rests_json(client: Tracking) -> None:
    client("log", "counted", "--code", "cli-histogram", "--level", "error")
    done = client("histogram", "--code", "cli-histogram", "--from", "-10m", "--step", "5m")
    assert done.returncode == 0, done.stderr
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert len(rows) in (2, 3)
    assert rows[-1][1:] == ["1", "0", "1", "0", "0", "0"] or rows[-2][1:] == ["1", "0", "1", "0", "0", "0"]
    histogram = json.loads(client("histogram", "--json", "code:cli-histogram").stdout)
    assert (histogram["total"], histogram["step"]) == (1, "15m")


def test_a_step_that_cannot_be_is_said_in_one_line(client: Tracking) -> None:
    for words in (("--step", "5x"), ("--step", "1s", "--from", "-24h")):
        done = client("histogram", *words)
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr.startswith("tracking: ")
        assert done.stderr.count("\n") == 1
