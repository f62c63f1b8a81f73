"""The innermost frames of a stack trace: Python, Java, JavaScript, Go, C#, PHP and Ruby.

Linear on any input: a bounded part of the text is looked at, line by line, and of a line a bounded part.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, pairwise

MOST_FRAMES = 5
"""How many frames tell a stack from another; further out they say how the program got there."""

_LOOKED_AT = 16 * 1024
"""Characters of a stack trace."""
_LONGEST_LINE = 500
_NAMED_COMPONENTS = 2
"""Of a path: the folders above differ between machines."""

_PYTHON = re.compile(r'[\s|]*+File "([^"]*+)", line [0-9]++(?:, in (.++))?')
"""The lines of an exception group have a `|` in front, one more for each group around."""
_PHP = re.compile(r"\s*+#[0-9]++ (?:\[internal function\]|([^(]++)\([0-9]++\)): (.++)")
_RUBY = re.compile(r"(?:\s*+[0-9]++: )?\s*+(?:from )?((?:[A-Za-z]:)?[^:]++):[0-9]++:in ['`]([^']++)'")
_GO_PLACE = re.compile(r"\t(.+?\.(?:go|s)):[0-9]++(?: |$)")
_GO_OWN = ("runtime.", "runtime/debug.", "panic(", "created by ")
_AT = "at "
_CALL = re.compile(r"([^\s(]++)\(([^)]*+)\)")
"""Java's `a.B.c(B.java:7)`, C#'s `A.B.C(Int32 d)`."""
_MODULE = re.compile(r"[\w.@-]++/(?:[\w.@-]*+/)?+")
_SOURCE = re.compile(r"([^:]++):[0-9]++")
_LINE_AND_COLUMN = re.compile(r"(?::[0-9]++){1,2}$")
_FIREFOX = re.compile(r"([^@]*+)@(.+?):[0-9]++(?::[0-9]++)?$")
_HOST = re.compile(r"[a-z-]++://[^/]*+/?+")


def innermost_frames(stack: str) -> list[str]:
    """At most five frames, innermost first, each `function file`; none where no line looks like one."""
    tail = stack[-_LOOKED_AT:]
    if 'File "' in tail and (frames := _frames(reversed(_lines(tail)), _python_frame)):
        return frames
    lines = _lines(stack[:_LOOKED_AT])
    if "\n\t" in stack and (frames := _first(_go_frames(lines))):
        return frames
    for read in (_at_frame, _php_frame, _ruby_frame, _firefox_frame):
        if frames := _frames(lines, read):
            return frames
    return []


def _lines(text: str) -> list[str]:
    return [line[:_LONGEST_LINE].rstrip() for line in text.split("\n")]


def _frames(lines: "Iterator[str] | Sequence[str]", read: Callable[[str], str | None]) -> list[str]:
    return _first(frame for line in lines if (frame := read(line)) is not None)


def _first(frames: Iterator[str]) -> list[str]:
    return list(islice(frames, MOST_FRAMES))


def _python_frame(line: str) -> str | None:
    found = _PYTHON.match(line)
    return None if found is None else _frame(found[2] or "", found[1])


def _go_frames(lines: Sequence[str]) -> Iterator[str]:
    """A function stands on one line, its place on the next; what the runtime adds on the way is left out."""
    for function, place in pairwise(lines):
        found = _GO_PLACE.match(place)
        if found is not None and function and not function.startswith(("\t", *_GO_OWN)):
            # The arguments are addresses.
            name = function[: function.rfind("(")] if function.endswith(")") else function
            yield _frame(name, found[1])


def _at_frame(line: str) -> str | None:
    text = line.lstrip()
    if not text.startswith(_AT):
        return None
    text = text[len(_AT) :]
    call = _CALL.match(text)
    if call is None:
        return _javascript_frame(text)
    # C# tells the file behind the call.
    _, has_file, place = text.partition(") in ")
    if has_file:
        return _frame(call[1], place.rpartition(":line ")[0])
    source = _SOURCE.fullmatch(call[2])
    return _frame(_MODULE.sub("", call[1], count=1), "" if source is None else source[1])


def _javascript_frame(text: str) -> str:
    text = text.removeprefix("async ")
    function, has_function, place = text.removesuffix(")").partition(" (") if text.endswith(")") else ("", "", text)
    if not has_function:
        place = text
    return _frame(function, _LINE_AND_COLUMN.sub("", place))


def _php_frame(line: str) -> str | None:
    found = _PHP.match(line)
    return None if found is None else _frame(found[2].partition("(")[0], found[1] or "")


def _ruby_frame(line: str) -> str | None:
    found = _RUBY.match(line)
    return None if found is None else _frame(found[2], found[1])


def _firefox_frame(line: str) -> str | None:
    """Firefox and Safari."""
    found = _FIREFOX.match(line)
    return None if found is None else _frame(found[1], found[2])


def _frame(function: str, file: str) -> str:
    path = _HOST.sub("", file, count=1).partition("?")[0].replace("\\", "/")
    return f"{function} {'/'.join(path.split('/')[-_NAMED_COMPONENTS:])}"
