"""How long a client may take. All are total: a byte now and then does not extend them."""

import msgspec

MEBIBYTE = 1024 * 1024


class Deadlines(msgspec.Struct, frozen=True, kw_only=True):
    """`head` runs from a request's first byte, and on a fresh connection until it; `idle` between requests.

    `body` runs from the complete head and grows with what arrives; `write` while a client does not
    take its answer; `linger` from an early answer until what the client still sends is cut off.
    """

    head_seconds: float = 10.0
    body_seconds: float = 30.0
    body_seconds_per_mebibyte: float = 1.0
    idle_seconds: float = 75.0
    write_seconds: float = 30.0
    linger_seconds: float = 5.0

    def for_body(self, size: int) -> float:
        """Seconds for a body of this many bytes."""
        return self.body_seconds + self.body_seconds_per_mebibyte * size / MEBIBYTE

    @property
    def watch_seconds(self) -> float:
        """How often connections are looked at: a deadline is kept to twice this."""
        return min(0.5, self.head_seconds / 4, self.body_seconds / 4, self.write_seconds / 4, self.linger_seconds / 4)
