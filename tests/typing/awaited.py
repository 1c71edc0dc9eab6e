"""What type checkers see of the awaited client; checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, assert_type

import httpx

from duro import (
    UNSET,
    Answer,
    AsyncDuro,
    AsyncPages,
    Call,
    ClientCredentials,
    Customer,
    IdentityToken,
    Interval,
    Page,
    Plan,
    PlanChangeResult,
    PortalSession,
    Rail,
    Request,
    RetryPolicy,
    SecretKey,
    Subscription,
    SubscriptionStatus,
    Token,
    Transaction,
    Transport,
    capture,
)


async def clients(http: httpx.AsyncClient, transport: Transport) -> None:
    assert_type(AsyncDuro("sk_test_1"), AsyncDuro)
    AsyncDuro(client_id="cid_test_1", client_secret="csec_test_1", base_url="http://127.0.0.1:1", timeout=5)
    AsyncDuro(SecretKey("sk_test_1"), retries=2, max_connections=10, transport="httpx")
    AsyncDuro(ClientCredentials("cid_test_1", "csec_test_1"), retries=RetryPolicy(retries=2), transport=http)
    AsyncDuro(IdentityToken("t", mode="test"), transport=transport)
    AsyncDuro(PortalSession("t"))
    async with AsyncDuro() as client:
        assert_type(client, AsyncDuro)
        copy = client.with_options(timeout=5, retries=2, headers={"x-a": "b"}, credential=SecretKey("sk_test_1"))
        assert_type(copy, AsyncDuro)
    assert_type(await client.aclose(), None)


async def oauth(client: AsyncDuro) -> None:
    token = await client.token(timeout=5)
    assert_type(token, Token)
    assert_type(token.access_token, str)
    assert_type(token.expires_in, float)
    assert_type(token.expires_at, datetime)
    assert_type(await client.oauth.token(), Token)


async def plans(client: AsyncDuro) -> None:
    plan = await client.plans.create(
        name="Pro",
        amount=500_000,
        interval=Interval.MONTH,
        currency="NGN",
        interval_count=1,
        trial_days=UNSET,
        max_cycles=12,
        timeout=5,
        idempotency_key="k",
        headers={"x-a": "b"},
        credential=SecretKey("sk_test_1"),
    )
    assert_type(plan, Plan)
    assert_type(plan.id, str)
    assert_type(plan.amount, int)
    assert_type(plan.interval, Interval)
    assert_type(plan.interval.is_known, bool)
    assert_type(plan.max_cycles, int | None)
    assert_type(plan.created_at, datetime)
    assert_type(await client.plans.create(name="Pro", amount=1, interval="fortnight"), Plan)
    assert_type(await client.plans.update("plan_1", name="Pro"), Plan)
    assert_type(await client.plans.archive("plan_1"), Plan)
    assert_type(client.plans.list(limit=5, cursor="c"), AsyncPages[Plan])


async def customers(client: AsyncDuro) -> None:
    created = await client.customers.create(
        email="a@example.com", phone="234", name="Ada", merchant_ref="r", metadata={"a": [1, None, {"b": True}]}
    )
    assert_type(created, Customer)
    assert_type(created.email, str | None)
    assert_type(created.blacklisted, bool)
    assert_type(await client.customers.retrieve("cus_1"), Customer)
    assert_type(await client.customers.retrieve_by_ref("EXT-001"), Customer)
    assert_type(await client.customers.blacklist("cus_1", reason="chargebacks"), Customer)
    assert_type(client.customers.list(), AsyncPages[Customer])
    assert_type(client.customers.list_subscriptions("cus_1"), AsyncPages[Subscription])
    transactions = client.customers.list_transactions("cus_1", limit=5)
    assert_type(transactions, AsyncPages[Transaction])
    async for transaction in transactions:
        assert_type(transaction.rail, Rail)


async def subscriptions(client: AsyncDuro) -> None:
    subscription = await client.subscriptions.create(
        customer_id="cus_1", plan_id="plan_1", payment_method_id="pm_1", metadata={"a": 1}
    )
    assert_type(subscription, Subscription)
    assert_type(subscription.status, SubscriptionStatus)
    assert_type(subscription.current_period_end, datetime | None)
    assert_type(await client.subscriptions.cancel("sub_1", at_period_end=True), Subscription)
    assert_type(await client.subscriptions.pause("sub_1"), Subscription)
    assert_type(await client.subscriptions.resume("sub_1"), Subscription)
    result = await client.subscriptions.change_plan("sub_1", plan_id="plan_2")
    assert_type(result, PlanChangeResult)
    assert_type(result.subscription, Subscription)
    assert_type(result.proration.amount, int)


async def pages(client: AsyncDuro) -> None:
    found = client.plans.list()
    async for plan in found:
        assert_type(plan, Plan)
    async for page in found.by_page():
        assert_type(page, Page[Plan])
        assert_type(page.items, tuple[Plan, ...])
        assert_type(page.next_cursor, str | None)
        assert_type(page.has_more, bool)
    assert_type(found.by_page(), AsyncIterator[Page[Plan]])
    assert_type(await found.page(), Page[Plan])
    assert_type(await found.collect(), list[Plan])
    assert_type(await found.collect(limit=5), list[Plan])
    assert_type(found.cursor, str | None)
    assert_type([plan.name async for plan in found], list[str])


async def anything(client: AsyncDuro) -> None:
    assert_type(await client.request("GET", "/v1/plans", params={"limit": 5, "all": True}), Any)
    assert_type(await client.request("POST", "/v1/plans", json={"name": "Pro"}, idempotency_key="k"), Any)
    with capture() as calls:
        await client.plans.archive("plan_1")
    assert_type(calls, list[Call])
    assert_type(calls[0].status, int | None)
    assert_type(calls[0].request_id, str | None)
    assert_type(calls[0].attempts, int)
    assert_type(calls[0].elapsed, float)


class OwnTransport:
    """A transport as a user writes one."""

    async def send(self, request: Request) -> Answer:
        return Answer(200, request.headers, request.content or b"")

    async def aclose(self) -> None: ...


async def own_transport() -> None:
    AsyncDuro("sk_test_1", transport=OwnTransport())
