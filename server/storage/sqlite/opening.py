"""From a path to a database that is ours and up to date, or one line that says why not."""

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
    try:
        with translated_errors():
            connection = open_writer(path)
            try:
                # Without the right to write, SQLite opens for reading, and says nothing.
                if connection.readonly("main"):
                    raise ValueError("it may not be written")
                migrate(connection)
            except BaseException:
                connection.close()
                raise
            return connection
    except TrackingError as error:
        raise Refused(f"the database {path} cannot be opened: {error.description}") from error
    except ValueError as error:
        raise Refused(f"the database {path} cannot be opened: {error}") from error
