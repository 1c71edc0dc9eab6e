"""State machine of subscriptions, as the contract defines it."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

from ..errors import ApiError

__all__ = [
    "Action",
    "check_cancel_at_period_end",
    "check_plan_change",
    "event_type",
    "list_transitions",
    "next_status",
]


class Action(enum.Enum):
    """Action on a subscription. The value is the participle for error messages."""

    START_TRIAL = "started as a trial"
    ACTIVATE = "activated"
    FAIL_RENEWAL = "moved to past due"
    RECOVER = "recovered"
    EXHAUST = "moved to unpaid"
    EXPIRE = "expired"
    PAUSE = "paused"
    RESUME = "resumed"
    CANCEL = "canceled"


# For each action: statuses that allow it, resulting status, event type.
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
        # In the contract the event type has two l, the status has one.
        "subscription_cancelled",
    ),
}

# Actions that do not change the status at once.
_CANCELABLE_AT_PERIOD_END: Final = frozenset({"trialing", "active", "paused"})
_CHANGES_PLAN: Final = frozenset({"trialing", "active"})


def check_cancel_at_period_end(status: str) -> None:
    """Check that a subscription can be canceled at the end of its period.

    Raises:
        ApiError: The status does not allow it (409).
    """
    if status not in _CANCELABLE_AT_PERIOD_END:
        raise ApiError(409, f"A subscription that is {status} cannot be canceled at its period end.")


def check_plan_change(status: str) -> None:
    """Check that a subscription can change its plan.

    Raises:
        ApiError: The status does not allow it (409).
    """
    if status not in _CHANGES_PLAN:
        raise ApiError(409, f"A subscription that is {status} cannot change its plan.")


def next_status(action: Action, status: str) -> str:
    """Return the status after an action.

    Args:
        action: Action to apply.
        status: Present status of the subscription.

    Raises:
        ApiError: The state machine does not allow the action (409).
    """
    allowed, result, _ = _TRANSITIONS[action]
    if status not in allowed:
        raise ApiError(409, f"A subscription that is {status} cannot be {action.value}.")
    return result


def event_type(action: Action) -> str:
    """Return the type of the event that reports an action."""
    return _TRANSITIONS[action][2]


def list_transitions() -> list[tuple[str | None, str, str | None]]:
    """Return all changes of a status: the status before and after, and the type of the event.

    A new subscription is incomplete. The event of its creation covers the start of its trial too.
    """
    created = event_type(Action.START_TRIAL)
    transitions: list[tuple[str | None, str, str | None]] = [(None, "incomplete", created)]
    for allowed, after, event in _TRANSITIONS.values():
        transitions += [(before, after, None if event == created else event) for before in sorted(allowed)]
    return transitions
