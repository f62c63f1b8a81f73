"""The documents as tests read them: the examples between fences, the tables, and what is never twice the same."""

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(r"^```(\w*)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
_RUN = ("sh", "python", "js")
_PRINTED = ("text", "json", "http")

_MASKS = (
    (re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z"), "<time>"),
    (re.compile(r"\btrkb?_[0-9A-Za-z]{43}\b"), "<key>"),
    (re.compile(r"\bkey_[0-9a-f]{16}\b"), "<key id>"),
    (re.compile(r"\b[0-9a-f]{16}\b"), "<entry>"),
    (re.compile(r"(?<![\w-])[\w-]{52}(?![\w-])"), "<page token>"),
    (re.compile(r"(?i)(x-ratelimit-(?:remaining|reset)): \d+"), r"\1: <number>"),
)


class Block(NamedTuple):
    """What stands between two fences."""

    line: int
    language: str
    text: str


class Command(NamedTuple):
    """A block that can be run, and the blocks behind it that say what it prints."""

    block: Block
    printed: Sequence[Block]


def blocks_of(document: Path) -> Iterator[tuple[Block, str]]:
    """Every block, with the text that stands between it and the one before."""
    text = document.read_text()
    end = 0
    for fence in _FENCE.finditer(text):
        line = text.count("\n", 0, fence.start()) + 1
        yield Block(line, fence[1], fence[2]), text[end : fence.start()]
        end = fence.end()


def commands_of(document: Path) -> list[Command]:
    """Every block that can be run; what it prints follows it at once."""
    found: list[tuple[Block, list[Block]]] = []
    follows = False
    for block, between in blocks_of(document):
        if block.language in _RUN:
            found.append((block, []))
            follows = True
        elif follows := follows and block.language in _PRINTED and not between.strip():
            found[-1][1].append(block)
    return [Command(block, printed) for block, printed in found]


def rows_of(document: Path, heading: str) -> list[list[str]]:
    """The cells of the first table under a heading, without its own head."""
    _, _, section = document.read_text().partition(f"\n{heading}\n")
    table = re.search(r"^\|.*\n\|[-| :]+\n((?:\|.*\n)+)", section, re.MULTILINE)
    assert table, f"There is no table under {heading!r}"
    return [[cell.strip() for cell in row.strip().strip("|").split(" | ")] for row in table[1].splitlines()]


def code_in(text: str) -> list[str]:
    """What is set in code font."""
    return re.findall(r"`([^`]+)`", text)


def masked(text: str) -> str:
    """The text with ids, keys, tokens and times, which are new every time, replaced by what they are."""
    for pattern, name in _MASKS:
        text = pattern.sub(name, text)
    return text


def same_output(language: str, documented: str, printed: str) -> bool:
    """Whether a command printed what the document says, but for what is never twice the same."""
    documented, printed = masked(documented), masked(printed)
    if language == "json":
        return bool(json.loads(documented) == json.loads(printed))
    if language == "http":
        return _same_answer(documented, printed)
    return documented.strip() == printed.strip()


def _same_answer(documented: str, printed: str) -> bool:
    """The status, the fields that are shown, and the body."""
    status, fields, body = _answer(documented)
    printed_status, printed_fields, printed_body = _answer(printed)
    return status == printed_status and fields.items() <= printed_fields.items() and body == printed_body


def _answer(text: str) -> tuple[str, dict[str, str], Any]:
    head, _, body = text.replace("\r\n", "\n").strip().partition("\n\n")
    status, *lines = head.split("\n")
    fields = dict(line.split(": ", 1) for line in lines)
    return status, {name.lower(): value for name, value in fields.items()}, json.loads(body) if body else None
