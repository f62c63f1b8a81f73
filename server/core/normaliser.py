"""What a message says apart from its values: e-mail, URL, UUID, IP, time, hex, number and quoted values are `<name>`.

Every digit becomes a zero first (`mask`) and none survives, so that the answer for one message is the answer for a
storm of messages that differ in their numbers. Digits are numbers wherever they stand: `user_7`, `worker12`, `35ms`.

Linear on any input: every repetition is bounded, or begins only where a run of its characters begins and never
backtracks into it; and no more than the first `MAX_BYTES` of a message are looked at.
"""

import re

NORMALISER_VERSION = 1
"""Part of every group's id: to be raised with any change here that can change a normalised message."""

MAX_BYTES = 4 * 1024
"""How much of a message (UTF-8) is looked at."""
_MAX_NORMALISED_BYTES = 2 * 1024
"""How much of the result is kept: less, so that longer values in the front seldom move what counts at the end."""

_MASK = bytes.maketrans(b"123456789", b"000000000")

_START, _END = "(?<![0-9A-Za-z])", "(?![0-9A-Za-z])"
_HEX = "[0-9A-Fa-f]"
_GROUPS = f"{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,6}}"
_OFFSET = "[-+][0-9]{2}:?[0-9]{2}"
_CLOCK = f"[0-9]{{1,2}}:[0-9]{{2}}(?::[0-9]{{2}}(?:[.,][0-9]++)?)?(?: ?(?:(?:Z|UTC|GMT)(?:{_OFFSET})?|{_OFFSET}))?"
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6},? "
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6}"

_URL = re.compile(rf"{_START}[A-Za-z][0-9A-Za-z+.-]{{0,20}}://[^\s\"'<>]*[^\s\"'<>.,;:!?)\]}}]".encode())
_EMAIL = re.compile(rb"(?<![0-9A-Za-z._%+-])[0-9A-Za-z._%+-]++@[0-9A-Za-z.-]+\.[A-Za-z]{2,}+")
_QUOTED = re.compile(rb"\"[^\"\n]*+\"|(?<![0-9A-Za-z_])'[^'\n]*+'(?![0-9A-Za-z_])")

_VALUES = {
    "uuid": f"{_HEX}{{8}}-(?:{_HEX}{{4}}-){{3}}{_HEX}{{12}}{_END}",
    "ip": (
        rf"(?:[0-9]{{1,3}}\.){{3}}[0-9]{{1,3}}(?!\.?[0-9A-Za-z])"
        rf"|(?:(?:{_HEX}{{1,4}}:){{7}}{_HEX}{{1,4}}|(?=[A-Fa-f:]{{0,34}}[0-9])(?:{_GROUPS}::(?:{_GROUPS})?|::{_GROUPS}))"
        rf"(?:(?:\.[0-9]{{1,3}}){{3}})?{_END}"
    ),
    "mac": f"{_HEX}{{2}}(?:[:-]{_HEX}{{2}}){{5}}{_END}",
    "time": (
        f"(?:[0-9]{{4}}[-/][0-9]{{1,2}}[-/][0-9]{{1,2}}|[0-9]{{1,2}}/[0-9]{{1,2}}/[0-9]{{2,4}})(?:[Tt ]{_CLOCK})?"
        "|[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]++)?"
        f"|(?=[0-9A-Z])(?:{_DAY})?(?:[0-9]{{1,2}}[ /-]{_MONTH}[ /-][0-9]{{4}}(?:[ :T]{_CLOCK})?"
        f"|{_MONTH} {{1,2}}[0-9]{{1,2}}(?:,? [0-9]{{4}})? {_CLOCK})"
    ),
    "hex": f"[0-9]++[xX]{_HEX}++{_END}|(?=[0-9]*[A-Fa-f])(?=[A-Fa-f]*[0-9]){_HEX}{{7,}}+{_END}",
}
_NUMBER = rf"(?:{_START}[-+])?[0-9]++(?:[.,][0-9]++)*+(?:[eE][-+]?[0-9]++)?"

# The set in front lets the search skip most characters. Only what holds a digit is found here.
_WITH_DIGITS = re.compile(
    (
        "(?=[-+:0-9A-FJMNOSTa-f])"
        f"(?:{_START}(?:{'|'.join(f'(?P<{name}>{rule})' for name, rule in _VALUES.items())})|(?P<number>{_NUMBER}))"
    ).encode()
)
_NAMES = {name: f"<{name}>".encode() for name in [*_VALUES, "number"]} | {"mac": b"<hex>"}


def mask(message: str) -> bytes:
    """The part of a message that is looked at, in UTF-8, with every digit a zero."""
    return message[:MAX_BYTES].encode("utf-8", "surrogatepass")[:MAX_BYTES].translate(_MASK)


def normalise(masked: bytes) -> bytes:
    """The normalised form of a masked message. Quotes in a JSON object are its syntax, not values."""
    text = masked
    if b"://" in text:
        text = _URL.sub(b"<url>", text)
    if b"@" in text:
        text = _EMAIL.sub(b"<email>", text)
    if (b"'" in text or b'"' in text) and not masked.lstrip().startswith(b"{"):
        text = _QUOTED.sub(b"<quoted>", text)
    if b"0" in text:
        text = _WITH_DIGITS.sub(_name_of, text)
    return text[:_MAX_NORMALISED_BYTES]


def _name_of(value: re.Match[bytes]) -> bytes:
    assert value.lastgroup is not None
    return _NAMES[value.lastgroup]
