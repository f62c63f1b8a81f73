"""`tracking log`: one event, typed by a person or sent by a script."""

import argparse
from typing import TYPE_CHECKING, Any

import msgspec

from server.commands.parsing import Subcommands, add_command, split_pair
from server.commands.server_flags import add_server_flags, target_of
from server.core.errors import Refused
from server.core.fields import check_level
from server.core.intervals import parse_interval

if TYPE_CHECKING:
    from tracking.v1.log_event_pb2 import LogEvent

_TEXTS = {
    "--service": "the service that it happened in",
    "--component": "the part of the service",
    "--code": "a stable code for this kind of event",
    "--environment": "for example production",
    "--release": "the version of the service",
    "--event-id": "sent again under this id, the event is not counted again",
    "--fingerprint": "replaces what its group is computed from",
}


def add_to(commands: Subcommands) -> None:
    parser = add_command(
        commands,
        "log",
        run=_run,
        help="log an event",
        description="Log an event and print its outcome, the id of its entry, and how many events that entry counts.",
    )
    parser.add_argument("message", metavar="MESSAGE", help="what happened")
    parser.add_argument("--level", help="info, success, warning, error, critical [info]")
    for flag, what in _TEXTS.items():
        parser.add_argument(flag, default="", metavar="TEXT", help=what)
    parser.add_argument(
        "--attribute",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="whatever else is known, may be repeated; NAME:=VALUE for a value in JSON, such as a number",
    )
    parser.add_argument(
        "--debounce", nargs="?", const="", metavar="KEY", help="count repeats in one entry [KEY: what its group is]"
    )
    parser.add_argument("--window", metavar="INTERVAL", help="how long: 10m, 1h 30m; implies --debounce [10m]")
    parser.add_argument(
        "--notify", action=argparse.BooleanOptionalAction, help="may cause a notification, or not [the rules decide]"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_server_flags(parser)


def _run(options: argparse.Namespace) -> int:
    event = _event(options)
    target = target_of(options)
    from tracking.v1.outcome_pb2 import Outcome  # noqa: PLC0415 - heavy

    from server.client.calls import send_event  # noqa: PLC0415 - heavy

    answer = send_event(target, event)
    outcome = Outcome.Name(answer.outcome).removeprefix("OUTCOME_").lower()
    if options.json:
        told = {"outcome": outcome, "entryId": answer.entry_id, "eventCount": answer.event_count}
        print(msgspec.json.encode(told).decode())
    else:
        print(outcome, answer.entry_id, answer.event_count)
    return 0


def _event(options: argparse.Namespace) -> "LogEvent":
    attributes = _attributes(options.attribute)
    level = check_level(options.level)
    from tracking.v1.log_event_pb2 import LogEvent  # noqa: PLC0415 - heavy

    event = LogEvent(
        message=options.message,
        level=f"LEVEL_{level.name}",
        send_notification=options.notify,
        service=options.service,
        component=options.component,
        code=options.code,
        environment=options.environment,
        release=options.release,
        event_id=options.event_id,
        fingerprint=options.fingerprint,
    )
    if attributes:
        event.attributes.update(attributes)
    _debounce(event, options)
    return event


def _debounce(event: "LogEvent", options: argparse.Namespace) -> None:
    if options.debounce is None and options.window is None:
        return
    event.debounce.SetInParent()
    event.debounce.key = options.debounce or ""
    if options.window is not None:
        event.debounce.max_interval.FromMilliseconds(parse_interval(options.window))


def _attributes(pairs: list[str]) -> dict[str, Any]:
    attributes: dict[str, Any] = {}
    for pair in pairs:
        name, value = split_pair(pair, "--attribute")
        if name.endswith(":") and name != ":":
            attributes[name[:-1]] = _json(value)
        else:
            attributes[name] = value
    return attributes


def _json(text: str) -> Any:
    try:
        value = msgspec.json.decode(text)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise Refused(f"--attribute: NAME:=VALUE needs a value in JSON, not {text[:100]!a}", exit_code=2) from error
    _refuse_inexact(value)
    return value


def _refuse_inexact(value: Any) -> None:
    """The contract carries numbers as doubles: an integer that would change on the way is refused."""
    if isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            _refuse_inexact(member)
    elif isinstance(value, int) and abs(value) > 2**53:
        raise Refused(f"--attribute: {value} is beyond 2^53, send it as text: NAME={value}", exit_code=2)
