"""Exceptions are grouped by their type and innermost frames, whatever the message, the lines and the machine."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.core.fingerprint import group_id
from server.core.stack_frames import innermost_frames

PYTHON = """Traceback (most recent call last):
  File "/srv/app/main.py", line 3, in <module>
    run()
  File "/srv/app/orders/pay.py", line 12, in pay
    raise ValueError("order 7")
  [Previous line repeated 3 more times]
ValueError: order 7
"""
CHAINED = PYTHON.replace("pay", "connect") + "\nDuring handling of the above exception …\n\n" + PYTHON
PYTHON_GROUP = """  + Exception Group Traceback (most recent call last):
  |   File "/srv/app/main.py", line 3, in <module>
  |     run()
  | ExceptionGroup: two failed (1 sub-exception)
  +-+---------------- 1 ----------------
    | Exception Group Traceback (most recent call last):
    |   File "/srv/app/orders/all.py", line 7, in run
    | ExceptionGroup: orders (1 sub-exception)
    +-+---------------- 1 ----------------
      | Traceback (most recent call last):
      |   File "/srv/app/orders/pay.py", line 12, in pay
      |     raise ValueError("order 7")
      | ValueError: order 7
      +------------------------------------
"""
JAVA = """java.lang.IllegalStateException: order 7
\tat com.shop.Orders.pay(Orders.java:42)
\tat com.shop.Orders$$Lambda$14/0x0000000800066840.run(Unknown Source)
\tat java.base@17.0.1/java.util.ArrayList.forEach(ArrayList.java:1511) ~[na:na]
\tat app//com.shop.Main.main(Main.java:3)
\t... 3 more
Caused by: java.io.IOException: gone
\tat com.shop.Net.read(Net.java:9)
"""
NODE = """TypeError: x is undefined
    at pay (file:///srv/shop/orders.js:10:5)
    at async Object.handler [as run] (/srv/shop/index.js:3:1)
    at /srv/shop/other.js:3:1
    at Array.map (<anonymous>)
    at new Foo (https://shop.example/static/js/main.4f3a2b1c.js?v=3:1:2345)
    at outermost (/srv/shop/x.js:1:1)
"""
FIREFOX = "pay@https://shop.example/static/main.js:10:5\n@https://shop.example/static/main.js:1:1\n"
GO = """goroutine 1 [running]:
runtime/debug.Stack()
\t/usr/lib/go/src/runtime/debug/stack.go:24 +0x5e
panic({0x1010, 0xc000})
\t/usr/lib/go/src/runtime/panic.go:884 +0x1f3
main.(*Order).pay(0xc000012345, 0x2)
\t/app/main.go:42 +0x1d
main.main()
\t/app/main.go:10 +0x5
created by main.start in goroutine 7
\t/app/main.go:5 +0x5
"""
CSHARP = """System.InvalidOperationException: order 7
   at Shop.Orders.Pay(Int32 id, String name) in C:\\src\\Shop\\Orders.cs:line 42
   at Shop.Program.Run()
--- End of stack trace from previous location ---
   at Shop.Program.Main(String[] args) in /src/Shop/Program.cs:line 7
"""
PHP = """#0 /app/src/Orders.php(42): Shop\\Orders->pay(25, 'x')
#1 [internal function]: Shop\\Main->run()
#2 {main}
"""
RUBY = """/app/orders.rb:42:in `pay': order 7 (RuntimeError)
\tfrom /app/orders.rb:10:in `block (2 levels) in run'
\tfrom app/main.rb:3:in 'Main#run'
"""


@pytest.mark.parametrize(
    ("stack", "frames"),
    [
        (PYTHON, ["pay orders/pay.py", "<module> app/main.py"]),
        (CHAINED, ["pay orders/pay.py", "<module> app/main.py", "connect orders/connect.py", "<module> app/main.py"]),
        (PYTHON_GROUP, ["pay orders/pay.py", "run orders/all.py", "<module> app/main.py"]),
        (
            JAVA,
            [
                "com.shop.Orders.pay Orders.java",
                "com.shop.Orders$$Lambda$0x0000000800066840.run ",
                "java.util.ArrayList.forEach ArrayList.java",
                "com.shop.Main.main Main.java",
                "com.shop.Net.read Net.java",
            ],
        ),
        (
            NODE,
            [
                "pay shop/orders.js",
                "Object.handler [as run] shop/index.js",
                " shop/other.js",
                "Array.map <anonymous>",
                "new Foo js/main.4f3a2b1c.js",
            ],
        ),
        (FIREFOX, ["pay static/main.js", " static/main.js"]),
        (GO, ["main.(*Order).pay app/main.go", "main.main app/main.go"]),
        (
            "gone\nmain.pay\n\t/app/main.go:42\nmain.main\n\t/app/main.go:10",
            ["main.pay app/main.go", "main.main app/main.go"],
        ),
        (CSHARP, ["Shop.Orders.Pay Shop/Orders.cs", "Shop.Program.Run ", "Shop.Program.Main Shop/Program.cs"]),
        (PHP, ["Shop\\Orders->pay src/Orders.php", "Shop\\Main->run "]),
        (RUBY, ["pay app/orders.rb", "block (2 levels) in run app/orders.rb", "Main#run app/main.rb"]),
        ("gone\nfor good", []),
        ("", []),
    ],
)
def test_the_innermost_frames_come_first(stack: str, frames: list[str]) -> None:
    assert innermost_frames(stack) == frames
    assert innermost_frames(stack.replace("\n", "\r\n")) == frames


def group(logged: str = "m", service: str | None = None, fingerprint: str | None = None, **members: Any) -> str:
    attributes = {f"exception.{name}": value for name, value in members.items()} | {"orderId": 1}
    return group_id(
        service=service,
        component=None,
        message=logged,
        fingerprint=fingerprint,
        attributes=msgspec.json.encode(attributes),
    )


@pytest.mark.parametrize("stack", [PYTHON, PYTHON_GROUP, JAVA, NODE, FIREFOX, GO, CSHARP, PHP, RUBY])
def test_lines_and_messages_do_not_split_a_group(stack: str) -> None:
    moved = stack.replace("42", "4711").replace(":10", ":1012").replace("line 12", "line 99").replace("order 7", "?")
    elsewhere = moved.replace("/srv/", "/opt/releases/7/").replace("0xc000012345", "0xc0000fffff")
    one = group("one", type="E", stacktrace=stack, message="order 7")
    assert one == group("other", type="E", stacktrace=elsewhere, message="refused")
    assert one != group("one", type="F", stacktrace=stack, message="order 7")
    assert one != group("one", type="E", stacktrace=stack.replace("pay", "refund").replace("Pay", "Refund"))
    assert one != group("one", "shop", type="E", stacktrace=stack)


def test_without_frames_the_message_of_the_exception_counts_and_then_the_events() -> None:
    assert group("a", type="E", message="order 7 failed") == group("b", type="E", message="order 8 failed")
    assert group("a", type="E", message="order 7 failed") != group("a", type="E", message="order 7 refused")
    assert group("a 1", type="E", stacktrace="no frame") == group("a 2", type="E")
    assert group("a", type="E") != group("a", type="F")


@pytest.mark.parametrize("wrong", [None, "", 5, ["E"], {"E": 1}, True])
def test_what_is_no_type_changes_nothing(wrong: Any) -> None:
    bare = group_id(service=None, component=None, message="m", fingerprint=None)
    assert group("m", type=wrong, stacktrace=PYTHON) == group("m") == bare


def test_a_stack_or_message_of_another_kind_is_none() -> None:
    assert group("m", type="E", stacktrace=[PYTHON], message=7) == group("m", type="E")


def test_the_clients_own_fingerprint_wins() -> None:
    assert group(fingerprint="f", type="E") == group(fingerprint="f")


def test_a_group_of_an_exception_keeps_its_id_over_releases() -> None:
    assert group("m", "shop", type="ValueError", stacktrace=PYTHON) == "232062ad164ea54fc7b3ee097eeb8e05"
    assert group("m", "shop", type="ValueError", message="order 7") == "2624ec44f453436fb8753ba83501b007"


@given(st.text(), st.text(alphabet="at #():/\\.@\n\t\"File, line0123in`'go|+", max_size=2000))
def test_no_text_is_too_strange(name: str, stack: str) -> None:
    assert len(group("m", type=name, stacktrace=stack)) == 32
