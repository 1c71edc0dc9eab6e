"""State machine of subscriptions, compared with the table of the contract."""

from __future__ import annotations

import pytest

from duro.sandbox.billing.subscription_states import Action, next_status
from duro.sandbox.errors import ApiError

STATUSES = {"incomplete", "trialing", "active", "past_due", "paused", "unpaid", "canceled", "expired"}
TABLE = {
    Action.START_TRIAL: ({"incomplete"}, "trialing"),
    Action.ACTIVATE: ({"incomplete", "trialing"}, "active"),
    Action.FAIL_RENEWAL: ({"active", "trialing"}, "past_due"),
    Action.RECOVER: ({"past_due"}, "active"),
    Action.EXHAUST: ({"past_due"}, "unpaid"),
    Action.EXPIRE: ({"active"}, "expired"),
    Action.PAUSE: ({"active"}, "paused"),
    Action.RESUME: ({"paused"}, "active"),
    Action.CANCEL: (STATUSES - {"canceled", "expired"}, "canceled"),
}


@pytest.mark.parametrize("action", Action)
@pytest.mark.parametrize("status", sorted(STATUSES))
def test_each_action_is_allowed_from_the_statuses_of_the_table_only(action: Action, status: str) -> None:
    allowed, result = TABLE[action]
    if status in allowed:
        assert next_status(action, status) == result
    else:
        with pytest.raises(ApiError) as error:
            next_status(action, status)
        assert error.value.status == 409
