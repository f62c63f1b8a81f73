"""All settings: one table, read once, at the edge.

`Settings` is the table: a line a setting, with its type, kind, help and default. The environment variable
(`TRACKING_HTTP_PORT`), the flag of `tracking serve` (`--http-port`) and the documents follow from it.
"""

import difflib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import msgspec

from server import setting_kinds as kind
from server.core.errors import Refused
from server.setting_kinds import MEBIBYTE, Database, Kind, Secret, SqliteDatabase

PREFIX = "TRACKING_"


class Settings(msgspec.Struct, frozen=True, kw_only=True):
    """What the operator chose. Sizes are bytes, durations seconds, rates events a second."""

    database_url: Annotated[
        Database, kind.DATABASE, "Where entries live: sqlite:///FILE, sqlite:////FILE or mongodb://HOST/DATABASE."
    ] = SqliteDatabase(Path("data/tracking.db"))
    max_database_bytes: Annotated[
        int, kind.DISK_SIZE, "What the file of SQLite may hold; then the oldest entries go. 0 is no limit."
    ] = 0
    mongodb_driver: Annotated[str, kind.choice_of("pymongo", "motor"), "The driver for MongoDB."] = "pymongo"

    host: Annotated[str, kind.TEXT, "The address to listen at; 0.0.0.0 or :: for all."] = "127.0.0.1"
    http_port: Annotated[int, kind.PORT, "Port of REST and the page; 0 takes a free one."] = 8080
    grpc_port: Annotated[int, kind.PORT, "Port of gRPC; 0 takes a free one."] = 50051
    otlp_grpc_port: Annotated[int, kind.PORT, "Port of OTLP over gRPC; 0 takes a free one."] = 4317
    otlp_http_port: Annotated[int, kind.PORT, "Port of OTLP over HTTP; 0 takes a free one."] = 4318
    doors: Annotated[tuple[str, ...], kind.list_of("http", "grpc", "otlp"), "The doors that this process opens."] = (
        "http",
        "grpc",
        "otlp",
    )
    workers: Annotated[int, kind.POSITIVE, "Server processes on the same ports; more than one needs MongoDB."] = 1
    public_url: Annotated[
        str | None, kind.URL, "How clients reach the HTTP port; used in printed commands and links."
    ] = None
    tls_certificate: Annotated[Path | None, kind.FILE, "Certificate chain in PEM, for every door; needs the key."] = (
        None
    )
    tls_key: Annotated[Path | None, kind.FILE, "Private key of the certificate, in PEM."] = None

    bootstrap_api_key: Annotated[
        Secret | None,
        kind.BOOTSTRAP_KEY,
        "Creates organisation 'default' with this API key, all scopes: 32 to 200 visible ASCII characters.",
    ] = None
    key_rate: Annotated[
        int, kind.COUNT, "Events a second of a server key without a rate of its own; 0 is no limit."
    ] = 0
    browser_key_rate: Annotated[
        int, kind.COUNT, "Events a second of a browser key without a rate of its own; 0 is no limit."
    ] = 100

    max_event_bytes: Annotated[int, kind.SIZE, "Largest event: its message and its attributes."] = MEBIBYTE
    max_request_bytes: Annotated[int, kind.SIZE, "Largest request over REST and gRPC, after inflation."] = 5 * MEBIBYTE
    otlp_max_request_bytes: Annotated[int, kind.SIZE, "Largest request over OTLP, after inflation."] = 64 * MEBIBYTE
    queue_bytes: Annotated[int, kind.SIZE, "What may wait for its commit; more is answered 503."] = 64 * MEBIBYTE

    head_seconds: Annotated[float, kind.SECONDS, "How long the head of a request may take to arrive."] = 10.0
    body_seconds: Annotated[
        float, kind.SECONDS, "How long the body of a request may take to arrive; 1s more for each MiB."
    ] = 30.0
    commit_seconds: Annotated[
        float, kind.SECONDS, "How long an event may wait for its commit; then it is answered 503."
    ] = 5.0
    drain_seconds: Annotated[float, kind.SECONDS, "How long a stopping server may take to finish what it has."] = 25.0

    smtp_host: Annotated[str | None, kind.TEXT, "Mail server for notifications; none without it."] = None
    smtp_port: Annotated[int, kind.PORT, "Port of the mail server."] = 587
    smtp_user: Annotated[str | None, kind.TEXT, "User at the mail server."] = None
    smtp_password: Annotated[Secret | None, kind.SECRET, "Password at the mail server."] = None
    smtp_from: Annotated[str | None, kind.TEXT, "Sender of mails."] = None
    smtp_tls: Annotated[str, kind.choice_of("starttls", "tls", "none"), "How mails are protected on their way."] = (
        "starttls"
    )

    log_level: Annotated[
        str, kind.choice_of("debug", "info", "warning", "error"), "What the server tells of itself, on standard error."
    ] = "info"

    ignored_variables: tuple[str, ...] = ()
    """Names that begin as ours do, but belong to somebody else: to be told in the log."""


class Setting(msgspec.Struct, frozen=True):
    """One line of the table."""

    field: str
    kind: Kind[Any]
    default: Any
    help: str

    @property
    def variable(self) -> str:
        return PREFIX + self.field.upper()

    @property
    def flag(self) -> str:
        return "--" + self.field.replace("_", "-")

    @property
    def shown_default(self) -> str:
        """The default as one would type it; empty where there is none."""
        return "" if self.default is None else self.kind.show(self.default)


def _read_table() -> tuple[Setting, ...]:
    hints = get_type_hints(Settings, include_extras=True)
    fields = msgspec.structs.fields(Settings)
    described = [(field, getattr(hints[field.name], "__metadata__", ())) for field in fields]
    return tuple(Setting(field.name, extra[0], field.default, extra[1]) for field, extra in described if extra)


SETTINGS = _read_table()

_VARIABLES = {setting.variable: setting for setting in SETTINGS}

# The client's own, the tests' own, and what Kubernetes injects into a pod beside services named tracking or tracking-….
_FOREIGN = re.compile(
    r"TRACKING_(ADDRESS|API_KEY|TEST_.*|SERVICE_.*|PORT.*|\w+_SERVICE_(HOST|PORT)(_\w+)?|\w+_PORT_\d+_(TCP|UDP)(_\w+)?)"
)


def read_settings(environment: Mapping[str, str], flags: Mapping[str, str]) -> Settings:
    """Settings from the environment and from flags, which win; `flags` has texts by the name of their field.

    Raises Refused (exit code 2) with one line that names the variable or flag.
    """
    names = sorted(name for name in environment if name.startswith(PREFIX))
    ignored = tuple(name for name in names if _is_foreign(name, environment[name]))
    chosen: dict[str, Any] = {}
    for name in names:
        if name not in ignored:
            setting = _VARIABLES.get(name) or _refuse_unknown(name)
            if setting.field not in flags:
                chosen[setting.field] = _parse(setting, environment[name], name)
    for setting in SETTINGS:
        if setting.field in flags:
            chosen[setting.field] = _parse(setting, flags[setting.field], setting.flag)
    return _checked(Settings(**chosen, ignored_variables=ignored))


def _is_foreign(name: str, value: str) -> bool:
    return value.startswith("tcp://") or (name not in _VARIABLES and _FOREIGN.fullmatch(name) is not None)


def _refuse_unknown(name: str) -> Setting:
    known = [variable.removeprefix(PREFIX) for variable in _VARIABLES]
    nearest = difflib.get_close_matches(name.removeprefix(PREFIX), known, n=1)
    hint = f"; did you mean {PREFIX}{nearest[0]}?" if nearest else ""
    raise Refused(f"{name!a} is not a setting{hint}".replace("'", ""), exit_code=2)


def _parse(setting: Setting, text: str, source: str) -> Any:
    if not text:
        raise Refused(f"{source} is empty: give it a value or leave it out", exit_code=2)
    try:
        return setting.kind.parse(text)
    except ValueError as error:
        shown = "" if setting.kind.secret else f", not {text[:100]!a}"
        raise Refused(f"{source}: {error}{shown}", exit_code=2) from error


def _checked(settings: Settings) -> Settings:
    """What no value alone can tell."""
    if settings.workers > 1 and isinstance(settings.database_url, SqliteDatabase):
        raise Refused(
            f"--workers {settings.workers}: SQLite serves one process;"
            " for more, use MongoDB (TRACKING_DATABASE_URL=mongodb://…)",
            exit_code=2,
        )
    if (settings.tls_certificate is None) != (settings.tls_key is None):
        raise Refused("TRACKING_TLS_CERTIFICATE and TRACKING_TLS_KEY are needed together", exit_code=2)
    return settings
