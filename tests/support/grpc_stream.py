"""One call of `LogStream`, in REST's words."""

from typing import Any

import grpc
import grpc.aio
from tracking.v1 import outcome_pb2, tracking_service_pb2

from tests.support.grpc_door import failure_of
from tests.support.grpc_messages import event_message
from tests.support.results import Event, Failure

_METHOD = "/tracking.v1.TrackingService/LogStream"
_SECONDS = 30.0

Response = tracking_service_pb2.LogStreamResponse


class Stream:
    """Sends and reads when told to."""

    def __init__(self, channel: grpc.aio.Channel, key: str) -> None:
        multi: Any = channel.stream_stream(_METHOD)
        self._call = multi(metadata=(("authorization", f"Bearer {key}"),), timeout=_SECONDS)

    async def send(self, sequence: int, event: Event) -> None:
        """Send one event."""
        await self.send_bytes(
            tracking_service_pb2.LogStreamRequest(sequence=sequence, event=event_message(event)).SerializeToString()
        )

    async def send_bytes(self, data: bytes) -> None:
        """Send one message, whatever it is."""
        await self._call.write(data)

    async def answer(self) -> Response | None:
        """The next answer; None at the end of the call. Raises AioRpcError for an end that is an error."""
        data = await self._call.read()
        return Response.FromString(data) if isinstance(data, bytes) else None

    async def answers(self, number: int) -> list[Response]:
        """The next answers; all of them must come."""
        answers = [await self.answer() for _ in range(number)]
        return [answer for answer in answers if answer is not None]

    async def end(self) -> list[Response]:
        """Send nothing more; the answers that are still to come."""
        await self._call.done_writing()
        rest = []
        while (answer := await self.answer()) is not None:
            rest.append(answer)
        return rest

    async def failure(self) -> tuple[grpc.StatusCode, Failure]:
        """How the server ends the call, with no answer before it."""
        try:
            answer = await self.answer()
        except grpc.aio.AioRpcError as error:
            return error.code(), failure_of(error)
        raise AssertionError(answer)

    def hang_up(self) -> None:
        """Go away in the middle of it."""
        self._call.cancel()


def outcome(answer: Response) -> str:
    """What became of the event, in REST's word; the code of its error behind it where there is one."""
    word = outcome_pb2.Outcome.Name(answer.result.outcome).removeprefix("OUTCOME_").lower()
    return f"{word} {answer.result.error.code}" if answer.result.HasField("error") else word
