"""Recovery settings: one set, updated in parts."""

from __future__ import annotations

import httpx
import pytest

from duro.sandbox import Sandbox

PATH = "/v1/settings/recovery"
DEFAULTS = {
    "autoRecovery": True,
    "renewalReminders": True,
    "renewalReminderDays": 3,
    "abandonedCart": False,
    "dunningEnabled": True,
    "dunningEscalationDays": 7,
    "dunningEscalation": "none",
}


def test_a_change_is_stored_and_keeps_other_members(sandbox: Sandbox, api: httpx.Client) -> None:
    assert api.patch(PATH).json() == DEFAULTS
    first = {"abandonedCart": True, "renewalReminderDays": 0}
    assert api.patch(PATH, json=first).json() == DEFAULTS | first
    second = {"autoRecovery": False, "dunningEscalation": "pause"}
    assert api.patch(PATH, json=second).json() == DEFAULTS | first | second
    sandbox.reset()
    assert api.patch(PATH).json() == DEFAULTS


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("autoRecovery", "yes"),
        ("abandonedCart", None),
        ("renewalReminderDays", -1),
        ("renewalReminderDays", True),
        ("dunningEscalationDays", 366),
        ("dunningEscalation", ""),
    ],
)
def test_the_error_names_an_invalid_member(api: httpx.Client, member: str, value: object) -> None:
    response = api.patch(PATH, json={member: value})
    assert response.status_code == 422
    assert [detail["path"] for detail in response.json()["error"]["details"]] == [member]
