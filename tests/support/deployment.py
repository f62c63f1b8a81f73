"""The Dockerfile, the compose files and the unit of systemd, as tests read them."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from ruamel.yaml import YAML

from tests.support.documents import ROOT


class Instruction(NamedTuple):
    """One instruction of a Dockerfile, its lines joined."""

    name: str
    text: str

    @property
    def words(self) -> list[str]:
        """Its arguments, in either form."""
        if self.text.startswith("["):
            words: list[str] = json.loads(self.text)
            return words
        return shlex.split(self.text)


def stages_of(dockerfile: Path) -> list[list[Instruction]]:
    """The instructions of each stage; the first of each is its FROM."""
    stages: list[list[Instruction]] = []
    lines = [line for line in dockerfile.read_text().splitlines() if line and not line.startswith("#")]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        name, _, text = line.partition(" ")
        if name == "FROM":
            stages.append([])
        stages[-1].append(Instruction(name, text.strip()))
    return stages


def copied_sources() -> list[str]:
    """What the Dockerfile takes from this folder."""
    copies = [each.words for stage in stages_of(ROOT / "Dockerfile") for each in stage if each.name == "COPY"]
    return [source for words in copies if not words[0].startswith("--from") for source in words[:-1]]


def image_environment() -> dict[str, str]:
    """What the image sets for whoever runs in it."""
    instructions = [each for each in stages_of(ROOT / "Dockerfile")[-1] if each.name == "ENV"]
    return dict(word.split("=", 1) for each in instructions for word in each.words)


def health_check() -> list[str]:
    """The command that the image asks itself with."""
    (instruction,) = [each for each in stages_of(ROOT / "Dockerfile")[-1] if each.name == "HEALTHCHECK"]
    words: list[str] = json.loads(instruction.text.partition("CMD ")[2])
    return words


def compose(name: str = "compose.yaml") -> dict[str, Any]:
    """A compose file."""
    read: dict[str, Any] = YAML(typ="safe").load(ROOT / name)
    return read


def texts_in(value: Any) -> Iterator[str]:
    """Every text in a tree, keys included."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from (str(key), *texts_in(each))
    elif isinstance(value, list):
        for each in value:
            yield from texts_in(each)
    else:
        yield str(value)


def settings_named_in(text: str) -> set[str]:
    """Every name that begins as a setting does."""
    return set(re.findall(r"\bTRACKING_[A-Z_]*[A-Z]", text))


def seconds(text: str) -> float:
    """`60s` or a bare number."""
    return float(text.removesuffix("s"))
