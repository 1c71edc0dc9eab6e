"""The state machine of subscriptions, as the contract draws it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from ..errors import ApiError

__all__ = ["Action", "after", "event_of"]


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


# From where, to where, and the event that tells of it.
_TRANSITIONS: Final[Mapping[Action, tuple[frozenset[str], str, str]]] = {
    Action.START_TRIAL: (frozenset({"incomplete"}), "trialing", "subscription_created"),
    Action.ACTIVATE: (frozenset({"incomplete", "trialing"}), "active", "subscription_activated"),
    Action.FAIL_RENEWAL: (frozenset({"active", "trialing"}), "past_due", "subscription_past_due"),
    Action.RECOVER: (frozenset({"past_due"}), "active", "subscription_recovered"),
    Action.EXHAUST: (frozenset({"past_due"}), "unpaid", "subscription_unpaid"),
    Action.EXPIRE: (frozenset({"active"}), "expired", "subscription_expired"),
    Action.PAUSE: (frozenset({"active"}), "paused", "subscription_paused"),
    Action.RESUME: (frozenset({"paused"}), "active", "subscription_resumed"),
    Action.CANCEL: (
        frozenset({"incomplete", "trialing", "active", "past_due", "paused", "unpaid"}),
        "canceled",
        "subscription_cancelled",
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
        ApiError: The state machine forbids it (409).
    """
    allowed, result, _ = _TRANSITIONS[action]
    if status not in allowed:
        raise ApiError(409, f"A subscription that is {status} cannot be {action.value}.")
    return result


def event_of(action: Action) -> str:
    """Find the type of the event that tells of an action."""
    return _TRANSITIONS[action][2]
