"""A newcomer starts the service, pastes what it prints, and finds the event again."""

import json
import re
import subprocess
from pathlib import Path

from tests.support.fixtures import IN_SESSION
from tests.support.service import serving
from tests.support.waiting import until

pytestmark = IN_SESSION

_KEY = re.compile(r"\btrk_[0-9A-Za-z]{43}\b")
_CURL = re.compile(r"^ *curl (?:.*\\\n)*.*$", re.MULTILINE)


async def test_the_first_start_prints_a_key_and_commands_that_work_as_pasted(tmp_path: Path) -> None:
    async with serving(tmp_path, bootstrap_api_key=None) as service:
        await until(lambda: "entries" in service.stdout)
        banner = service.stdout
        log, entries = _CURL.findall(banner)
        assert _paste(log) == '{"success": true}'
        (entry,) = json.loads(_paste(entries))["entries"]
        assert entry["message"] in log
        assert len(set(_KEY.findall(banner))) == 1
        assert not _KEY.search(service.stderr)

        await service.restart()
        assert service.stdout == ""
        assert not _KEY.search(service.stderr)


def _paste(command: str) -> str:
    quiet = command.replace("curl ", "curl --silent --show-error --max-time 10 --noproxy '*' ", 1)
    done = subprocess.run(["bash", "-c", quiet], capture_output=True, text=True, timeout=20, check=True)
    return done.stdout
