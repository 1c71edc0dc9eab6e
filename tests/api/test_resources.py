"""Operations of both clients against a running sandbox."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import anyio
import pytest

import duro
from duro import AsyncDuro, Customer, Duro, Interval, Plan, Subscription, SubscriptionStatus, Token, capture
from duro.api.models.subscriptions import PlanChangeResult
from duro.blocking.declare import BlockingResource
from duro.errors import ConflictError, InvalidArgumentError, NotFoundError, TokenExchangeError, ValidationError
from duro.http.request import Headers, Response


class NotFoundTransport:
    """Transport that records requests and returns 404, so that no model is needed."""

    def __init__(self):
        self.requests = []

    async def send(self, request):
        self.requests.append(request)
        return Response(404, Headers(), b"")

    async def aclose(self):
        pass


class AwaitableClient:
    """Blocking client with awaitable methods, so that one test covers both clients."""

    def __init__(self, target):
        self._target = target

    def __getattr__(self, name):
        found = getattr(self._target, name)
        if isinstance(found, BlockingResource):
            return AwaitableClient(found)

        def call(*args, **kwargs):
            result = found(*args, **kwargs)
            return AwaitablePages(result) if isinstance(result, duro.Pages) else given(result)

        return call


class AwaitablePages:
    def __init__(self, pages):
        self._pages = pages

    @property
    def cursor(self):
        return self._pages.cursor

    async def collect(self, **options):
        return self._pages.collect(**options)

    async def page(self):
        return self._pages.page()

    async def __aiter__(self):
        for item in self._pages:
            yield item


async def given(result):
    return result


@pytest.fixture(params=["awaited", "blocking"])
async def client(request, sandbox):
    if request.param == "awaited":
        async with AsyncDuro(**sandbox.options) as made:
            yield made
    else:
        with Duro(**sandbox.options) as made:
            yield AwaitableClient(made)


@pytest.fixture
async def plan(client):
    return await client.plans.create(name="Pro", amount=500_000, interval="month")


@pytest.fixture
async def customer(client):
    return await client.customers.create(email="ada@example.com", name="Ada", merchant_ref="EXT-001")


@pytest.fixture
async def subscription(client, plan, customer):
    return await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)


@pytest.mark.anyio
class TestSandbox:
    async def test_token_exchange_bypasses_the_cache(self, client, sandbox):
        first, second = await client.oauth.token(), await client.oauth.token()
        assert isinstance(first, Token)
        assert (first.token_type, first.expires_in) == ("Bearer", 3600.0)
        assert first.access_token != second.access_token
        assert sandbox.stats.token_exchanges == 2

    async def test_cached_token_is_exchanged_once(self, client, sandbox):
        assert (await client.token()).access_token == (await client.token()).access_token
        await client.plans.list().page()
        assert sandbox.stats.token_exchanges == 1

    async def test_plan_is_created(self, client):
        made = await client.plans.create(
            name="Team",
            amount=1_000,
            interval=Interval.WEEK,
            currency="NGN",
            interval_count=2,
            trial_days=14,
            max_cycles=12,
        )
        assert isinstance(made, Plan)
        assert made.id.startswith("plan_")
        assert (made.name, made.amount, made.currency) == ("Team", 1_000, "NGN")
        assert (made.interval, made.interval_count, made.trial_days, made.max_cycles) == (Interval.WEEK, 2, 14, 12)
        assert made.interval.is_known
        assert abs((datetime.now(UTC) - made.created_at).total_seconds()) < 60

    async def test_plan_update_changes_only_the_given_fields(self, client, plan):
        changed = await client.plans.update(plan.id, name="Pro Monthly", trial_days=7)
        assert (changed.id, changed.name, changed.trial_days, changed.amount) == (
            plan.id,
            "Pro Monthly",
            7,
            plan.amount,
        )

    async def test_archived_plan_is_not_listed(self, client, plan):
        assert (await client.plans.archive(plan.id)).id == plan.id
        assert await client.plans.list().collect() == []

    async def test_plans_are_listed_newest_first(self, client):
        made = [await client.plans.create(name=str(number), amount=1, interval="day") for number in range(5)]
        pages = client.plans.list(page_size=2)
        assert [plan async for plan in pages] == made[::-1]
        page = await pages.page()
        assert (len(page.items), page.has_more) == (2, True)
        assert await client.plans.list(cursor=pages.cursor).collect() == made[2::-1]

    async def test_customer_is_created_and_found(self, client, customer):
        assert isinstance(customer, Customer)
        assert customer.id.startswith("cus_")
        assert (customer.email, customer.name, customer.merchant_ref) == ("ada@example.com", "Ada", "EXT-001")
        assert not customer.blacklisted
        assert await client.customers.retrieve(customer.id) == customer
        assert await client.customers.retrieve_by_ref("EXT-001") == customer
        assert await client.customers.list().collect() == [customer]

    async def test_customer_is_blacklisted(self, client, customer):
        blacklisted_customer = await client.customers.blacklist(customer.id, reason="chargebacks")
        assert (blacklisted_customer.blacklisted, blacklisted_customer.blacklist_reason) == (True, "chargebacks")
        assert (await client.customers.retrieve(customer.id)).blacklisted

    async def test_customers_subscriptions_and_transactions_are_listed(self, client, customer, subscription):
        assert await client.customers.list_subscriptions(customer.id).collect() == [subscription]
        (transaction,) = await client.customers.list_transactions(customer.id, page_size=5).collect()
        assert (transaction.amount, transaction.customer_id) == (500_000, customer.id)
        assert transaction.status.is_known
        assert transaction.rail.is_known

    async def test_subscription_is_created_and_charged(self, subscription, plan, sandbox):
        assert isinstance(subscription, Subscription)
        assert subscription.status is SubscriptionStatus.ACTIVE
        assert (subscription.plan_id, subscription.cycles_completed) == (plan.id, 1)
        assert subscription.current_period_end > subscription.current_period_start
        assert [charge.amount for charge in sandbox.ledger] == [500_000]

    async def test_subscription_is_paused_resumed_and_canceled(self, client, subscription):
        assert (await client.subscriptions.pause(subscription.id)).status is SubscriptionStatus.PAUSED
        assert (await client.subscriptions.resume(subscription.id)).status is SubscriptionStatus.ACTIVE
        assert (await client.subscriptions.cancel(subscription.id)).status is SubscriptionStatus.CANCELED

    async def test_subscription_is_canceled_at_period_end(self, client, subscription):
        later = await client.subscriptions.cancel(subscription.id, at_period_end=True)
        assert later.status is SubscriptionStatus.ACTIVE

    async def test_error_classes(self, client, subscription):
        with pytest.raises(NotFoundError) as missing:
            await client.customers.retrieve("cus_none")
        assert (missing.value.status, missing.value.code) == (404, "not_found")
        with pytest.raises(ConflictError) as conflict:
            await client.subscriptions.resume(subscription.id)
        assert (conflict.value.status, conflict.value.code) == (409, "conflict")
        with pytest.raises(ValidationError) as refused:
            await client.plans.create(name="Pro", amount=-1, interval="month")
        assert [detail.path for detail in refused.value.details] == ["amount"]
        assert refused.value.request_id.startswith("req_")
        assert refused.value.idempotency_key

    async def test_repeated_key_gets_the_first_response(self, client, sandbox):
        first = await client.customers.create(name="Ada", idempotency_key="key-1")
        assert await client.customers.create(name="Ada", idempotency_key="key-1") == first
        assert len(await client.customers.list().collect()) == 1

    async def test_raw_request_reaches_any_path(self, client, customer):
        response = await client.request("GET", "/v1/customers", params={"limit": 1})
        assert response["items"][0]["id"] == customer.id
        assert (await client.request("POST", "/v1/customers", json={"name": "Bob"}))["name"] == "Bob"

    async def test_revoked_token_is_refreshed(self, client, sandbox):
        await client.plans.list().page()
        sandbox.revoke_tokens()
        with capture() as calls:
            await client.customers.create(name="Ada")
        assert (calls[0].status, calls[0].attempts) == (201, 2)
        assert sandbox.stats.token_exchanges == 2

    async def test_token_rejects_an_idempotency_key(self, client):
        with pytest.raises(InvalidArgumentError):
            await client.oauth.token(idempotency_key="k")


@pytest.mark.anyio
async def test_token_endpoint_rejects_a_wrong_secret(sandbox):
    options = {**sandbox.options, "client_secret": "csec_test_wrong"}
    async with AsyncDuro(**options) as client:
        with pytest.raises(TokenExchangeError) as caught:
            await client.plans.list().page()
    assert caught.value.status == 401
    assert "csec_test_wrong" not in str(caught.value)


@pytest.mark.anyio
async def test_secret_key_needs_no_exchange(sandbox):
    async with AsyncDuro(sandbox.secret_key, base_url=sandbox.url) as client:
        await client.plans.list().page()
    assert (sandbox.stats.token_exchanges, sandbox.stats.requests) == (0, 1)


@pytest.mark.anyio
@pytest.mark.parametrize("blocking", [False, True])
async def test_plan_change_returns_subscription_and_proration(blocking):
    """The response is fixed here, because the proration of the sandbox depends on the date."""
    subscription = {
        "id": "sub_1",
        "status": "active",
        "planId": "plan_2",
        "cyclesCompleted": 1,
        "createdAt": "2026-01-01T00:00:00Z",
    }
    body = json.dumps({"subscription": subscription, "proration": {"amount": 250_000, "kind": "charge"}}).encode()

    class FixedTransport(NotFoundTransport):
        async def send(self, request):
            await super().send(request)
            return Response(200, Headers(), body)

    transport = FixedTransport()
    if blocking:
        with Duro("sk_test_1", transport=transport) as client:
            result = client.subscriptions.change_plan("sub_1", plan_id="plan_2")
    else:
        async with AsyncDuro("sk_test_1", transport=transport) as client:
            result = await client.subscriptions.change_plan("sub_1", plan_id="plan_2")
    assert isinstance(result, PlanChangeResult)
    assert (result.subscription.plan_id, result.proration.amount, result.proration.kind) == (
        "plan_2",
        250_000,
        "charge",
    )
    assert result.proration.kind.is_known


@pytest.mark.slow
@pytest.mark.anyio
async def test_concurrent_calls_get_their_own_responses(sandbox):
    async with AsyncDuro(**sandbox.options) as client:
        names = {}

        async def create(number):
            names[number] = (await client.customers.create(name=f"n{number}")).name

        async with anyio.create_task_group() as tasks:
            for number in range(100):
                tasks.start_soon(create, number)
    assert names == {number: f"n{number}" for number in range(100)}
    assert sandbox.stats.token_exchanges == 1
