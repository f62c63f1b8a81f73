"""A reader who pastes every example of a document, in order, into one terminal."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.documents import Block, Command, same_output
from tests.support.service import environment

_PAGE = Path(__file__).parent / "page.mjs"
_STARTS_THE_SERVICE = "make run\n"
_SECONDS = 60.0
_HERE = "127.0.0.1,localhost"


class Reader:
    """Runs blocks in a folder of its own. What a block exports holds for the blocks behind it.

    `replaced`: what stands in the document, and what is right here. `.venv` is what this Python is of.
    """

    def __init__(self, folder: Path, replaced: Mapping[str, str], settings: Mapping[str, object]) -> None:
        self.folder = folder
        self._replaced = replaced
        self._environment = environment(settings) | {"NO_PROXY": _HERE, "no_proxy": _HERE}
        folder.mkdir()
        (folder / ".venv").symlink_to(sys.prefix)
        (folder / "exports").touch()

    def run(self, command: Command) -> str:
        """Run a block and hold what it prints against what the document says; all that it printed."""
        if command.block.text == _STARTS_THE_SERVICE:
            return ""
        plain = [block for block in command.printed if block.language != "http"]
        output = ""
        if plain or not command.printed:
            output += self._compared(command.block, plain)
        if http := [block for block in command.printed if block.language == "http"]:
            text = command.block.text
            with_head = text if "curl -i " in text else text.replace("curl ", "curl -i ", 1)
            output += self._compared(command.block._replace(text=with_head), http)
        return output

    def _compared(self, block: Block, documented: list[Block]) -> str:
        output = self._output(block)
        for expected in documented:
            said = self._right_here(expected.text)
            assert same_output(expected.language, said, output), (
                f"Line {expected.line} says\n{said}\nbut it is\n{output}"
            )
        return output

    def _output(self, block: Block) -> str:
        done = subprocess.run(
            ["bash", "-c", f"set -euo pipefail\n. ./exports\n{self._script(block)}\nexport -p > exports"],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        assert done.returncode == 0, f"Line {block.line}:\n{block.text}\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def _script(self, block: Block) -> str:
        text = self._right_here(block.text)
        if block.language == "sh":
            if "curl " in text:
                _need("curl")
            # A person watches its progress; a test reads its output.
            return text.replace("curl ", "curl --silent --show-error ")
        if block.language == "js":
            _need("node")
            (self.folder / "block.mjs").write_text(text)
            return f"node --import '{_PAGE}' block.mjs"
        (self.folder / "block.py").write_text(text)
        return ".venv/bin/python block.py"

    def _right_here(self, text: str) -> str:
        for documented, right in self._replaced.items():
            text = text.replace(documented, right)
        return text


def _need(program: str) -> None:
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
