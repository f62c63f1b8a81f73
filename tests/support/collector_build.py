"""The OpenTelemetry Collector and telemetrygen for tests: built once by Go, from pinned versions, into `.cache`."""

import fcntl
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.support.documents import ROOT

_FOLDER = ROOT / ".cache" / "otelcol"
_MANIFEST = Path(__file__).with_name("otelcol.yaml")
_BUILDER = "go.opentelemetry.io/collector/cmd/builder@v0.162.0"
_TELEMETRYGEN = "github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen@v0.161.0"
_OLDEST_GO = (1, 26)
_STRIPPED = "-ldflags=-s -w"
_SECONDS = 1_200.0


class NoGo(Exception):
    """There is no Go to build with, or it is too old; says what to install."""


class Programs(NamedTuple):
    """The files to be run."""

    collector: Path
    telemetrygen: Path


def built_programs(say: Callable[[str], None]) -> Programs:
    """Both programs, built first if need be, which `say` is told. Raises NoGo."""
    programs = Programs(_FOLDER / "otelcol", _FOLDER / "telemetrygen")
    recipe = f"{_BUILDER}\n{_TELEMETRYGEN}\n{_MANIFEST.read_text()}"
    stamp = _FOLDER / "recipe"
    with _alone():
        if not (stamp.exists() and stamp.read_text() == recipe and all(map(Path.exists, programs))):
            _build(_go(), programs, say)
            stamp.write_text(recipe)
    return programs


def _go() -> str:
    found = shutil.which("go")
    oldest = ".".join(map(str, _OLDEST_GO))
    if found is None:
        raise NoGo(f"the Collector is built with Go, and there is none: install Go {oldest} or newer")
    said = subprocess.run([found, "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout
    version = re.match(r"go(\d+)\.(\d+)", said)
    if version is None or (int(version[1]), int(version[2])) < _OLDEST_GO:
        raise NoGo(f"the Collector needs Go {oldest} or newer, and {found} is {said.strip()}")
    return found


def _build(go: str, programs: Programs, say: Callable[[str], None]) -> None:
    work = _FOLDER / "build"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir()
    try:
        say("Building telemetrygen and the Collector's builder (half a minute)")
        _run([go, "install", _STRIPPED, _TELEMETRYGEN], work)
        _run([go, "install", _STRIPPED, _BUILDER], work)
        say("Building the OpenTelemetry Collector (about 3 minutes, once)")
        _write_sources(work)
        _run([go, "build", _STRIPPED, "-o", work / "otelcol", "."], work / "sources")
        for program in programs:
            (work / program.name).replace(program)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write_sources(work: Path) -> None:
    """The builder writes them, then tidies the modules, tests included: one of those may not be served, no matter."""
    command: list[str | Path] = [work / "builder", "--config", _MANIFEST, "--skip-compilation"]
    done = subprocess.run(command, cwd=work, env=_environment(work), capture_output=True, text=True, check=False)
    missing = [name for name in ("main.go", "components.go", "go.mod") if not (work / "sources" / name).exists()]
    assert not missing, f"The Collector's builder did not write {missing}:\n{done.stderr}"


def _run(command: list[str | Path], folder: Path) -> None:
    done = subprocess.run(
        ["nice", *command],
        cwd=folder,
        env=_environment(_FOLDER / "build"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))} failed:\n{done.stderr[-5_000:]}"


def _environment(programs: Path) -> Mapping[str, str]:
    """One set of flags for all builds, so that they share what Go keeps."""
    flags = "-buildvcs=false -mod=mod -trimpath"
    return {**os.environ, "CGO_ENABLED": "0", "GOBIN": str(programs), "GOFLAGS": flags, "GOWORK": "off"}


@contextmanager
def _alone() -> Iterator[None]:
    """No other process builds while the block runs."""
    _FOLDER.mkdir(parents=True, exist_ok=True)
    with (_FOLDER / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
