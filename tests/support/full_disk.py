"""A disk without room: the service may not make any file larger than its largest one is."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.service import Service


@contextmanager
def no_room(service: Service) -> Iterator[None]:
    """Writes that would make a file larger fail (EFBIG) while the block runs."""
    largest = max(path.stat().st_size for path in Path(service.folder).iterdir())
    _limit(service, largest)
    try:
        yield
    finally:
        if service.runs:
            _limit(service, resource.RLIM_INFINITY)


def _limit(service: Service, size: int) -> None:
    resource.prlimit(service.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
