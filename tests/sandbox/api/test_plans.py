"""Plans: create, update, archive, list."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
MINIMAL = {"name": "Pro Monthly", "amount": 500_000, "interval": "month"}


def test_a_plan_has_the_shape_of_the_contract(api: httpx.Client) -> None:
    response = api.post("/v1/plans", json=MINIMAL)
    assert response.status_code == 201
    plan = response.json()
    assert re.fullmatch(r"plan_[0-9A-HJKMNP-TV-Z]{26}", plan.pop("id"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", plan.pop("createdAt"))
    assert plan == MINIMAL | {"currency": "NGN", "intervalCount": 1, "trialDays": 0, "maxCycles": None}


def test_all_members_of_the_body_are_stored(make_plan: Make) -> None:
    given = {
        "name": "Gold ✨",
        "amount": 1,
        "currency": "USD",
        "interval": "biannual",
        "intervalCount": 2,
        "trialDays": 14,
        "maxCycles": 6,
    }
    plan = make_plan(**given)
    assert {name: plan[name] for name in given} == given


def test_an_update_changes_only_given_members(api: httpx.Client, make_plan: Make) -> None:
    plan = make_plan()
    response = api.patch(f"/v1/plans/{plan['id']}", json={"amount": 750_000, "trialDays": 7})
    assert response.status_code == 200
    assert response.json() == plan | {"amount": 750_000, "trialDays": 7}


def test_an_update_without_a_body_changes_nothing(api: httpx.Client, make_plan: Make) -> None:
    plan = make_plan()
    assert api.patch(f"/v1/plans/{plan['id']}").json() == plan


def test_unknown_members_are_ignored(make_plan: Make) -> None:
    assert "colour" not in make_plan(colour="blue")


def test_archiving_returns_the_plan_and_removes_it_from_the_list(api: httpx.Client, make_plan: Make) -> None:
    archived, kept = make_plan(), make_plan()
    for _ in range(2):
        response = api.delete(f"/v1/plans/{archived['id']}")
        assert (response.status_code, response.json()) == (200, archived)
    assert api.get("/v1/plans").json()["items"] == [kept]


def test_an_archived_plan_cannot_be_changed(api: httpx.Client, make_plan: Make) -> None:
    path = f"/v1/plans/{make_plan()['id']}"
    api.delete(path)
    assert api.patch(path, json={"amount": 1}).status_code == 409


@pytest.mark.parametrize("method", ["PATCH", "DELETE"])
def test_an_unknown_plan_is_404(api: httpx.Client, method: str) -> None:
    response = api.request(method, "/v1/plans/plan_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6", json={})
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("member", "values"),
    [
        ("name", ["", "  ", None, 7, "\ud800"]),
        ("amount", [0, -1, True, "500", 5.5, None, 2**53, 1e300]),
        ("currency", ["ngn", "NAIRA", "", None, "NGN\n"]),
        ("interval", ["fortnight", "", 1, None]),
        ("intervalCount", [0, True, 1001, "1"]),
        ("trialDays", [-1, False, 1.5, 10**30]),
        ("maxCycles", [0, None, "6"]),
    ],
)
def test_the_error_names_an_invalid_member(api: httpx.Client, member: str, values: list[object]) -> None:
    plan = api.post("/v1/plans", json=MINIMAL).json()
    for value in values:
        # Sent as ASCII, because UTF-8 cannot encode a lone surrogate.
        for response in (
            api.post("/v1/plans", content=_ascii_json(MINIMAL | {member: value})),
            api.patch(f"/v1/plans/{plan['id']}", content=_ascii_json({member: value})),
        ):
            if member == "currency" and response.request.method == "PATCH":
                continue
            assert response.status_code == 422, value
            error = response.json()["error"]
            assert error["code"] == "validation_error"
            assert [detail["path"] for detail in error["details"]] == [member]


def test_an_integer_may_have_a_fraction_of_zero(api: httpx.Client) -> None:
    plan = api.post("/v1/plans", content=json.dumps(MINIMAL | {"amount": 500.0, "trialDays": 7.0})).json()
    assert json.dumps([plan["amount"], plan["trialDays"]]) == "[500, 7]"


def test_the_error_names_all_invalid_members(api: httpx.Client) -> None:
    error = api.post("/v1/plans", json={"amount": -5, "trialDays": "none"}).json()["error"]
    assert error["details"] == [
        {"path": "name", "issue": "required"},
        {"path": "amount", "issue": "expected positive integer"},
        {"path": "interval", "issue": "required"},
        {"path": "trialDays", "issue": "expected integer from 0 to 3650"},
    ]


def _ascii_json(value: object) -> bytes:

    return json.dumps(value).encode("ascii")
