"""The documents name only commands and files that exist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):.*## .+", MAKEFILE, re.MULTILINE))

every_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def test_every_phony_target_of_make_has_a_line_of_help() -> None:
    phony = re.search(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert phony is not None
    assert set(phony[1].split()) == TARGETS


@every_document
def test_every_make_target_that_a_document_names_exists(document: Path) -> None:
    named = {target for command in commands(document) for target in make_targets(command)}
    assert named <= TARGETS


@every_document
def test_every_tracking_command_that_a_document_names_exists(document: Path) -> None:
    named = {words for command in commands(document) if (words := tracking_words(command))}
    unknown = {" ".join(words) for words in named if not has_help(words)}
    assert not unknown


@every_document
def test_every_file_that_a_document_links_to_exists(document: Path) -> None:
    links = re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", document.read_text())
    assert [link for link in links if not (document.parent / link).exists()] == []


def commands(document: Path) -> list[str]:
    """All that a document shows as code: the lines of its fences and its inline spans."""
    text = document.read_text()
    fences = re.findall(r"^```[^\n]*\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    without_fences = re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)
    lines = [line for fence in fences for line in fence.splitlines()]
    return [line.strip().removeprefix("$ ") for line in lines + re.findall(r"`([^`]+)`", without_fences)]


def make_targets(command: str) -> list[str]:
    """The targets in `make [VARIABLE=value …] target …`."""
    words = re.sub(r'\S+="[^"]*"', "", command.partition("#")[0]).split()
    return [word for word in words[1:] if re.fullmatch(r"[a-z-]+", word)] if words[:1] == ["make"] else []


def tracking_words(command: str) -> tuple[str, ...]:
    """The words of `tracking key create …` before its arguments, which are flags, quoted or in capitals."""
    found = re.match(r"(?:\.venv/bin/)?tracking((?: [a-z]+)+)(?![\w/.:-])", command)
    return tuple(found[1].split()) if found else ()


def has_help(words: tuple[str, ...]) -> bool:
    command = [sys.executable, "-m", "server", *words, "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, timeout=30, check=False).returncode == 0
