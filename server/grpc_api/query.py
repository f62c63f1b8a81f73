"""QueryService: entries are read, and what they add up to (`statistics.py`)."""

from functools import partial
from time import time_ns

import grpc
from tracking.v1 import query_service_pb2

from server.core.query import DEFAULT_PAGE_SIZE, check_page_size
from server.core.services import Services
from server.grpc_api.door import method, stream
from server.grpc_api.entries import entry_message, read_filter
from server.grpc_api.statistics import statistics_methods
from server.grpc_api.tail import tailed
from server.transport.grpc import MessageReader, decode
from server.transport.grpc_method import Context, admit

SERVICE = query_service_pb2.DESCRIPTOR.services_by_name["QueryService"].full_name


def query_service(services: Services, reader: MessageReader) -> grpc.GenericRpcHandler:
    """The service's methods."""

    async def list_entries(context: Context) -> bytes:
        key = await admit(services, context, "read")
        request = decode(query_service_pb2.ListEntriesRequest, await reader.read(context, key.id))
        page = await services.reading.list_entries(
            key,
            read_filter(request.filter, time_ns()),
            page_size=check_page_size(request.page_size or DEFAULT_PAGE_SIZE),
            page_token=request.page_token or None,
        )
        entries = [entry_message(entry) for entry in page.entries]
        response = query_service_pb2.ListEntriesResponse(entries=entries, next_page_token=page.next_page_token or "")
        return response.SerializeToString()

    async def get_entry(context: Context) -> bytes:
        key = await admit(services, context, "read")
        request = decode(query_service_pb2.GetEntryRequest, await reader.read(context, key.id))
        entry = await services.reading.get_entry(key, request.id)
        return query_service_pb2.GetEntryResponse(entry=entry_message(entry)).SerializeToString()

    async def tail_entries(context: Context) -> None:
        key = await admit(services, context, "read")
        request = decode(query_service_pb2.TailEntriesRequest, await reader.read(context, key.id))
        filters, after = read_filter(request.filter, time_ns()), request.resume_token or None
        check = partial(admit, services, context, "read")
        async with services.tails.open(key, filters, after=after, check=check) as messages:
            async for some in messages:
                for message in some:
                    await context.write(tailed(message))

    return grpc.method_handlers_generic_handler(
        SERVICE,
        {
            "ListEntries": method(services, "ListEntries", list_entries),
            "GetEntry": method(services, "GetEntry", get_entry),
            "TailEntries": stream(services, "TailEntries", tail_entries),
            **statistics_methods(services, reader),
        },
    )
