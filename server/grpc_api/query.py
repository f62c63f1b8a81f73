"""QueryService: entries are read."""

from time import time_ns

import grpc
from tracking.v1 import query_service_pb2

from server.core.query import DEFAULT_PAGE_SIZE, check_page_size
from server.core.services import Services
from server.grpc_api.door import method
from server.grpc_api.entries import entry_message, read_filter
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

    return grpc.method_handlers_generic_handler(
        SERVICE,
        {
            "ListEntries": method(services, "ListEntries", list_entries),
            "GetEntry": method(services, "GetEntry", get_entry),
        },
    )
