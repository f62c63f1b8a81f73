"""docs/architecture.md names only what exists."""

import re

from tests.support.documents import ROOT, code_in

SOURCES = [*ROOT.glob("server/**/*.py"), *ROOT.glob("proto/tracking/**/*.proto"), ROOT / "pyproject.toml"]
DOCUMENT = ROOT / "docs" / "architecture.md"


def test_every_name_in_code_font_stands_in_the_sources() -> None:
    known = {word for path in SOURCES for word in re.findall(r"\w+", path.read_text())}
    named = {word for code in code_in(DOCUMENT.read_text()) for word in re.findall(r"[A-Za-z_]\w+", code)}
    assert named - known == set()
