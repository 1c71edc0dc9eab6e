"""Promo codes: create, retrieve, update."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., dict[str, Any]]
MINIMAL = {"code": "LAUNCH50", "discountType": "percentage", "discountValue": 50}
PATH = "/v1/promo-codes"


def test_a_promo_code_has_the_shape_of_the_contract(api: httpx.Client) -> None:
    response = api.post(PATH, json=MINIMAL)
    assert response.status_code == 201
    code = response.json()
    assert api.get(f"{PATH}/{code['id']}").json() == code
    assert code.pop("id").startswith("promo_")
    assert code.pop("createdAt")
    assert code == MINIMAL | {
        "duration": "once",
        "redeemedCount": 0,
        "remaining": None,
        "active": True,
        "expiresAt": None,
    }


def test_all_members_of_the_body_are_stored(api: httpx.Client, make_plan: Make) -> None:
    body = {
        "code": "TEAM",
        "planId": make_plan()["id"],
        "discountType": "fixed",
        "discountValue": 150_000,
        "duration": "repeating",
        "durationCycles": 3,
        "maxRedemptions": 10,
        "expiresAt": "2027-01-01T01:00:00+01:00",
    }
    code = api.post(PATH, json=body).json()
    assert (code["discountType"], code["discountValue"], code["duration"]) == ("fixed", 150_000, "repeating")
    assert (code["remaining"], code["expiresAt"]) == (10, "2027-01-01T00:00:00.000Z")


def test_a_code_exists_once(api: httpx.Client) -> None:
    assert api.post(PATH, json=MINIMAL).status_code == 201
    response = api.post(PATH, json=MINIMAL | {"discountValue": 10})
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "conflict"


def test_an_update_changes_given_members_and_null_removes_a_limit(api: httpx.Client) -> None:
    body = MINIMAL | {"maxRedemptions": 10, "expiresAt": "2027-01-01T00:00:00Z"}
    code = api.post(PATH, json=body).json()
    path = f"{PATH}/{code['id']}"
    assert api.patch(path).json() == code
    assert api.patch(path, json={"active": False}).json() == code | {"active": False}
    assert api.patch(path, json={"maxRedemptions": None}).json() == code | {"active": False, "remaining": None}
    freed = {"active": True, "remaining": 5, "expiresAt": None}
    assert api.patch(path, json={"active": True, "maxRedemptions": 5, "expiresAt": None}).json() == code | freed
    assert api.get(path).json() == code | freed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("discountValue", 101),
        ("discountValue", 0),
        ("discountType", "half"),
        ("duration", "twice"),
        ("maxRedemptions", None),
        ("maxRedemptions", 0),
        ("expiresAt", None),
        ("expiresAt", "tomorrow"),
        ("expiresAt", "2027-01-01"),
        ("expiresAt", "2027-01-01T00:00:00"),
        ("expiresAt", "2027-02-30T00:00:00Z"),
        ("expiresAt", "0001-01-01T00:00:00+14:00"),
        ("code", ""),
    ],
)
def test_the_error_names_an_invalid_member(api: httpx.Client, member: str, value: object) -> None:
    response = api.post(PATH, json=MINIMAL | {member: value})
    assert response.status_code == 422
    assert [detail["path"] for detail in response.json()["error"]["details"]] == [member]


@pytest.mark.parametrize(
    "body",
    [
        {"duration": "repeating"},
        {"duration": "once", "durationCycles": 3},
        {"duration": "forever", "durationCycles": 3},
        {"durationCycles": 3},
    ],
)
def test_only_a_repeating_code_has_cycles_and_it_needs_them(api: httpx.Client, body: dict[str, object]) -> None:
    response = api.post(PATH, json=MINIMAL | body)
    assert response.status_code == 422
    assert [detail["path"] for detail in response.json()["error"]["details"]] == ["durationCycles"]


@pytest.mark.parametrize("body", [{"active": None}, {"maxRedemptions": 0}, {"expiresAt": "soon"}])
def test_an_update_is_validated_too(api: httpx.Client, body: dict[str, object]) -> None:
    path = f"{PATH}/{api.post(PATH, json=MINIMAL).json()['id']}"
    assert api.patch(path, json=body).status_code == 422


def test_an_unknown_code_or_plan_is_404(api: httpx.Client) -> None:
    assert api.get(f"{PATH}/promo_unknown").status_code == 404
    assert api.patch(f"{PATH}/promo_unknown", json={}).status_code == 404
    assert api.post(PATH, json=MINIMAL | {"planId": "plan_unknown"}).status_code == 404
