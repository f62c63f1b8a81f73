"""What is sent: events as services send them, each request a little different from the one before."""

from typing import Any

import msgspec
from tracking.v1 import debounce_pb2, level_pb2, log_event_pb2, tracking_service_pb2

BATCH_EVENTS = 500
_REQUESTS = 64
_BATCHES = 8
_STORM_KEY = "payment-callback"

_encode = msgspec.json.encode


def single_bodies(*, storm: bool = False) -> list[bytes]:
    """Bodies of `POST log`; `storm`: all of one debounce key."""
    return [_encode(_with_key(event(number)) if storm else event(number)) for number in range(_REQUESTS)]


def array_bodies() -> list[bytes]:
    """Bodies of `POST log/batch` as JSON arrays."""
    return [_encode(events) for events in _batches()]


def line_bodies() -> list[bytes]:
    """The same as NDJSON."""
    return [b"\n".join(map(_encode, events)) for events in _batches()]


def single_calls(*, storm: bool = False) -> list[bytes]:
    """Requests of `Log`."""
    return [
        tracking_service_pb2.LogRequest(event=event_message(event(number), storm=storm)).SerializeToString()
        for number in range(_REQUESTS)
    ]


def stream_calls() -> list[bytes]:
    """Requests of `LogStream`."""
    return [
        tracking_service_pb2.LogStreamRequest(sequence=number, event=event_message(event(number))).SerializeToString()
        for number in range(_REQUESTS)
    ]


def batch_calls(*, storm: bool = False) -> list[bytes]:
    """Requests of `LogBatch`."""
    return [
        tracking_service_pb2.LogBatchRequest(
            events=[event_message(single, storm=storm) for single in events]
        ).SerializeToString()
        for events in _batches()
    ]


def event(number: int) -> dict[str, Any]:
    """One event as JSON has it, with eight attributes."""
    order = 25_000_000 + number
    return {
        "message": f"[checkout] Payment callback failed: missing transId (orderId={order})",
        "level": "error",
        "sendNotification": True,
        "service": "checkout",
        "component": "payments",
        "environment": "production",
        "release": "2.14.1",
        "traceId": f"{order:032x}",
        "attributes": {
            "orderId": order,
            "currency": "EUR",
            "amount": 129.5 + number,
            "gateway": "gopay",
            "customer": f"customer-{number % 97}",
            "retry": number % 3 == 0,
            "attempt": number % 5,
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0)",
        },
    }


def event_message(source: dict[str, Any], *, storm: bool = False) -> log_event_pb2.LogEvent:
    """The same event as gRPC has it."""
    message = log_event_pb2.LogEvent(
        message=source["message"],
        level=level_pb2.LEVEL_ERROR,
        send_notification=source["sendNotification"],
        service=source["service"],
        component=source["component"],
        environment=source["environment"],
        release=source["release"],
        trace_id=source["traceId"],
        debounce=debounce_pb2.Debounce(key=_STORM_KEY) if storm else None,
    )
    message.attributes.update(source["attributes"])
    return message


def _batches() -> list[list[dict[str, Any]]]:
    return [[event(batch * BATCH_EVENTS + place) for place in range(BATCH_EVENTS)] for batch in range(_BATCHES)]


def _with_key(source: dict[str, Any]) -> dict[str, Any]:
    return {**source, "useDebounce": {"key": _STORM_KEY}}
