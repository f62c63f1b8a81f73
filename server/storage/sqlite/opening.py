"""From a path to a database that is ours and up to date, or one line that says why not."""

import os
from contextlib import suppress
from pathlib import Path

import apsw

from server.core.errors import Refused, TrackingError
from server.storage.sqlite.connection import open_writer, translated_errors
from server.storage.sqlite.schema import migrate


def make_folder(path: Path) -> None:
    """Make the folder that the file will lie in."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(f"the folder {path.parent} cannot be made: {error.strerror}") from error


def open_database(path: Path) -> apsw.Connection:
    """A writing connection to the file, which is made, or brought to this program's version."""
    _make_file(path)
    try:
        with translated_errors():
            connection = open_writer(path)
            try:
                migrate(connection)
            except BaseException:
                connection.close()
                raise
            return connection
    except TrackingError as error:
        raise Refused(f"the database {path} cannot be opened: {error.description}") from error
    except ValueError as error:
        raise Refused(f"the database {path} cannot be opened: {error}") from error


def _make_file(path: Path) -> None:
    """Make the file for its owner alone; SQLite gives the files beside it the same mode. One that is there stays."""
    # What cannot be made, SQLite will say.
    with suppress(OSError, RuntimeError):
        os.close(os.open(path.resolve(), os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600))
