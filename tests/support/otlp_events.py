"""The events of the other doors as records of OpenTelemetry."""

from time import time_ns
from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.logs.v1.logs_pb2 import SeverityNumber

from server.core.instants import parse_rfc3339
from tests.support.otlp_requests import record, request_of
from tests.support.results import Event

_SEVERITIES = {
    "info": (SeverityNumber.SEVERITY_NUMBER_INFO, "INFO"),
    "success": (SeverityNumber.SEVERITY_NUMBER_INFO, "SUCCESS"),
    "warning": (SeverityNumber.SEVERITY_NUMBER_WARN, "WARN"),
    "error": (SeverityNumber.SEVERITY_NUMBER_ERROR, "ERROR"),
    "critical": (SeverityNumber.SEVERITY_NUMBER_FATAL, "FATAL"),
}
_OF_THE_RESOURCE = {
    "service": "service.name",
    "environment": "deployment.environment.name",
    "release": "service.version",
}
_CONTROLS = {
    "component": "tracking.component",
    "code": "tracking.code",
    "sendNotification": "tracking.send_notification",
    "eventId": "tracking.event_id",
    "fingerprint": "tracking.fingerprint",
}


def event_request(event: Event) -> ExportLogsServiceRequest:
    """A request with one record that means the same. A debounce key and its window are all of debouncing here."""
    said = {name: value for name, value in event.items() if value is not None}
    number, text = _SEVERITIES[said.get("level", "info")]
    debounce = said.get("useDebounce", {})
    controls: dict[str, Any] = {
        **{control: said[name] for name, control in _CONTROLS.items() if name in said},
        **({"tracking.debounce.key": debounce["key"]} if "key" in debounce else {}),
        **({"tracking.debounce.max_interval": debounce["maxInterval"]} if "maxInterval" in debounce else {}),
    }
    made = record(
        {**said.get("attributes", {}), **controls},
        body=said["message"],
        severity_number=number,
        severity_text=text,
        time_unix_nano=parse_rfc3339(said["eventTime"]) if "eventTime" in said else 0,
        # What an SDK says too; without it, an event logged twice would be one request sent again.
        observed_time_unix_nano=time_ns(),
        trace_id=bytes.fromhex(said.get("traceId", "")),
        span_id=bytes.fromhex(said.get("spanId", "")),
    )
    resource = {attribute: said[name] for name, attribute in _OF_THE_RESOURCE.items() if name in said}
    return request_of(made, resource=resource)
