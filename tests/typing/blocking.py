"""What type checkers see of the blocking client; checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, assert_type

from duro import (
    Call,
    Customer,
    Duro,
    Interval,
    Page,
    Pages,
    Plan,
    PlanChangeResult,
    RetryPolicy,
    SecretKey,
    Subscription,
    Token,
    Transaction,
    capture,
)


def clients() -> None:
    assert_type(Duro("sk_test_1"), Duro)
    Duro(client_id="cid_test_1", client_secret="csec_test_1", base_url="http://127.0.0.1:1", timeout=5)
    Duro(SecretKey("sk_test_1"), retries=RetryPolicy(retries=2), max_connections=10, transport="httpx")
    with Duro() as client:
        assert_type(client, Duro)
        assert_type(client.with_options(timeout=5, retries=2), Duro)
    assert_type(client.close(), None)


def oauth(client: Duro) -> None:
    assert_type(client.token(timeout=5), Token)
    assert_type(client.oauth.token(), Token)


def plans(client: Duro) -> None:
    plan = client.plans.create(
        name="Pro",
        amount=500_000,
        interval=Interval.MONTH,
        trial_days=7,
        timeout=5,
        idempotency_key="k",
        headers={"x-a": "b"},
        credential=SecretKey("sk_test_1"),
    )
    assert_type(plan, Plan)
    assert_type(plan.created_at, datetime)
    assert_type(plan.interval, Interval)
    assert_type(client.plans.update("plan_1", name="Pro"), Plan)
    assert_type(client.plans.archive("plan_1"), Plan)
    assert_type(client.plans.list(limit=5, cursor="c", timeout=5), Pages[Plan])


def customers(client: Duro) -> None:
    assert_type(client.customers.create(email="a@example.com", metadata={"a": [1, None]}), Customer)
    assert_type(client.customers.retrieve("cus_1"), Customer)
    assert_type(client.customers.retrieve_by_ref("EXT-001"), Customer)
    assert_type(client.customers.blacklist("cus_1", reason="chargebacks"), Customer)
    assert_type(client.customers.list(), Pages[Customer])
    assert_type(client.customers.list_subscriptions("cus_1"), Pages[Subscription])
    assert_type(client.customers.list_transactions("cus_1", limit=5), Pages[Transaction])


def subscriptions(client: Duro) -> None:
    assert_type(client.subscriptions.create(customer_id="cus_1", plan_id="plan_1"), Subscription)
    assert_type(client.subscriptions.cancel("sub_1", at_period_end=True), Subscription)
    assert_type(client.subscriptions.pause("sub_1"), Subscription)
    assert_type(client.subscriptions.resume("sub_1"), Subscription)
    assert_type(client.subscriptions.change_plan("sub_1", plan_id="plan_2"), PlanChangeResult)


def pages(client: Duro) -> None:
    found = client.plans.list()
    for plan in found:
        assert_type(plan, Plan)
    for page in found.by_page():
        assert_type(page, Page[Plan])
    assert_type(found.by_page(), Iterator[Page[Plan]])
    assert_type(found.page(), Page[Plan])
    assert_type(found.collect(limit=5), list[Plan])
    assert_type(found.cursor, str | None)
    assert_type(list(found), list[Plan])
    assert_type(sorted(plan.amount for plan in found), list[int])


def anything(client: Duro) -> None:
    assert_type(client.request("GET", "/v1/plans", params={"limit": 5}), Any)
    with capture() as calls:
        client.plans.archive("plan_1")
    assert_type(calls, list[Call])
