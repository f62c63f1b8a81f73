"""`make bench`: the service against the barest programs that do the same, on this machine, in one run.

Every row runs its two contestants in turn, several rounds; what is shown are medians and the ratios of the rounds.
"""

import argparse
import signal
import sys
from pathlib import Path
from typing import Any, NoReturn

import msgspec

from bench import wrk
from bench.idle import Idle, measure_idle
from bench.machine import Company, Machine, look_at_machine
from bench.measurement import Measurement
from bench.row import Row
from bench.rows import all_rows
from bench.stage import ROOT, Failed, Stage
from bench.table import Result, markdown, result_of

_IDLE = "idle"
_STARTS = 5
_QUIET_CORES = 0.15


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """All of a run, as `--json` writes it."""

    machine: Machine
    rounds: int
    seconds: int
    others_cores: float
    """How much of the processors other programs took meanwhile."""
    results: list[Result]
    idle: Idle | None


def main() -> None:
    """Run what was asked for, then print the tables."""
    options = _options()
    signal.signal(signal.SIGTERM, _stop)
    if wrk.PATH is None:
        _tell(wrk.MISSING)
    report = _run(options)
    print(f"{report.machine.describe()}\n\n{report.rounds} rounds of {report.seconds} s in turn; {_company(report)}\n")
    print(markdown(report.results, report.idle))
    if options.json is not None:
        options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)))
    if any(result.failed for result in report.results):
        sys.exit(1)


def _options() -> argparse.Namespace:
    names = [*(row.name for row in all_rows()), _IDLE]
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", action="append", metavar="ROW", help=f"this row or rows: {', '.join(names)}")
    parser.add_argument("--rounds", type=int, default=3, help="rounds of each row [3]")
    parser.add_argument("--seconds", type=int, default=2, help="seconds of a contestant in a round [2]")
    parser.add_argument("--quick", action="store_true", help="one cold round of a second: to see that it works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measurement here")
    parser.add_argument(
        "--directory", type=Path, default=ROOT / ".cache" / "bench", help="where the stores lie [.cache/bench]"
    )
    options = parser.parse_args()
    if not any(_is_asked_for(name, options.only) for name in names):
        parser.error(f"no row is called {options.only[0]!r}; there are {', '.join(names)}")
    return options


def _run(options: argparse.Namespace) -> Report:
    if options.quick:
        options.rounds = options.seconds = 1
    machine, company = look_at_machine(options.directory), Company()
    chosen = [row for row in all_rows() if _is_asked_for(row.name, options.only)]
    results = [_measure(row, options) for row in chosen]
    idle = None
    if _is_asked_for(_IDLE, options.only):
        idle = measure_idle(options.directory, starts=1 if options.quick else _STARTS, on_progress=_tell)
    return Report(
        machine=machine,
        rounds=options.rounds,
        seconds=options.seconds,
        others_cores=company.cores(),
        results=results,
        idle=idle,
    )


def _company(report: Report) -> str:
    advice = "" if report.others_cores < _QUIET_CORES else ": run it again when the machine is quiet"
    return f"other programs took {report.others_cores:.2f} of {report.machine.cores} cores meanwhile{advice}"


def _is_asked_for(name: str, prefixes: list[str] | None) -> bool:
    return prefixes is None or any(name == prefix or name.startswith(f"{prefix}-") for prefix in prefixes)


def _measure(row: Row, options: argparse.Namespace) -> Result:
    if row.needs_wrk and wrk.PATH is None:
        return Result(name=row.name, title=row.title, skipped="wrk is missing")
    floors: list[Measurement] = []
    services: list[Measurement] = []
    try:
        _run_rounds(row, options, floors, services)
    except Failed as error:
        _tell(f"{row.name}: {error}")
        return Result(name=row.name, title=row.title, failed=str(error))
    return result_of(row, floors, services)


def _run_rounds(row: Row, options: argparse.Namespace, floors: list[Measurement], services: list[Measurement]) -> None:
    with Stage(options.directory) as stage:
        floor, service = row.contestants(stage)
        if not options.quick:
            # Not kept: caches fill, connections to the store open, the file gets its first pages.
            _tell(f"{row.name}: warming up")
            service(1)
        for number in range(options.rounds):
            _tell(f"{row.name}: round {number + 1} of {options.rounds}")
            if floor is not None:
                floors.append(floor(options.seconds))
            services.append(service(options.seconds))


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _stop(*_: Any) -> NoReturn:
    sys.exit(143)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
    except Failed as error:
        sys.exit(f"bench: {error}")
