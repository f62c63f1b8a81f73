"""One HTTP/1.1 connection with total deadlines and a close that lets the client read its answer."""

from enum import Enum, auto
from time import monotonic
from typing import Any

from sanic.exceptions import BadRequest
from sanic.http import Stage
from sanic.server.protocols.http_protocol import HttpProtocol

from server.transport.http.connections import Connections
from server.transport.http.stream import TrackingStream

_READ_HIGH_WATER_BYTES = 64 * 1024
_MAX_LINGER_BYTES = 16 * 1024 * 1024
# A busy client's next request is already on its way: who was quiet for so many looks in a row is idle. A number of
# looks, and no time, because what arrived while the process was held up has then been read.
_QUIET_LOOKS = 5


class Phase(Enum):
    """What a connection is waiting for."""

    FRESH = auto()
    HEAD = auto()
    BODY = auto()
    HANDLER = auto()
    WRITE = auto()
    IDLE = auto()
    LINGER = auto()


class TooSlow(BadRequest):
    """A head or a body did not arrive in time."""

    status_code = 408


class TrackingHttpProtocol(HttpProtocol):
    """Sanic's protocol, but: deadlines that a byte does not reset, kept by `Connections` without a timer a request.

    The watch notes when it first sees a connection in a phase of a request; a phase that is still the same when
    its time is up is over. So the path of a request does nothing for its deadlines.
    """

    HTTP_CLASS = TrackingStream
    __slots__ = (
        "_discarded",
        "_linger_on_close",
        "_lingering",
        "_noted",
        "_noted_since",
        "_pauses",
        "_quiet_looks",
        "_quiet_since",
        "too_slow",
        "watch",
    )

    _http: TrackingStream | None
    recv_buffer: bytearray

    def __init__(self, *, watch: Connections, **settings: Any) -> None:
        settings["connections"] = watch.open
        super().__init__(**settings)
        self.watch = watch
        self.too_slow = False
        self._http = None
        self._linger_on_close = self._lingering = False
        self._discarded = self._pauses = self._quiet_looks = 0
        self._quiet_since = 0.0
        self._noted: tuple[Phase, int] | None = None
        self._noted_since = 0.0

    def check_timeouts(self) -> None:
        """Sanic's own timeouts are not used."""

    def check_deadline(self, now: float) -> None:
        """Called by the watch: end what takes too long."""
        phase = self._phase()
        if phase != self._noted:
            self._noted, self._noted_since = phase, now
        elif now - self._noted_since > self._allowed(phase[0]):
            self._expire(phase[0])

    def _phase(self) -> tuple[Phase, int]:
        if self._lingering:
            return Phase.LINGER, 0
        if not self._can_write.is_set():
            return Phase.WRITE, self._pauses
        stream, request = self._http, self.state["requests_count"]
        if stream is None or (stream.stage is Stage.IDLE and not stream.request_body):
            return (Phase.IDLE if request else Phase.FRESH), request
        if stream.stage is Stage.REQUEST:
            return Phase.HEAD, request
        return (Phase.BODY if stream.request_body else Phase.HANDLER), request

    def _allowed(self, phase: Phase) -> float:
        deadlines = self.watch.deadlines
        match phase:
            case Phase.FRESH | Phase.HEAD:
                return deadlines.head_seconds
            case Phase.BODY:
                return deadlines.for_body(self._http.arrived_bytes if self._http else 0)
            case Phase.HANDLER:
                return float("inf")
            case Phase.WRITE:
                return deadlines.write_seconds
            case Phase.IDLE:
                return deadlines.idle_seconds
            case Phase.LINGER:
                return deadlines.linger_seconds

    def _expire(self, phase: Phase) -> None:
        match phase:
            case Phase.HEAD | Phase.BODY:
                # Whoever waits for more bytes gets the error, answers, and the connection closes.
                self.too_slow = True
                self._data_received.set()
            case Phase.FRESH | Phase.IDLE:
                self.close()
            case _:
                self.cut_off()

    async def receive_more(self) -> None:
        """Wait for more bytes of the request; raises TooSlow once its time is up."""
        assert self.transport is not None
        if not self.too_slow:
            self.transport.resume_reading()
            self._data_received.clear()
            await self._data_received.wait()
        if self.too_slow:
            raise TooSlow("The request did not arrive in time.")

    def data_received(self, data: bytes) -> None:
        """Keep what arrives, and stop reading while nobody takes it."""
        if self._lingering:
            self._discard(data)
            return
        self._time = monotonic()
        buffer = self.recv_buffer
        buffer += data
        if len(buffer) >= _READ_HIGH_WATER_BYTES and self.transport:
            self.transport.pause_reading()
        self._data_received.set()

    def pause_writing(self) -> None:
        """The client does not take its answer."""
        self._pauses += 1
        super().pause_writing()  # type: ignore[no-untyped-call]  # so is Sanic, here and below

    def linger_on_close(self) -> None:
        """The client may still be sending: a plain close would reset the connection and take its answer away."""
        self._linger_on_close = True

    def close(self, timeout: float | None = None) -> None:
        """Close, after lingering where the client has to be able to read an early answer."""
        if self._lingering:
            return
        if self._linger_on_close and self.transport and not self.transport.is_closing():
            self._linger()
        else:
            super().close(timeout)

    def _linger(self) -> None:
        transport = self.transport
        assert transport is not None
        self._lingering = True
        self.recv_buffer.clear()
        if transport.can_write_eof():
            transport.write_eof()
        transport.resume_reading()

    def _discard(self, data: bytes) -> None:
        self._discarded += len(data)
        if self._discarded > _MAX_LINGER_BYTES:
            self.cut_off()

    def close_if_quiet(self) -> None:
        """Called by the watch of a server that drains: close if no request is under way and none is likely to be."""
        quiet = self._phase()[0] in (Phase.FRESH, Phase.IDLE) and not self.recv_buffer
        if not quiet or self._time != self._quiet_since:
            self._quiet_since, self._quiet_looks = self._time, 0
            return
        self._quiet_looks += 1
        if self._quiet_looks >= _QUIET_LOOKS:
            self.close()

    def cut_off(self) -> None:
        """Close at once, whatever is under way."""
        if self.transport:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed, by whichever side."""
        super().connection_lost(exc)  # type: ignore[no-untyped-call]
        self.watch.closed(self)
