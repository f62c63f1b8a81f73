"""Notifications: what is decided while there is nowhere to send one."""

import pytest

from server.core.notifications import decide


@pytest.mark.parametrize(
    ("requested", "reason"), [(None, "no_channel"), (True, "no_channel"), (False, "not_requested")]
)
def test_nobody_is_told_and_the_entry_says_why(requested: bool | None, reason: str) -> None:
    decision = decide(requested)
    assert (decision.requested, decision.decision, decision.reason) == (requested, "not_sent", reason)
