"""Who changed what of the caller's organisation."""

from sanic.request import Request
from sanic.response import HTTPResponse

from server.core.audit import AuditRecord
from server.core.instants import format_rfc3339
from server.core.services import Services
from server.http_api.answers import json_answer
from server.http_api.door import Handler, admit
from server.http_api.parameters import page_size_of, page_token_of, parameters_of


def list_audit_handler(services: Services) -> Handler:
    """`GET audit`."""

    async def list_audit(request: Request) -> HTTPResponse:
        caller = await admit(services, request, "admin")
        parameters = parameters_of(request)
        page = await services.audit.list_records(
            caller,
            page_size=page_size_of(parameters),
            page_token=page_token_of(parameters),
        )
        body: dict[str, object] = {"records": [_record_body(record) for record in page.records]}
        if page.next_page_token is not None:
            body["nextPageToken"] = page.next_page_token
        return json_answer(body)

    return list_audit


def _record_body(record: AuditRecord) -> dict[str, object]:
    return {
        "time": format_rfc3339(record.time),
        "actor": record.actor,
        "action": record.action,
        "details": record.details,
    }
