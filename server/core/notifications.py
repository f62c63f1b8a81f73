"""Who is told of an entry. There are no channels yet, so nobody is; the decision stands on every entry."""

from server.core.model import Notification

_DECISIONS = {
    requested: Notification(requested, "not_sent", "not_requested" if requested is False else "no_channel")
    for requested in (None, True, False)
}


def decide(requested: bool | None) -> Notification:  # noqa: FBT001 - three-valued, and the only argument
    """What is decided for an entry whose events asked like this; None = they left it to the rules."""
    return _DECISIONS[requested]
