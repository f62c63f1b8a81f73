"""Severity and level."""

import pytest

from otel_bridge.levels import level_of
from server.core.model import Level
from tests.support.otlp_requests import event_of, record

WORDS = {
    Level.INFO: "trace debug verbose info notice INFO2 Trace4",
    Level.SUCCESS: "success succeeded ok passed OK Ok2",
    Level.WARNING: "warn warning WARN3 Warning",
    Level.ERROR: "error err severe fail ERROR4 Err",
    Level.CRITICAL: "critical crit fatal emergency panic alert FATAL3",
}
OF_WORD = [(word, level) for level, words in WORDS.items() for word in words.split()]


@pytest.mark.parametrize(
    ("numbers", "level"),
    [
        (range(1, 13), Level.INFO),
        (range(13, 17), Level.WARNING),
        (range(17, 21), Level.ERROR),
        (range(21, 25), Level.CRITICAL),
    ],
)
def test_a_number_decides_whatever_the_text_says(numbers: range, level: Level) -> None:
    assert {level_of(number, text, ()) for number in numbers for text in ("", "what", "fatal")} == {level}


@pytest.mark.parametrize(("word", "level"), OF_WORD)
@pytest.mark.parametrize("number", [0, 25, -1, 2**31 - 1])
def test_the_text_decides_where_no_number_does(word: str, level: Level, number: int) -> None:
    assert level_of(number, word, ()) is level


@pytest.mark.parametrize("text", ["ok", "Success", "PASSED"])
def test_a_text_of_success_makes_a_success_of_a_plain_info_alone(text: str) -> None:
    successes = [number for number in range(30) if level_of(number, text, ()) is Level.SUCCESS]
    assert successes == [0, 9, 10, 11, 12, 25, 26, 27, 28, 29]


@pytest.mark.parametrize("text", ["", "4", "what", "info22", "x" * 10_000, "İnfo"])
def test_where_neither_says_anything_an_exception_makes_an_error(text: str) -> None:
    assert level_of(0, text, ["a"]) is Level.INFO
    assert level_of(0, text, ["a", "exception.stacktrace"]) is Level.ERROR
    assert level_of(1, text, ["exception.stacktrace"]) is Level.INFO


def test_number_and_text_are_kept_as_they_were_sent() -> None:
    event = event_of(record(severity_number=99, severity_text="Fatal2"))
    assert event.level is Level.CRITICAL
    assert event.record is not None
    assert (event.record.severity_number, event.record.severity_text) == (99, "Fatal2")
