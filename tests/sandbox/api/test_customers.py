"""Customers: create, retrieve, blacklist."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import httpx
import pytest

Make = Callable[..., dict[str, Any]]


def test_a_customer_has_the_shape_of_the_contract(make_customer: Make) -> None:
    given = {"email": "ada@example.com", "phone": "2348012345678", "name": "Ada", "merchantRef": "EXT-001"}
    customer = make_customer(**given, metadata={"tier": "gold"})
    assert customer.pop("id").startswith("cus_")
    assert customer.pop("createdAt").endswith("Z")
    assert customer == given | {"blacklisted": False, "blacklistReason": None}


def test_a_customer_may_be_created_without_members(api: httpx.Client) -> None:
    response = api.post("/v1/customers")
    assert response.status_code == 201
    assert response.json()["email"] is None


def test_a_customer_is_found_by_id(api: httpx.Client, make_customer: Make) -> None:
    customer = make_customer(name="Ada")
    assert api.get(f"/v1/customers/{customer['id']}").json() == customer


@pytest.mark.slow
@pytest.mark.parametrize("reference", ["EXT-001", "orders/42", "subscriptions", "ünïcode ß", "a?b#c%20d", "100%"])
def test_a_customer_is_found_by_any_reference(api: httpx.Client, make_customer: Make, reference: str) -> None:
    customer = make_customer(merchantRef=reference)
    assert api.get(f"/v1/customers/ref/{quote(reference, safe='')}").json() == customer


def test_a_reference_is_unique(api: httpx.Client, make_customer: Make) -> None:
    make_customer(merchantRef="EXT-001")
    response = api.post("/v1/customers", json={"merchantRef": "EXT-001"})
    assert response.status_code == 409
    assert response.json()["error"]["code"] == "conflict"
    assert len(api.get("/v1/customers").json()["items"]) == 1


def test_customers_without_a_reference_do_not_collide(make_customer: Make) -> None:
    assert make_customer()["id"] != make_customer()["id"]


def test_blacklisting_marks_the_customer_and_keeps_the_reason(api: httpx.Client, make_customer: Make) -> None:
    customer = make_customer()
    response = api.post(f"/v1/customers/{customer['id']}/blacklist", json={"reason": "chargebacks"})
    expected = customer | {"blacklisted": True, "blacklistReason": "chargebacks"}
    assert (response.status_code, response.json()) == (200, expected)
    assert api.get(f"/v1/customers/{customer['id']}").json() == expected


def test_blacklisting_does_not_need_a_body(api: httpx.Client, make_customer: Make) -> None:
    result = api.post(f"/v1/customers/{make_customer()['id']}/blacklist").json()
    assert (result["blacklisted"], result["blacklistReason"]) == (True, None)


def test_the_subscriptions_of_a_customer_are_not_paginated(
    api: httpx.Client, make_plan: Make, make_customer: Make
) -> None:
    plan, customer = make_plan(), make_customer()
    body = {"customerId": customer["id"], "planId": plan["id"]}
    made = [api.post("/v1/subscriptions", json=body).json() for _ in range(2)]
    assert api.get(f"/v1/customers/{customer['id']}/subscriptions").json() == {"items": made[::-1]}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/customers/cus_unknown"),
        ("GET", "/v1/customers/ref/unknown"),
        ("GET", "/v1/customers/cus_unknown/subscriptions"),
        ("GET", "/v1/customers/cus_unknown/transactions"),
        ("POST", "/v1/customers/cus_unknown/blacklist"),
    ],
)
def test_an_unknown_customer_is_404(api: httpx.Client, method: str, path: str) -> None:
    response = api.request(method, path)
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    ("member", "value"),
    [("email", "no address"), ("email", 1), ("phone", 2348012345678), ("name", ""), ("metadata", ["a", "list"])],
)
def test_the_error_names_an_invalid_member(api: httpx.Client, member: str, value: object) -> None:
    response = api.post("/v1/customers", json={member: value})
    assert response.status_code == 422
    assert response.json()["error"]["details"][0]["path"] == member
