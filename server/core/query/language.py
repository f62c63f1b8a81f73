r"""The query string for people: `level:error service:checkout "payment failed" http.status_code:>=500 -environment:a`.

What stands between spaces must all hold. `name:value` is a field (level, service, component, code, environment,
trace, group, key, from, to, q) or, with any other name, an attribute (`attribute.level` for one called level); what
has no colon are words, as in `q`. A minus in front negates. Values with commas, or of a name that is repeated, are
any of them; with an operator (`=` `>` `>=` `<` `<=`) each must hold beside the others. `1..5` is a range, `*` means
any value. Quotes make text of everything; in them `\"` and `\\` are a quote and a backslash.
"""

from collections.abc import Sequence

from server.core.errors import InvalidField
from server.core.fields import level_from_word
from server.core.query.conditions import Comparison, Condition
from server.core.query.filters import ATTRIBUTE_PREFIX, FIELDS, EntryFilter, canonical_values, make_filter
from server.core.query.operands import Operand, comparison_of
from server.core.query.scanner import Scanner
from server.core.query.text import Phrase, TextQuery, bare_phrase, quoted_phrase
from server.core.query.times import parse_time

FIELDS_BY_NAME = {
    "level": "level",
    "q": "q",
    "from": "from",
    "to": "to",
    "trace": "traceId",
    "group": "groupId",
    "key": "debounceKey",
    **{field: field for field in FIELDS},
}
"""The names in a query that are no attributes, and the fields they mean."""


def parse_query(text: str, now: int) -> EntryFilter:
    """The filter that a query string means; `now` (nanoseconds) is what relative times are before.

    Raises InvalidField, INVALID_FILTER for `query`; its description points at the character.
    """
    return _Parser(text, now).parse()


class _Parser:
    """One pass over the text."""

    def __init__(self, text: str, now: int) -> None:
        self._scan = Scanner(text)
        self._now = now
        self._values: dict[str, list[str]] = {}
        self._conditions: list[Condition] = []
        self._phrases: set[Phrase] = set()
        self._times: dict[str, tuple[int | None, int | None]] = {}

    def parse(self) -> EntryFilter:
        start = 0
        while self._scan.skip_spaces():
            start = self._scan.position
            is_negated = self._scan.take_character("-")
            name = self._scan.take_name()
            if name is None:
                self._read_words(start, is_negated=is_negated)
            else:
                self._read_field(start, name, is_negated=is_negated)
        try:
            return self._filter()
        except InvalidField as error:
            raise self._scan.failure(error.description, start) from error

    def _filter(self) -> EntryFilter:
        conditions = list(self._conditions)
        texts = self._values.get("q", [])
        if self._phrases:
            words = str(TextQuery(tuple(sorted(self._phrases))))
            if texts:
                conditions.append(Condition("q", (Comparison("=", words),)))
            else:
                texts = [words]
        from_time, from_age = self._times.get("from", (None, None))
        to_time, to_age = self._times.get("to", (None, None))
        return make_filter(
            levels=[level_from_word(word) for word in self._values.get("level", ())],
            attributes={
                field.removeprefix(ATTRIBUTE_PREFIX): values
                for field, values in self._values.items()
                if field.startswith(ATTRIBUTE_PREFIX)
            },
            q=texts,
            conditions=conditions,
            from_time=from_time,
            to_time=to_time,
            from_age=from_age,
            to_age=to_age,
            **{member: self._values.get(field, ()) for field, member in FIELDS.items()},
        )

    def _read_words(self, start: int, *, is_negated: bool) -> None:
        place = self._scan.position
        quoted = self._scan.take_quoted()
        phrases = bare_phrase(self._scan.take_text() or "") if quoted is None else quoted_phrase(quoted)
        if not phrases:
            raise self._scan.failure("There is no word to look for: letters, digits or _ are needed", place)
        if not is_negated:
            self._phrases |= phrases
            return
        (phrase,) = phrases
        self._add(start, Condition("q", (Comparison("=", str(phrase)),), is_negated=True))

    def _read_field(self, start: int, name: str, *, is_negated: bool) -> None:
        field = FIELDS_BY_NAME.get(name, ATTRIBUTE_PREFIX + name.removeprefix(ATTRIBUTE_PREFIX))
        if field in ("from", "to"):
            self._read_time(start, field, is_negated=is_negated)
            return
        places: list[int] = []
        operands: list[Operand] = []
        while not operands or self._scan.take_character(","):
            places.append(self._scan.position)
            operands.append(self._take_operand(field, name))
        self._check_end()
        comparisons = tuple(
            comparison
            for place, operand in zip(places, operands, strict=True)
            for comparison in self._compare(field, place, operand)
        )
        if is_negated or not all(operand.is_plain for operand in operands):
            self._add(start, Condition(field, comparisons, is_negated))
        else:
            self._values.setdefault(field, []).extend(str(comparison.value) for comparison in comparisons)

    def _read_time(self, start: int, field: str, *, is_negated: bool) -> None:
        if is_negated or field in self._times:
            problem = "cannot be negated" if is_negated else "may be given once"
            raise self._scan.failure(f"{field} {problem}", start)
        place = self._scan.position
        operand = self._take_operand(field, field)
        self._check_end()
        try:
            self._times[field] = parse_time(field, [operand.text], self._now)
        except InvalidField as error:
            raise self._scan.failure(error.description, place) from error

    def _compare(self, field: str, place: int, operand: Operand) -> Sequence[Comparison]:
        try:
            comparisons = comparison_of(field, operand)
            for comparison in comparisons:
                if field != "level" and comparison.operator == "=":
                    canonical_values(field, [str(comparison.value)])
        except InvalidField as error:
            raise self._scan.failure(error.description, place) from error
        return comparisons

    def _take_operand(self, field: str, name: str) -> Operand:
        scan = self._scan
        operator = None if field in ("from", "to") else scan.take_operator()
        quoted = scan.take_quoted()
        if quoted is not None:
            return Operand(operator, quoted, is_quoted=True)
        bare = scan.take_value()
        if bare is None:
            problem = f"A value is needed behind {name[:60]}: (put quotes around a text that has a colon)"
            raise scan.failure(problem, scan.position)
        return Operand(operator, bare, is_quoted=False)

    def _check_end(self) -> None:
        if not self._scan.is_at_end_of_item():
            raise self._scan.failure("A space or a comma is needed here", self._scan.position)

    def _add(self, start: int, condition: Condition) -> None:
        try:
            make_filter(conditions=[condition])
        except InvalidField as error:
            raise self._scan.failure(error.description, start) from error
        self._conditions.append(condition)
