"""Pagination: newest first, without gaps or repeats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

Make = Callable[..., dict[str, Any]]


def walk(api: httpx.Client, path: str, limit: int) -> list[list[str]]:
    pages: list[list[str]] = []
    cursor: str | None = None
    while True:
        result = api.get(path, params={"limit": limit} | ({"cursor": cursor} if cursor else {})).json()
        pages.append([item["id"] for item in result["items"]])
        cursor = result["nextCursor"]
        assert result["hasMore"] is (cursor is not None)
        if cursor is None:
            return pages
        assert cursor == pages[-1][-1]


def test_an_empty_list_has_one_empty_page(api: httpx.Client) -> None:
    assert api.get("/v1/customers").json() == {"items": [], "nextCursor": None, "hasMore": False}


def test_pages_cover_the_list_newest_first(api: httpx.Client, make_customer: Make) -> None:
    made = [make_customer()["id"] for _ in range(7)]
    pages = walk(api, "/v1/customers", limit=3)
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [item for page in pages for item in page] == made[::-1]


def test_a_full_last_page_has_more_false(api: httpx.Client, make_customer: Make) -> None:
    for _ in range(4):
        make_customer()
    assert [len(page) for page in walk(api, "/v1/customers", limit=2)] == [2, 2]


def test_the_default_limit_is_twenty(api: httpx.Client, make_customer: Make) -> None:
    for _ in range(21):
        make_customer()
    assert len(api.get("/v1/customers").json()["items"]) == 20
    assert len(api.get("/v1/customers", params={"limit": 100}).json()["items"]) == 21


def test_new_items_do_not_shift_pages(api: httpx.Client, make_customer: Make) -> None:
    made = [make_customer()["id"] for _ in range(4)]
    first = api.get("/v1/customers", params={"limit": 2}).json()
    make_customer()
    second = api.get("/v1/customers", params={"limit": 2, "cursor": first["nextCursor"]}).json()
    assert [item["id"] for item in first["items"] + second["items"]] == made[::-1]


def test_a_cursor_of_an_archived_item_stays_valid(api: httpx.Client, make_plan: Make) -> None:
    made = [make_plan()["id"] for _ in range(3)]
    cursor = api.get("/v1/plans", params={"limit": 1}).json()["nextCursor"]
    api.delete(f"/v1/plans/{cursor}")
    rest = api.get("/v1/plans", params={"cursor": cursor}).json()["items"]
    assert [item["id"] for item in rest] == [made[1], made[0]]


@pytest.mark.slow
@pytest.mark.parametrize("limit", ["0", "101", "-1", "1.5", "many", "", "\u0661", "9" * 5000])
def test_a_limit_out_of_bounds_is_refused(api: httpx.Client, limit: str) -> None:
    response = api.get("/v1/plans", params={"limit": limit})
    assert response.status_code == 422
    assert response.json()["error"]["details"][0]["path"] == "limit"


@pytest.mark.parametrize("cursor", ["", "nonsense", "plan_01HKBZ4PQ9Z3K7T8V9X2Y1B5C6", "' OR 1=1 --"])
def test_an_unknown_cursor_is_refused(api: httpx.Client, cursor: str) -> None:
    response = api.get("/v1/plans", params={"cursor": cursor})
    assert response.status_code == 400
    assert response.json()["error"]["code"] == "bad_request"


def test_the_transactions_of_a_customer_are_paginated(api: httpx.Client, make_plan: Make, make_customer: Make) -> None:
    plan, customer, other = make_plan(), make_customer(), make_customer()
    for subscriber in (customer, other, customer, customer):
        api.post("/v1/subscriptions", json={"customerId": subscriber["id"], "planId": plan["id"]})
    path = f"/v1/customers/{customer['id']}/transactions"
    assert [len(page) for page in walk(api, path, limit=2)] == [2, 1]
    assert {item["customerId"] for item in api.get(path).json()["items"]} == {customer["id"]}
