"""What a row of the table is."""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from bench.measurement import Measurement
from bench.stage import Stage

Measure: TypeAlias = Callable[[int], Measurement]
"""Runs one contestant for so many seconds."""

_GRACE_SECONDS = 20.0


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table. `contestants` gives the floor (None: there is none) and the service."""

    name: str
    title: str
    contestants: Callable[[Stage], tuple[Measure | None, Measure]]
    needs_wrk: bool = False
    least_rate_ratio: float | None = None
    most_p50_ratio: float | None = None
    most_p99_ratio: float | None = None


def run_module(stage: Stage, module: str, *arguments: str) -> Measure:
    """One of our programs, which measures for the seconds it is told and prints a measurement."""

    def measure(seconds: int) -> Measurement:
        output = stage.run_module(module, *arguments, "--seconds", str(seconds), seconds=seconds + _GRACE_SECONDS)
        return msgspec.json.decode(output, type=Measurement)

    return measure
