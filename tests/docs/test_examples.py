"""Every example in the documents runs as it stands, and prints what the document says."""

from pathlib import Path

import pytest

from tests.support.command_line import run_tracking
from tests.support.documents import ROOT, blocks_of, commands_of
from tests.support.reader import Reader
from tests.support.service import BOOTSTRAP_KEY, serving

MESSAGE = "[checkout] Payment callback failed: missing transId (orderId=25000233)"


async def test_every_example_of_the_readme_runs_and_its_event_is_found_again_also_in_the_backup(
    reader: Reader, tmp_path: Path
) -> None:
    outputs = {command.block.text: reader.run(command) for command in commands_of(ROOT / "README.md")}
    (found,) = [output for text, output in outputs.items() if "tracking entries" in text]
    assert MESSAGE in found
    folder = tmp_path / "restored"
    folder.mkdir()
    async with serving(folder, database_url=f"sqlite:///{reader.folder / 'backup.db'}") as restored:
        address = {"TRACKING_ADDRESS": f"127.0.0.1:{restored.grpc_port}", "TRACKING_API_KEY": BOOTSTRAP_KEY}
        assert MESSAGE in run_tracking("entries", cwd=folder, **address).stdout


async def test_every_example_of_the_api_runs_and_prints_what_the_document_says(reader: Reader) -> None:
    for command in commands_of(ROOT / "docs" / "api.md"):
        reader.run(command)


@pytest.mark.parametrize("name", ["README.md", "docs/api.md"])
def test_whatever_is_shown_as_printed_belongs_to_an_example(name: str) -> None:
    commands = commands_of(ROOT / name)
    lines = [block.line for command in commands for block in (command.block, *command.printed)]
    assert lines == [block.line for block, _ in blocks_of(ROOT / name)]
