"""The document of settings says what the code does."""

import re
from pathlib import Path

from server.settings import SETTINGS, Setting

DOCUMENT = (Path(__file__).parents[2] / "docs" / "configuration.md").read_text()


def test_the_document_has_the_row_of_every_setting_and_no_other() -> None:
    documented = re.findall(r"^\| `TRACKING_.*$", DOCUMENT, re.MULTILINE)
    assert documented == [row(setting) for setting in SETTINGS]


def test_every_setting_that_the_document_names_exists() -> None:
    named = set(re.findall(r"TRACKING_[A-Z_]+[A-Z]", DOCUMENT))
    foreign = {"TRACKING_ADDRESS", "TRACKING_API_KEY", "TRACKING_TEST", "TRACKING_SERVICE", "TRACKING_PORT"}
    assert named <= {setting.variable for setting in SETTINGS} | foreign


def row(setting: Setting) -> str:
    """A setting as the document's table has it."""
    default = f"`{setting.shown_default}`" if setting.shown_default else ""
    help_text = re.sub(r"(sqlite:///+FILE|mongodb://HOST/DATABASE|0\.0\.0\.0|::)", r"`\1`", setting.help)
    return f"| `{setting.variable}` | `{setting.flag}` | {setting.kind.name} | {default} | {help_text} |"
