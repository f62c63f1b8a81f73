"""From the messages of a live tail to the contract's."""

from tracking.v1 import query_service_pb2

from server.core.tail import TailMessage
from server.grpc_api.entries import entry_message


def tailed(message: TailMessage) -> bytes:
    """A message as the stream has it."""
    response = query_service_pb2.TailEntriesResponse(resume_token=message.position)
    match message.kind, message.entry:
        case "lost", _:
            response.lost.SetInParent()
            if message.lost is not None:
                response.lost.count = message.lost
        case "entry", entry if entry is not None:
            response.entry.CopyFrom(entry_message(entry))
        case "repeat", entry if entry is not None:
            response.repeat.CopyFrom(entry_message(entry))
        case _:
            response.heartbeat.SetInParent()
    return response.SerializeToString()
