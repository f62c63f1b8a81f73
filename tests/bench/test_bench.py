"""The benchmarks run; what they measure is nobody's business here."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests.support.waiting import until

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "bench/run.py", "--quick"]


def test_a_quick_run_of_one_row_ends_with_a_well_formed_table(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    arguments = ["--only", "batch-grpc-1", "--json", str(report), "--directory", str(tmp_path / "stores")]
    run = subprocess.run([*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert run.returncode == 0, run.stderr
    table = [line for line in run.stdout.splitlines() if line.startswith("|")]
    assert len(table) == 3
    assert len({line.count("|") for line in table}) == 1
    (result,) = json.loads(report.read_bytes())["results"]
    assert len(result["floor"]) == len(result["service"]) == 1
    assert files_in(tmp_path / "stores") == []


async def test_an_interrupted_run_leaves_no_process_and_no_file_behind(tmp_path: Path) -> None:
    arguments = ["--only", "log-grpc", "--directory", str(tmp_path)]
    run = await asyncio.create_subprocess_exec(*COMMAND, *arguments, cwd=ROOT, stderr=subprocess.DEVNULL)
    bench = psutil.Process(run.pid)
    try:
        await until(lambda: len(bench.children()) > 1)
        children = bench.children()
        run.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(run.wait(), 30) == 130
    finally:
        if run.returncode is None:
            run.kill()
    assert not any(child.is_running() for child in children)
    assert files_in(tmp_path) == []


def files_in(directory: Path) -> list[Path]:
    return list(directory.iterdir())
