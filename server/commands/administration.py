"""How the administration commands reach the store: by themselves, beside a server or without one."""

import argparse
import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import TypeVar

from server.core.administration import Administration
from server.core.audit import Audit
from server.core.ports import AdministrationStore
from server.settings import Settings, read_settings

T = TypeVar("T")


def add_database_flag(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--database-url", metavar="URL", help="the store of the service [TRACKING_DATABASE_URL, else data/tracking.db]"
    )


def with_administration(options: argparse.Namespace, work: Callable[[Administration], Awaitable[T]]) -> T:
    """What `work` gives, done with the store that the options and the environment name."""
    return with_store(options, lambda store: work(Administration(store, Audit(store))))


def with_store(options: argparse.Namespace, work: Callable[[AdministrationStore], Awaitable[T]]) -> T:
    """The same for work on the store itself."""
    return asyncio.run(_work(settings_of(options), work))


def settings_of(options: argparse.Namespace) -> Settings:
    """What the options and the environment say."""
    flags = {} if options.database_url is None else {"database_url": options.database_url}
    return read_settings(os.environ, flags)


async def _work(settings: Settings, work: Callable[[AdministrationStore], Awaitable[T]]) -> T:
    from server.bootstrap.stores import open_directory  # noqa: PLC0415 - heavy

    async with open_directory(settings) as store:
        return await work(store)
