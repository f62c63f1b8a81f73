"""What the caller's organisation uses."""

from sanic.request import Request
from sanic.response import HTTPResponse

from server.core.model import Level
from server.core.services import Services
from server.core.usage import LevelUsage, UsageReport
from server.http_api.answers import json_answer
from server.http_api.door import Handler, admit

_NOTHING = LevelUsage()


def get_usage_handler(services: Services) -> Handler:
    """`GET usage`."""

    async def get_usage(request: Request) -> HTTPResponse:
        caller = await admit(services, request, "read")
        return json_answer(_body(await services.usage.report(caller)))

    return get_usage


def _body(report: UsageReport) -> dict[str, object]:
    levels = {level: report.stored.levels.get(level, _NOTHING) for level in Level}
    return {
        "entries": sum(usage.entries for usage in levels.values()),
        "events": sum(usage.events for usage in levels.values()),
        "bytes": sum(usage.bytes for usage in levels.values()),
        "levels": {level.word: usage for level, usage in levels.items()},
        "received": {"lastMinute": report.last_minute_events, "lastHour": report.last_hour_events},
        "databaseBytes": report.stored.database_bytes,
    }
