"""Promise 12: a full disk takes no false acknowledgement, harms nothing, and the service resumes when there is room."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.conservation.audit import audit, settle
from tests.support.conservation.ledger import Ledger
from tests.support.conservation.load import load
from tests.support.conservation.oracle import Oracle
from tests.support.fixtures import IN_SESSION
from tests.support.full_disk import no_room
from tests.support.rest_client import RestClient, rest_client
from tests.support.service import Service, serving
from tests.support.waiting import eventually

pytestmark = IN_SESSION

_MEBIBYTE = 1024 * 1024


@pytest.mark.parametrize("times", [1, pytest.param(10, marks=pytest.mark.faults)])
async def test_a_full_disk_is_told_and_nothing_is_acknowledged_that_is_not_stored(service: Service, times: int) -> None:
    ledger = Ledger(Oracle(seed=12))
    async with load(service, ledger) as producers, rest_client(service) as client:
        for _ in range(times):
            await producers.acknowledges(500)
            with no_room(service):
                await producers.meets_refusals(100)
                await eventually(lambda: _is_ready(client, status=503))
            await eventually(lambda: _is_ready(client))
            await producers.acknowledges(500)
    await _require_everything(service, ledger)


@pytest.mark.faults
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a small disk")
async def test_a_disk_that_really_is_full_is_told_too(tmp_path: Path) -> None:
    ledger = Ledger(Oracle(seed=120))
    with _small_disk(tmp_path / "disk") as disk:
        async with serving(disk) as service:
            ballast = disk / "ballast"
            async with load(service, ledger) as producers, rest_client(service) as client:
                await producers.acknowledges(500)
                _fill(ballast)
                await producers.meets_refusals(100)
                await eventually(lambda: _is_ready(client, status=503))
                ballast.unlink()
                await eventually(lambda: _is_ready(client))
                await producers.acknowledges(500)
            await _require_everything(service, ledger)


async def _require_everything(service: Service, ledger: Ledger) -> None:
    assert service.starts == 1
    assert service.stderr.count("Events cannot be stored") == service.stderr.count("Events are stored again") > 0
    await settle(service, ledger)
    await audit(service, ledger)
    await service.kill()
    await service.start()
    await audit(service, ledger)


async def _is_ready(client: RestClient, *, status: int = 200) -> bool:
    return (await client.ask("GET", "/readyz")).status == status


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={100 * _MEBIBYTE}", "tmpfs", folder], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


def _fill(path: Path) -> None:
    with path.open("wb", buffering=0) as file:
        try:
            while file.write(bytes(_MEBIBYTE)):
                pass
        except OSError:
            return
