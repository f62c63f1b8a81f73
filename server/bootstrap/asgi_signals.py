"""Signals in a process that is another program's: its own handlers do their work, and we hear of it too."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def heard(on_stop: Callable[[], object]) -> Iterator[None]:
    """Call `on_stop` first when the process is asked to stop; it may be called from anywhere in the main thread.

    An ASGI server waits for open answers before it tells the application that it stops: one without end would keep it.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number, handler in before.items():
        if callable(handler):
            signal.signal(number, _chained(on_stop, handler))
    try:
        yield
    finally:
        for number, handler in before.items():
            if callable(handler):
                signal.signal(number, handler)


def _chained(on_stop: Callable[[], object], handler: Callable[[int, FrameType | None], Any]) -> Any:
    def on_signal(number: int, frame: FrameType | None) -> None:
        on_stop()
        handler(number, frame)

    return on_signal
