"""The key without which nobody could do anything: given by the operator, or made and shown on the very first start."""

import asyncio
import logging

from server.core.administration import Administration
from server.core.errors import StoreUnavailable
from server.settings import Settings

logger = logging.getLogger("tracking")

KEY_SECONDS = 2.0
"""How long a start waits for the store before it opens the doors, and between two looks after that."""


async def ensure_key(administration: Administration, settings: Settings) -> str | None:
    """The secret of a first key, if there had to be one; waits for a store that is away."""
    told = False
    while True:
        try:
            if settings.bootstrap_api_key is None:
                return await administration.ensure_first_key()
            await administration.ensure_bootstrap_key(settings.bootstrap_api_key)
        except StoreUnavailable as error:
            if not told:
                logger.warning("The store is away, so there may be no API key yet: %s", error.description)
                told = True
            await asyncio.sleep(KEY_SECONDS)
        else:
            return None


def announce_key(url: str, key: "asyncio.Future[str | None]") -> None:
    """Once there is a first key: show it, and a command that uses it."""
    if key.cancelled():
        return
    if (error := key.exception()) is not None:
        logger.error("No key could be made sure of; make one with 'tracking key create'.", exc_info=error)
    elif (secret := key.result()) is not None:
        _show(url, secret)


def _show(url: str, secret: str) -> None:
    print(_FIRST_START.format(secret=secret, url=url.rstrip("/")), flush=True)


_FIRST_START = """
This is the first start. Organisation 'default' was created, with an API key that is shown only now:

    {secret}

Send a first event:

    curl -X POST "{url}/api/v1/tracking/log" \\
      -H "Content-Type: application/json" \\
      -H "Authorization: Bearer {secret}" \\
      -d '{{"message": "Hello from curl", "level": "success"}}'

and find it again:

    curl "{url}/api/v1/tracking/entries" -H "Authorization: Bearer {secret}"
"""
