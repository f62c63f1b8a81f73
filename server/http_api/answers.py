"""From the core's values to JSON answers: lowerCamelCase, RFC 3339, absent fields left out."""

from collections.abc import Sequence
from typing import Any

import msgspec
from sanic.response import HTTPResponse

from server.core.debounce import debounce_json
from server.core.errors import TrackingError
from server.core.instants import format_rfc3339
from server.core.model import ApiKey, Entry, Outcome, Receipt, RecordDetails, Sample
from server.core.reading import EntryList
from server.http_api.errors import ErrorBody, error_body

JSON = "application/json"
_SUCCESS = b'{"success": true}'
_NO_RECORD = RecordDetails()
_encode = msgspec.json.Encoder().encode


class _SampleBody(msgspec.Struct, rename="camel", omit_defaults=True):
    event_count: int
    event_time: str
    message: str
    attributes: msgspec.Raw | None = None
    trace_id: str | None = None
    span_id: str | None = None
    event_id: str | None = None


class _NotificationBody(msgspec.Struct, omit_defaults=True):
    decision: str
    requested: bool | None = None
    reason: str | None = None


class _EntryBody(msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True):
    id: str
    organisation: str
    level: str
    message: str
    event_count: int
    event_time: str
    receive_time: str
    first_event_time: str
    last_event_time: str
    expire_time: str
    service: str | None = None
    component: str | None = None
    code: str | None = None
    environment: str | None = None
    release: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    event_id: str | None = None
    fingerprint: str | None = None
    attributes: msgspec.Raw | None = None
    body: msgspec.Raw | None = None
    severity_number: int = 0
    severity_text: str | None = None
    event_name: str | None = None
    flags: int = 0
    dropped_attributes_count: int = 0
    resource: msgspec.Raw | None = None
    scope: msgspec.Raw | None = None
    door: str
    group_id: str
    debounce_key: str | None = None
    window_end_time: str | None = None
    samples: list[_SampleBody] | None = None
    notification: _NotificationBody
    warnings: tuple[str, ...] | None = None


class _PageBody(msgspec.Struct, rename="camel", omit_defaults=True):
    entries: list[_EntryBody]
    next_page_token: str | None = None


class _IndexedError(msgspec.Struct):
    index: int
    error: ErrorBody


class _BatchBody(msgspec.Struct):
    success: bool
    stored: int
    debounced: int
    duplicate: int
    rejected: int
    errors: list[_IndexedError]


class _KeyBody(msgspec.Struct, rename="camel", omit_defaults=True):
    id: str
    organisation: str
    kind: str
    scopes: list[str]
    origins: Sequence[str]
    create_time: str
    name: str | None = None
    rate: int | None = None
    otlp_debounce: dict[str, str | float] | bool | None = None
    otlp_component: str | None = None
    last_use_time: str | None = None
    revoke_time: str | None = None
    key: str | None = None


class _KeyListBody(msgspec.Struct):
    keys: list[_KeyBody]


def json_answer(value: Any, status: int = 200) -> HTTPResponse:
    """Any value that msgspec encodes, as an answer."""
    return HTTPResponse(_encode(value), status, content_type=JSON)


def logged(receipt: Receipt) -> HTTPResponse:
    """The brief's answer; what happened is in headers."""
    headers = {
        "Tracking-Outcome": receipt.outcome.value,
        "Tracking-Entry-Id": receipt.entry_id,
        "Tracking-Event-Count": str(receipt.event_count),
    }
    return HTTPResponse(_SUCCESS, 200, headers, JSON)


def batch_logged(results: Sequence[Receipt | TrackingError]) -> HTTPResponse:
    """What became of a batch: counts, and each rejected event's error."""
    counts = dict.fromkeys(Outcome, 0)
    errors = []
    for index, result in enumerate(results):
        if isinstance(result, Receipt):
            counts[result.outcome] += 1
        else:
            errors.append(_IndexedError(index, error_body(result)))
    return json_answer(
        _BatchBody(
            success=not errors,
            stored=counts[Outcome.STORED],
            debounced=counts[Outcome.DEBOUNCED],
            duplicate=counts[Outcome.DUPLICATE],
            rejected=len(errors),
            errors=errors,
        )
    )


def entry_page(page: EntryList) -> HTTPResponse:
    """A page of entries."""
    return json_answer(_PageBody([entry_body(entry) for entry in page.entries], page.next_page_token))


def entry_body(entry: Entry) -> _EntryBody:
    """An entry's JSON object."""
    notification, record = entry.notification, entry.record or _NO_RECORD
    return _EntryBody(
        id=entry.id,
        organisation=entry.organisation,
        level=entry.level.word,
        message=entry.message,
        event_count=entry.event_count,
        event_time=format_rfc3339(entry.event_time),
        receive_time=format_rfc3339(entry.receive_time),
        first_event_time=format_rfc3339(entry.first_event_time),
        last_event_time=format_rfc3339(entry.last_event_time),
        expire_time=format_rfc3339(entry.expire_time),
        service=entry.service,
        component=entry.component,
        code=entry.code,
        environment=entry.environment,
        release=entry.release,
        trace_id=entry.trace_id,
        span_id=entry.span_id,
        event_id=entry.event_id,
        fingerprint=entry.fingerprint,
        attributes=_raw(entry.attributes),
        body=_raw(record.body),
        severity_number=record.severity_number,
        severity_text=record.severity_text,
        event_name=record.event_name,
        flags=record.flags,
        dropped_attributes_count=record.dropped_attributes_count,
        resource=_raw(record.resource),
        scope=_raw(record.scope),
        door=entry.door,
        group_id=entry.group_id,
        debounce_key=entry.debounce_key,
        window_end_time=_instant(entry.window_end_time),
        samples=[_sample_body(sample) for sample in entry.samples] or None,
        notification=_NotificationBody(notification.decision, notification.requested, notification.reason),
        warnings=entry.warnings or None,
    )


def key_body(key: ApiKey, secret: str | None = None) -> _KeyBody:
    """A key's JSON object; its secret only in the answer that creates it."""
    return _KeyBody(
        id=key.id,
        organisation=key.organisation,
        kind=key.kind,
        scopes=sorted(key.scopes),
        origins=key.origins,
        create_time=format_rfc3339(key.create_time),
        name=key.name,
        rate=key.rate,
        otlp_debounce=debounce_json(key.otlp_debounce),
        otlp_component=key.otlp_component,
        last_use_time=_instant(key.last_use_time),
        revoke_time=_instant(key.revoke_time),
        key=secret,
    )


def key_list(keys: Sequence[ApiKey]) -> HTTPResponse:
    """All keys at once: an organisation has few."""
    return json_answer(_KeyListBody([key_body(key) for key in keys]))


def _sample_body(sample: Sample) -> _SampleBody:
    return _SampleBody(
        event_count=sample.event_count,
        event_time=format_rfc3339(sample.event_time),
        message=sample.message,
        attributes=_raw(sample.attributes),
        trace_id=sample.trace_id,
        span_id=sample.span_id,
        event_id=sample.event_id,
    )


def _raw(packed: bytes) -> msgspec.Raw | None:
    return msgspec.Raw(packed) if packed else None


def _instant(nanoseconds: int | None) -> str | None:
    return None if nanoseconds is None else format_rfc3339(nanoseconds)
