"""`tracking organisation`: create, list."""

import argparse
import shlex

import msgspec

from server.commands.administration import add_database_flag, with_administration
from server.commands.parsing import Subcommands, add_command, add_group


def add_to(commands: Subcommands) -> None:
    group = add_group(commands, "organisation", help="organisations: create, list")
    create = add_command(group, "create", run=_create, help="create an organisation")
    create.add_argument("name", metavar="NAME", help="1 to 100 visible characters")
    list_ = add_command(group, "list", run=_list, help="list the organisations, oldest first")
    for parser in (create, list_):
        parser.add_argument("--json", action="store_true", help="print one JSON object")
        add_database_flag(parser)


def _create(options: argparse.Namespace) -> int:
    created = with_administration(options, lambda administration: administration.create_organisation(options.name))
    if options.json:
        print(msgspec.json.encode({"name": created.name}).decode())
    else:
        print(f"Organisation {created.name!r} is created. It needs a key:")
        print(f"    tracking key create --organisation {shlex.quote(created.name)}")
    return 0


def _list(options: argparse.Namespace) -> int:
    found = with_administration(options, lambda administration: administration.list_organisations())
    if options.json:
        print(msgspec.json.encode({"organisations": [{"name": organisation.name} for organisation in found]}).decode())
    else:
        for organisation in found:
            print(organisation.name)
    return 0
