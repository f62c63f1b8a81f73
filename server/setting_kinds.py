"""The kinds of values that settings have: how each is read from text, and shown as text.

A parser raises ValueError with what the value should have been; it never repeats the value, which may be secret.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import msgspec

T = TypeVar("T")

KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE
GIBIBYTE = 1024 * MEBIBYTE

_SIZE_UNITS = {
    "": 1,
    "b": 1,
    "kb": 10**3,
    "mb": 10**6,
    "gb": 10**9,
    "kib": KIBIBYTE,
    "mib": MEBIBYTE,
    "gib": GIBIBYTE,
}
_SMALLEST_DISK_SIZE, _LARGEST_DISK_SIZE = 16 * MEBIBYTE, 2**50
_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}
_LONGEST_SECONDS = 86_400
_LARGEST_NUMBER = 1_000_000_000


class Secret(str):
    """Text that does not show itself where a structure that holds it is printed."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret(…)"


class SqliteDatabase(msgspec.Struct, frozen=True):
    """Entries live in a file. A relative path is one from the working directory."""

    path: Path


class MongoDatabase(msgspec.Struct, frozen=True):
    """Entries live in MongoDB. The URL may hold a password."""

    url: Secret


Database = SqliteDatabase | MongoDatabase


class Kind(msgspec.Struct, Generic[T], frozen=True):
    """One kind of value: its name in the documents, how it is read, how it is shown."""

    name: str
    parse: Callable[[str], T]
    show: Callable[[Any], str] = str
    secret: bool = False


def parse_text(text: str) -> str:
    """Any text that can be seen."""
    if not text.isprintable():
        raise ValueError("text without control characters is needed")
    return text


def parse_port(text: str) -> int:
    """0 means that the system chooses a free one."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65_535:
        raise ValueError("a port is needed, 0 to 65535")
    return int(text)


def parse_count(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,10}", text) or int(text) > _LARGEST_NUMBER:
        raise ValueError("a whole number is needed, 0 or more")
    return int(text)


def parse_positive(text: str) -> int:
    number = parse_count(text)
    if number == 0:
        raise ValueError("a whole number is needed, 1 or more")
    return number


def _parse_bytes(text: str) -> int:
    found = re.fullmatch(r"([0-9]{1,15}) ?([a-z]*)", text.casefold())
    unit = _SIZE_UNITS.get(found[2]) if found else None
    if found is None or unit is None:
        raise ValueError("a size is needed: bytes, or a number with KiB, MiB or GiB, such as 64MiB")
    return int(found[1]) * unit


def parse_disk_size(text: str) -> int:
    """The same for what lies on a disk: 0 for no limit, or 16 MiB and more."""
    size = _parse_bytes(text)
    if size and not _SMALLEST_DISK_SIZE <= size <= _LARGEST_DISK_SIZE:
        raise ValueError("a size of 16 MiB or more is needed, or 0 for no limit")
    return size


def parse_size(text: str) -> int:
    """Bytes, bare or with a unit: 65536, 64KiB, 5 MB."""
    size = _parse_bytes(text)
    # What gRPC can limit a message to is an int32.
    if not 0 < size < 2 * GIBIBYTE:
        raise ValueError("a size between 1 byte and 2 GiB is needed")
    return size


def show_size(size: int) -> str:
    for unit, name in ((GIBIBYTE, "GiB"), (MEBIBYTE, "MiB"), (KIBIBYTE, "KiB")):
        if size >= unit and size % unit == 0:
            return f"{size // unit}{name}"
    return str(size)


def parse_seconds(text: str) -> float:
    """Seconds, bare or with a unit: 5, 2.5, 5s, 500ms, 1m."""
    found = re.fullmatch(r"([0-9]{1,9}(?:\.[0-9]{1,9})?) ?([a-z]*)", text.casefold())
    unit = _SECONDS.get(found[2]) if found else None
    if found is None or unit is None:
        raise ValueError("a duration is needed: seconds, or a number with ms, s, m or h, such as 5s")
    seconds = float(found[1]) * unit
    if not 0 < seconds <= _LONGEST_SECONDS:
        raise ValueError("a duration of more than nothing and at most 24h is needed")
    return seconds


def show_seconds(seconds: float) -> str:
    return f"{seconds:g}s"


def parse_url(text: str) -> str:
    """A web address without a slash at its end."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment or " " in text:
        raise ValueError("a web address is needed, such as https://tracking.example")
    return text.rstrip("/")


def parse_file(text: str) -> Path:
    """A file that is there."""
    path = Path(text)
    if not path.is_file():
        raise ValueError("there is no such file")
    return path


def parse_bootstrap_key(text: str) -> Secret:
    if not re.fullmatch(r"[!-~]{32,200}", text):
        raise ValueError("32 to 200 visible ASCII characters are needed")
    return Secret(text)


def parse_database(text: str) -> Database:
    """`sqlite:///relative`, `sqlite:////absolute`, or whatever MongoDB's driver reads."""
    if re.match(r"mongodb(\+srv)?://[^/]", text):
        return MongoDatabase(Secret(text))
    found = re.fullmatch(r"sqlite:///([^?#]*[^?#/])", text)
    if found is None or found[1] == ":memory:":
        raise ValueError("sqlite:///FILE (relative), sqlite:////FILE (absolute) or mongodb://HOST/DATABASE is needed")
    return SqliteDatabase(Path(found[1]))


def show_database(database: Database) -> str:
    return f"sqlite:///{database.path}" if isinstance(database, SqliteDatabase) else "mongodb://…"


def choice_of(*words: str) -> Kind[str]:
    """One of these words, in any case."""

    def parse(text: str) -> str:
        if text.casefold() not in words:
            raise ValueError(f"one of {', '.join(words)} is needed")
        return text.casefold()

    return Kind(" · ".join(words), parse)


def list_of(*words: str) -> Kind[tuple[str, ...]]:
    """Some of these words, separated by commas; read in the order in which they stand here."""

    def parse(text: str) -> tuple[str, ...]:
        wanted = {word.strip().casefold() for word in text.split(",")}
        if not wanted <= set(words):
            raise ValueError(f"a list of {', '.join(words)} is needed, such as {words[0]},{words[1]}")
        return tuple(word for word in words if word in wanted)

    return Kind("list", parse, ",".join)


TEXT = Kind("text", parse_text)
SECRET = Kind("secret", Secret, secret=True)
PORT = Kind("port", parse_port)
COUNT = Kind("number", parse_count)
POSITIVE = Kind("number", parse_positive)
SIZE = Kind("size", parse_size, show_size)
DISK_SIZE = Kind("size", parse_disk_size, show_size)
SECONDS = Kind("duration", parse_seconds, show_seconds)
URL = Kind("URL", parse_url)
FILE = Kind("file", parse_file)
BOOTSTRAP_KEY = Kind("secret", parse_bootstrap_key, secret=True)
DATABASE = Kind("URL", parse_database, show_database, secret=True)
