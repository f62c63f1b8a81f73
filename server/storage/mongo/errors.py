"""What MongoDB's errors mean to the core."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from bson.errors import BSONError
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ConnectionFailure,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WaitQueueTimeoutError,
)

from server.core.errors import Internal, StoreUnavailable, TrackingError

logger = logging.getLogger("tracking.mongo")

DUPLICATE_KEY = 11000
_AUTHENTICATION_FAILED = frozenset({13, 18, 8000})
MAY_PASS = frozenset(
    {
        6,  # HostUnreachable
        7,  # HostNotFound
        43,  # CursorNotFound: a listing across a restart
        50,  # MaxTimeMSExpired
        64,  # WriteConcernFailed
        89,  # NetworkTimeout
        91,  # ShutdownInProgress
        100,  # UnsatisfiableWriteConcern: too few members are up
        112,  # WriteConflict
        133,  # FailedToSatisfyReadPreference
        134,  # ReadConcernMajorityNotAvailableYet
        189,  # PrimarySteppedDown
        202,  # NetworkInterfaceExceededTimeLimit
        237,  # CursorKilled
        262,  # ExceededTimeLimit
        9001,  # SocketException
        10058,  # LegacyNotPrimary
        10107,  # NotWritablePrimary
        11600,  # InterruptedAtShutdown
        11601,  # Interrupted
        11602,  # InterruptedDueToReplStateChange
        13388,  # StaleConfig
        13435,  # NotPrimaryNoSecondaryOk
        13436,  # NotPrimaryOrSecondary
        14031,  # OutOfDiskSpace
    }
)


def is_passing(error: PyMongoError) -> bool:
    """Whether the same operation may succeed later: the deployment is away, changing or too slow."""
    if isinstance(error, BulkWriteError):
        return all(each.get("code") in MAY_PASS for each in error.details["writeErrors"])
    if isinstance(error, ConnectionFailure | ExecutionTimeout | WaitQueueTimeoutError) or error.timeout:
        return True
    return isinstance(error, OperationFailure) and (
        error.code in MAY_PASS or error.has_error_label("RetryableWriteError")
    )


def is_refused(error: PyMongoError) -> bool:
    """Whether the deployment does not want us, or the URL cannot be right: for the operator to mend."""
    return isinstance(error, ConfigurationError) or (
        isinstance(error, OperationFailure) and error.code in _AUTHENTICATION_FAILED
    )


def to_tracking_error(error: Exception) -> TrackingError:
    """An error of the driver in the core's words. What the driver says names hosts: it is for the log alone."""
    if isinstance(error, PyMongoError) and (is_passing(error) or is_refused(error)):
        return StoreUnavailable()
    logger.error("MongoDB failed: %s", brief(error))
    return Internal()


@contextmanager
def translated_errors() -> Iterator[None]:
    """Let no type of the driver out."""
    try:
        yield
    except (PyMongoError, BSONError) as error:
        raise to_tracking_error(error) from error


def brief(error: Exception) -> str:
    """The first sentence: the driver appends its whole view of the deployment."""
    return str(error).partition(", Timeout:")[0].partition(", full error:")[0][:300]
