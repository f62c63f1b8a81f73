"""A disk that fails on demand: SQLite's file system layer, with faults in front of the real one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import apsw


class FailingDisk(apsw.VFS):
    """Fails the writes or syncs of files whose name ends with `suffix`, from the `after`-th on, until `heal`."""

    def __init__(self) -> None:
        self.suffix = ""
        self.write_error: Exception | None = None
        self.sync_error: Exception | None = None
        self.after = 0
        self.failures = 0
        self.below = apsw.vfs_names()[0]
        super().__init__("failing", self.below, makedefault=True)

    def fail(
        self, suffix: str, *, write: Exception | None = None, sync: Exception | None = None, after: int = 0
    ) -> None:
        self.suffix, self.write_error, self.sync_error, self.after, self.failures = suffix, write, sync, after, 0

    def heal(self) -> None:
        self.write_error = self.sync_error = None

    def meet(self, name: str, error: Exception | None) -> None:
        """Called before each write or sync: raise what should go wrong, if anything."""
        if error is None or not name.endswith(self.suffix):
            return
        if self.after:
            self.after -= 1
            return
        self.failures += 1
        raise error

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        return _FailingFile(self, name, flags)


class _FailingFile(apsw.VFSFile):
    def __init__(self, disk: FailingDisk, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        self._disk = disk
        self._name = (name.filename() if isinstance(name, apsw.URIFilename) else name) or ""
        super().__init__(disk.below, name, flags)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.meet(self._name, self._disk.write_error)
        super().xWrite(data, offset)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        self._disk.meet(self._name, self._disk.sync_error)
        super().xSync(flags)


@contextmanager
def failing_disk() -> Iterator[FailingDisk]:
    """Every connection that is opened meanwhile lies on this disk."""
    disk = FailingDisk()
    try:
        yield disk
    finally:
        disk.unregister()


def disk_full() -> Exception:
    """What SQLite is told when there is no space left."""
    return apsw.FullError("no space left on device")


def input_output_error(extended: int) -> Exception:
    """An I/O error with SQLite's extended code."""
    error: Any = apsw.IOError("the disk does not answer")
    error.extendedresult = extended
    return cast("Exception", error)
