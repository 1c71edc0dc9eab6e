"""The state machine of subscriptions, as the contract draws it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from .answers import Refusal

__all__ = ["Action", "after"]


class Action(enum.Enum):
    """What can happen to a subscription, with the words that a refusal uses."""

    START_TRIAL = "started as a trial"
    ACTIVATE = "activated"
    FAIL_RENEWAL = "moved to past due"
    RECOVER = "recovered"
    EXHAUST = "given up as unpaid"
    EXPIRE = "expired"
    PAUSE = "paused"
    RESUME = "resumed"
    CANCEL = "canceled"


_TRANSITIONS: Final[Mapping[Action, tuple[frozenset[str], str]]] = {
    Action.START_TRIAL: (frozenset({"incomplete"}), "trialing"),
    Action.ACTIVATE: (frozenset({"incomplete", "trialing"}), "active"),
    Action.FAIL_RENEWAL: (frozenset({"active", "trialing"}), "past_due"),
    Action.RECOVER: (frozenset({"past_due"}), "active"),
    Action.EXHAUST: (frozenset({"past_due"}), "unpaid"),
    Action.EXPIRE: (frozenset({"active"}), "expired"),
    Action.PAUSE: (frozenset({"active"}), "paused"),
    Action.RESUME: (frozenset({"paused"}), "active"),
    Action.CANCEL: (
        frozenset({"incomplete", "trialing", "active", "past_due", "paused", "unpaid"}),
        "canceled",
    ),
}


def after(action: Action, status: str) -> str:
    """Find the status that an action leads to.

    Args:
        action: What is to happen.
        status: The subscription's present status.

    Returns:
        The new status.

    Raises:
        Refusal: The state machine forbids it (409).
    """
    allowed, result = _TRANSITIONS[action]
    if status not in allowed:
        raise Refusal(409, f"A subscription that is {status} cannot be {action.value}.")
    return result
