"""The pictures in the documents are what the programs show now."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support.documents import ROOT

PICTURES = ROOT / "docs" / "pictures"


def test_the_picture_of_entries_is_what_the_command_shows(tmp_path: Path) -> None:
    drawn = tmp_path / "entries.svg"
    program = PICTURES / "draw_entries.py"
    done = subprocess.run(
        [sys.executable, program, drawn], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert texts(drawn) == texts(PICTURES / "entries.svg")


def texts(picture: Path) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", picture.read_text())
