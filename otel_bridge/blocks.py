"""What the records of one block share: their resource and scope, converted once."""

from typing import Any

import msgspec

from otel_bridge.bounds import require_context
from otel_bridge.controls import Controls, Defaults, cut, read_controls, take_controls
from server.core.attributes import pack_attributes, pack_value
from server.core.errors import InvalidField

_encode = msgspec.json.Encoder().encode


class Source(msgspec.Struct, kw_only=True):
    """A resource or a scope as it was read. `attributes` are its own, and are used up."""

    attributes: dict[str, Any]
    schema_url: str
    dropped_attributes_count: int
    name: str = ""
    version: str = ""
    warnings: tuple[str, ...] = ()


class ResourceBlock(msgspec.Struct, frozen=True):
    """What is known of a resource: `description` as an entry shows it, `said` by its control attributes."""

    description: bytes
    service: str
    environment: str | None
    release: str | None
    said: dict[str, Any]
    warnings: tuple[str, ...]


class Block(msgspec.Struct, frozen=True):
    """What every record of a scope has. `controls` is None where what was said is wrong for whoever says no other."""

    resource: bytes
    scope: bytes
    service: str
    environment: str | None
    release: str | None
    said: dict[str, Any]
    scope_name: str
    defaults: Defaults
    controls: Controls | None
    warnings: tuple[str, ...]


def resource_block(source: Source) -> ResourceBlock:
    """Converts a resource."""
    said = take_controls(source.attributes)
    get = source.attributes.get
    description, warnings = _describe(source)
    environment = as_text(get("deployment.environment.name")) or as_text(get("deployment.environment"))
    cuts: list[str] = []
    return ResourceBlock(
        description,
        cut(as_text(get("service.name")), cuts) or "unknown_service",
        cut(environment, cuts),
        cut(as_text(get("service.version")), cuts),
        said,
        (*warnings, *cuts),
    )


def scope_block(resource: ResourceBlock, source: Source, defaults: Defaults) -> Block:
    """Converts a scope of that resource."""
    said = {**resource.said, **take_controls(source.attributes)}
    description, warnings = _describe(source)
    return Block(
        resource.description,
        description,
        resource.service,
        resource.environment,
        resource.release,
        said,
        source.name,
        defaults,
        _controls_or_none(said, source.name, defaults),
        (*resource.warnings, *warnings),
    )


def as_text(value: Any) -> str:
    """A text as it is, any other value as its JSON, nothing as the empty text."""
    if isinstance(value, str):
        return value
    return "" if value is None else pack_value(value)[0].decode()


def _describe(source: Source) -> tuple[bytes, tuple[str, ...]]:
    """The source as an entry shows it; absent members are left out, b"" where nothing is known."""
    attributes, warnings = pack_attributes(source.attributes)
    members = {
        "name": source.name,
        "version": source.version,
        "attributes": msgspec.Raw(attributes) if attributes else None,
        "schemaUrl": source.schema_url,
        "droppedAttributesCount": source.dropped_attributes_count,
    }
    known = {name: member for name, member in members.items() if member}
    description = _encode(known) if known else b""
    require_context(len(description))
    return description, source.warnings + warnings


def _controls_or_none(said: dict[str, Any], scope_name: str, defaults: Defaults) -> Controls | None:
    try:
        return read_controls(said, scope_name, defaults)
    except InvalidField:
        # Each record gets an error of its own.
        return None
