"""The machine that was measured, in one line."""

import os
import platform
import resource
from importlib.metadata import version
from pathlib import Path
from statistics import median
from tempfile import TemporaryFile
from time import monotonic, perf_counter

import apsw
import msgspec
import psutil

_SYNCS = 100
_PAGE = bytes(4096)
_PACKAGES = ("sanic", "uvloop", "grpcio", "protobuf", "msgspec", "apsw")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """What a figure depends on beside the code."""

    processor: str
    cores: int
    memory_gibibytes: float
    kernel: str
    python: str
    packages: dict[str, str]
    sync_milliseconds: float
    """Median of appending a page and `fdatasync`, on the disk that was used."""

    def describe(self) -> str:
        """The line."""
        packages = ", ".join(f"{name} {number}" for name, number in self.packages.items())
        return (
            f"{self.cores} cores ({self.processor}), {self.memory_gibibytes:.0f} GiB, {self.kernel},"
            f" Python {self.python}, {packages}, fdatasync {self.sync_milliseconds:.2f} ms"
        )


class Company:
    """How much of the processors other programs and other guests of the host took since this was made, in cores."""

    def __init__(self) -> None:
        self._begin = self._clocks()

    def cores(self) -> float:
        """The mean so far; processes of ours count once they have ended."""
        seconds, busy, own = (after - before for before, after in zip(self._begin, self._clocks(), strict=True))
        return max(0.0, busy - own) / seconds

    def _clocks(self) -> tuple[float, float, float]:
        spent = psutil.cpu_times()
        busy = sum(getattr(spent, kind, 0.0) for kind in ("user", "nice", "system", "irq", "softirq", "steal"))
        usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        return monotonic(), busy, sum(usage.ru_utime + usage.ru_stime for usage in usages)


def look_at_machine(directory: Path) -> Machine:
    """The machine, its disk measured where the stores will be."""
    return Machine(
        processor=_processor(),
        cores=os.cpu_count() or 1,
        memory_gibibytes=psutil.virtual_memory().total / 1024**3,
        kernel=f"{platform.system()} {platform.release()}",
        python=platform.python_version(),
        packages={name: version(name) for name in _PACKAGES} | {"SQLite": apsw.sqlite_lib_version()},
        sync_milliseconds=_sync_seconds(directory) * 1e3,
    )


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _sync_seconds(directory: Path) -> float:
    directory.mkdir(parents=True, exist_ok=True)
    took = []
    with TemporaryFile(dir=directory, buffering=0) as file:
        for _ in range(_SYNCS):
            begin = perf_counter()
            file.write(_PAGE)
            os.fdatasync(file.fileno())
            took.append(perf_counter() - begin)
    return median(took)
