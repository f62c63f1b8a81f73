"""`tracking key`: create, list, revoke."""

import argparse
from typing import Any, Literal

import msgspec

from server.commands.administration import add_database_flag, with_administration
from server.commands.parsing import Subcommands, add_command, add_group
from server.core.administration import Administration
from server.core.debounce import debounce_json
from server.core.instants import format_rfc3339
from server.core.key_requests import NewKey, read_new_key
from server.core.keys import SCOPES
from server.core.model import ApiKey


def add_to(commands: Subcommands) -> None:
    group = add_group(commands, "key", help="API keys: create, list, revoke")
    _add_create(group)
    list_ = add_command(group, "list", run=_list, help="list the API keys, oldest first, revoked ones too")
    list_.add_argument("--organisation", metavar="NAME", help="only the keys of this organisation")
    revoke = add_command(group, "revoke", run=_revoke, help="revoke an API key for ever")
    revoke.add_argument("id", metavar="ID", help="the id of the key, as `tracking key list` shows it")
    for parser in (list_, revoke):
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        add_database_flag(parser)


def _add_create(group: Subcommands) -> None:
    parser = add_command(group, "create", run=_create, help="create an API key and show it, once")
    parser.add_argument("--organisation", metavar="NAME", required=True, help="the organisation that owns the key")
    parser.add_argument("--name", help="what the key is for")
    parser.add_argument("--kind", help="server, or browser for keys that everybody can read [server]")
    parser.add_argument(
        "--scope", action="append", metavar="SCOPE", help=f"may be repeated: {', '.join(SCOPES)} [ingest]"
    )
    parser.add_argument(
        "--origin", action="append", metavar="ORIGIN", help="for browser keys, may be repeated: https://shop.example"
    )
    parser.add_argument("--rate", metavar="N", help="events a second; 0 is no limit [the server's default]")
    parser.add_argument(
        "--otlp-debounce",
        metavar="INTERVAL",
        nargs="?",
        const=True,
        help="debounce OTLP's records that ask for nothing, over an interval such as 10m [the organisation's default]",
    )
    parser.add_argument("--otlp-component", metavar="NAME", help="the component of OTLP's records that name none")
    parser.add_argument("--json", action="store_true", help="print one JSON object, with `key`")
    add_database_flag(parser)


def _create(options: argparse.Namespace) -> int:
    new = read_new_key(
        {
            "name": options.name,
            "kind": options.kind,
            "scopes": _words(options.scope),
            "origins": _words(options.origin),
            "rate": _number(options.rate),
            "otlpDebounce": _debounce(options.otlp_debounce),
            "otlpComponent": options.otlp_component,
        }
    )
    key, secret = with_administration(options, lambda administration: _create_in(administration, options, new))
    if options.json:
        _print_json(describe_key(key) | {"key": secret})
        return 0
    print(f"API key {key.id} of organisation {key.organisation}, {key.kind}, scopes: {', '.join(sorted(key.scopes))}")
    print()
    print(f"    {secret}")
    print()
    print("It is shown only this once: keep it now.")
    return 0


async def _create_in(administration: Administration, options: argparse.Namespace, new: NewKey) -> tuple[ApiKey, str]:
    organisation = await administration.find_organisation(options.organisation)
    return await administration.create_key(organisation, new)


def _list(options: argparse.Namespace) -> int:
    keys = with_administration(options, lambda administration: _list_of(administration, options.organisation))
    if options.json:
        _print_json({"keys": [describe_key(key) for key in keys]})
        return 0
    for key in keys:
        state = "active" if key.revoke_time is None else f"revoked {format_rfc3339(key.revoke_time)}"
        print(key.id, key.organisation, key.kind, ",".join(sorted(key.scopes)), state, key.name or "", sep="\t")
    return 0


async def _list_of(administration: Administration, organisation: str | None) -> list[ApiKey]:
    if organisation is None:
        return await administration.list_keys(None)
    return await administration.list_keys((await administration.find_organisation(organisation)).id)


def _revoke(options: argparse.Namespace) -> int:
    key = with_administration(options, lambda administration: administration.revoke_key(options.id, None))
    if options.json:
        _print_json(describe_key(key))
    else:
        print(f"API key {key.id} of organisation {key.organisation} is revoked; servers refuse it within 30 seconds.")
    return 0


def describe_key(key: ApiKey) -> dict[str, Any]:
    """A key's JSON object, as REST answers it."""
    described: dict[str, Any] = {
        "id": key.id,
        "organisation": key.organisation,
        "kind": key.kind,
        "scopes": sorted(key.scopes),
        "origins": key.origins,
        "createTime": format_rfc3339(key.create_time),
        "name": key.name,
        "rate": key.rate,
        "otlpDebounce": debounce_json(key.otlp_debounce),
        "otlpComponent": key.otlp_component,
        "lastUseTime": None if key.last_use_time is None else format_rfc3339(key.last_use_time),
        "revokeTime": None if key.revoke_time is None else format_rfc3339(key.revoke_time),
    }
    return {name: value for name, value in described.items() if value is not None}


def _words(texts: list[str] | None) -> list[str] | None:
    """`--scope read --scope ingest` and `--scope read,ingest` alike."""
    return None if texts is None else [word.strip() for text in texts for word in text.split(",")]


def _debounce(interval: str | Literal[True] | None) -> Any:
    return {"maxInterval": interval} if isinstance(interval, str) else interval


def _number(text: str | None) -> Any:
    """A number where the text is one; the core refuses the rest."""
    return int(text) if text is not None and text.isascii() and text.isdigit() and len(text) < 20 else text


def _print_json(value: Any) -> None:
    print(msgspec.json.encode(value).decode())
