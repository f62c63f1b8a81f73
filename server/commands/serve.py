"""`tracking serve`: the service itself."""

import argparse
import os

from server.commands.parsing import Subcommands, add_command
from server.settings import SETTINGS, Setting, read_settings


def add_to(commands: Subcommands) -> None:
    parser = add_command(
        commands,
        "serve",
        run=_run,
        help="start the service",
        description="Start the service. Every flag is also an environment variable; the flag wins.",
    )
    for setting in SETTINGS:
        metavar = setting.kind.name.upper() if " " not in setting.kind.name else "WORD"
        parser.add_argument(setting.flag, dest=setting.field, metavar=metavar, help=_help(setting))


def _help(setting: Setting) -> str:
    default = f" [{setting.shown_default}]" if setting.shown_default else ""
    words = f" One of: {setting.kind.name}." if " " in setting.kind.name else ""
    return f"{setting.help}{words}{default} {setting.variable}".replace("%", "%%")


def _run(options: argparse.Namespace) -> int:
    flags = {setting.field: getattr(options, setting.field) for setting in SETTINGS}
    settings = read_settings(os.environ, {field: text for field, text in flags.items() if text is not None})
    if settings.workers > 1:
        from server.bootstrap.workers import serve_with_workers  # noqa: PLC0415 - heavy

        return serve_with_workers(settings)
    from server.bootstrap.process import serve  # noqa: PLC0415 - heavy

    return serve(settings)
