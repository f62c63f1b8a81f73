"""The normaliser: what a message says apart from its values."""

import re
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.normaliser import MAX_BYTES, mask, normalise

_FRAGMENTS = [
    *"0123456789afAFxXzZTeE .,:;-+/@_%'\"`{}()[]<>\n\\",
    "://",
    "::",
    "http",
    "user@example.com",
    "10.0.0.1",
    "fe80::1",
    "2026-11-24T11:22:33",
    "f47ac10b-58cc-4372-a567-0e02b2c3d479",
    "Nov ",
    "GMT",
    "0x",
    "deadbeef",
    "é",
    "日本",
]
_HOSTILE_TEXT = st.lists(st.sampled_from(_FRAGMENTS), max_size=60).map("".join)


def normal_form(message: str) -> str:
    return normalise(mask(message)).decode()


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "[checkout] failed: missing transId (orderId=25000233)",
            "[checkout] failed: missing transId (orderId=<number>)",
        ),
        ("Mail to john.doe+x@mail.example.com, bounced", "Mail to <email>, bounced"),
        ("GET https://shop.example/a/b?c=1#d failed.", "GET <url> failed."),
        ("(see http://x.example/), postgresql://u:p@db:5432/x down", "(see <url>), <url> down"),
        ("job f47ac10b-58cc-4372-a567-0e02b2c3d479 and F47AC10B-58CC-4372-A567-0E02B2C3D479", "job <uuid> and <uuid>"),
        ("user_f47ac10b-58cc-4372-a567-0e02b2c3d479", "user_<uuid>"),
        ("from 10.0.0.12:5432", "from <ip>:<number>"),
        ("from ::1, fe80::1%eth, [2001:db8::8a2e:370:7334]:80", "from <ip>, <ip>%eth, [<ip>]:<number>"),
        ("2001:0db8:85a3:0000:0000:8a2e:0370:7334 ::ffff:10.0.0.1", "<ip> <ip>"),
        ("at 2026-11-24T11:22:33.123456Z, 2026-11-24 11:22:33,123 +0100", "at <time>, <time>"),
        ("on 2026-11-24 or 2026/11/24 11:22 or 24/11/2026", "on <time> or <time> or <time>"),
        ("[24/Nov/2026:11:22:33 +0000] Tue, 24 Nov 2026 11:22:33 GMT", "[<time>] <time>"),
        ("Nov  4 11:22:33 host: Tue Nov 24 2026 11:22:33 GMT+0100", "<time> host: <time>"),
        ("at 11:22:33 and 1:02:03.5", "at <time> and <time>"),
        ("0x1F a1b2c3d 0123456789abcdef ab:cd:ef:01:02:03", "<hex> <hex> <hex> <hex>"),
        ("took 35ms, 1,234.5 of -7 or 1.5e-3", "took <number>ms, <number> of <number> or <number>"),
        ("user_7 worker12 v1.2.3 shard-4", "user_<number> worker<number> v<number> shard-<number>"),
        ("no such file 'a b.txt' nor \"c.txt\"", "no such file <quoted> nor <quoted>"),
        ("can't open user's file, it's gone", "can't open user's file, it's gone"),
        ("std::vector a::b added facade", "std::vector a::b added facade"),
        (
            '{"event": "paid", "order": 12, "by": "a@b.example"}',
            '{"event": "paid", "order": <number>, "by": "<email>"}',
        ),
        ("Überweisung 12 für 日本 fehlgeschlagen", "Überweisung <number> für 日本 fehlgeschlagen"),
    ],
)
def test_values_are_replaced_by_their_kind(message: str, expected: str) -> None:
    assert normal_form(message) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Payment failed", "Payment refunded"),
        ('{"event": "login"}', '{"event": "logout"}'),
        ("error in cart", "error in Cart"),
        ("a\nb", "a b"),
        ("日本", "中国"),
    ],
)
def test_other_words_are_another_message(one: str, other: str) -> None:
    assert normal_form(one) != normal_form(other)


@given(_HOSTILE_TEXT, st.randoms())
def test_which_digits_a_message_has_plays_no_part(message: str, random: Random) -> None:
    other = re.sub("[0-9]", lambda _: str(random.randrange(10)), message)
    assert normal_form(other) == normal_form(message)


@given(st.one_of(_HOSTILE_TEXT, st.text()))
def test_no_digit_survives(message: str) -> None:
    assert not re.search("[0-9]", normal_form(message))


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="0123456789@'\":")))
def test_a_message_without_values_stays_as_it_is(message: str) -> None:
    assert normal_form(message) == message


def test_no_more_than_the_front_of_a_message_is_looked_at() -> None:
    for character in "aé日\U0001f600":
        message = character * 1_048_576
        assert len(mask(message)) <= MAX_BYTES
        assert mask(message) == mask(message + "other")


def test_longer_values_in_front_of_a_long_message_do_not_move_what_counts() -> None:
    tail = "and so on, " * 2_000
    assert normal_form(f"order 7 failed {tail}") == normal_form(f"order 1234567890 failed {tail}")


@pytest.mark.parametrize(
    "fragment",
    ["a", "0", "a0", "0-", "0:", "0.", "::", "a:", "@", "a@", "a@a.", "a.", "://", "a://", "http://!", "'", "'a", '"',
     '\\"', "0/0/", "00:00:00.0", "Jan 0 ", "Mon, ", "+0", "0e", "0x", "ffffffff-", "%", "é"],
)  # fmt: skip
@pytest.mark.parametrize("end", ["", "x", "'", '"', "\n"], ids=repr)
def test_a_mebibyte_of_one_fragment_is_normalised(fragment: str, end: str) -> None:
    # Where a rule backtracks more than once over a character, this does not end.
    message = (fragment * 1_048_576)[:1_048_576]
    assert len(normal_form(message + end)) <= MAX_BYTES
    assert len(normal_form(message[: MAX_BYTES - 1] + end)) <= MAX_BYTES
