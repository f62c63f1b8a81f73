"""API keys: how they are made, what is kept of them, what they may do.

A secret is 256 random bits, so its plain SHA-256 is all that is kept and no pepper is needed. It is shown once.
"""

import secrets
from hashlib import sha256
from urllib.parse import urlsplit

from server.core.errors import NotAuthorised
from server.core.model import ApiKey, KeyKind, Scope

SCOPES: tuple[Scope, ...] = ("ingest", "read", "triage", "admin")
ALL_SCOPES: frozenset[Scope] = frozenset(SCOPES)
KINDS: tuple[KeyKind, ...] = ("server", "browser")

_PREFIXES: dict[KeyKind, str] = {"server": "trk_", "browser": "trkb_"}
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SECRET_LENGTH = 43


def generate_secret(kind: KeyKind) -> str:
    """A new secret: a prefix that secret scanners find, and 43 characters of base 62 (256 bits)."""
    number = secrets.randbits(256)
    characters = []
    for _ in range(_SECRET_LENGTH):
        number, digit = divmod(number, 62)
        characters.append(_ALPHABET[digit])
    return _PREFIXES[kind] + "".join(characters)


def generate_key_id() -> str:
    """The public name of a key."""
    return f"key_{secrets.token_hex(8)}"


def digest_of(secret: str) -> bytes:
    """What is kept of a secret."""
    return sha256(secret.encode("utf-8", "surrogateescape")).digest()


def require_scope(key: ApiKey, scope: Scope) -> None:
    """Return if the key may do this; `admin` implies the others. Raises NotAuthorised."""
    if scope not in key.scopes and "admin" not in key.scopes:
        raise NotAuthorised(f"This API key lacks the scope '{scope}'.", field="authorization")


def require_origin(key: ApiKey, origin: str | None) -> None:
    """Return if a browser key may be used from this origin (None: none was sent). Raises NotAuthorised."""
    if key.kind != "browser" or "*" in key.origins:
        return
    if origin is None or not any(_origin_matches(pattern, origin) for pattern in key.origins):
        raise NotAuthorised(
            "This browser key is bound to other origins. Add the page's origin to the key.",
            code="ORIGIN_NOT_ALLOWED",
            message="Origin not allowed",
            field="origin",
        )


def is_origin_pattern(pattern: str) -> bool:
    """Whether a text can be an allowed origin: scheme://host[:port], one `*.` label first at most, or `*`."""
    if pattern == "*":
        return True
    try:
        parts = urlsplit(pattern)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return False
    host = (parts.hostname or "").removeprefix("*.")
    bare = f"{parts.scheme}://{parts.netloc}" == pattern and "@" not in parts.netloc
    return bare and port_is_fine and parts.scheme in ("http", "https") and bool(host) and "*" not in host


def _origin_matches(pattern: str, origin: str) -> bool:
    if "*" not in pattern:
        return pattern.lower() == origin.lower()
    scheme, _, rest = pattern.lower().partition("://*.")
    label, _, domain = origin.lower().removeprefix(f"{scheme}://").partition(".")
    return origin.lower().startswith(f"{scheme}://") and bool(label) and domain == rest
