"""Type inference samples of the asynchronous client, checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal, assert_type

import aiohttp
import httpx
import httpx2

from duro import (
    UNSET,
    AsyncDuro,
    AsyncPages,
    Call,
    CheckoutKind,
    CheckoutPage,
    CheckoutPayment,
    CheckoutProgress,
    CheckoutSession,
    CheckoutStatus,
    ClientCredentials,
    Customer,
    DiscountDuration,
    DiscountType,
    DunningEscalation,
    Event,
    EventPayload,
    EventType,
    Identity,
    IdentityToken,
    IdentityVerification,
    Interval,
    Invoice,
    InvoiceDetail,
    InvoiceRefundResult,
    InvoiceStatus,
    OtpDelivery,
    Page,
    PaymentLink,
    Plan,
    PlanChangeResult,
    PortalAccess,
    PortalAccount,
    PortalCard,
    PortalCodeDelivery,
    PortalMerchantGroup,
    PortalPlan,
    PortalSession,
    PortalSubscription,
    PortalSubscriptionAction,
    PortalTopUp,
    PortalVirtualAccount,
    PortalWallet,
    PortalWalletTransaction,
    PromoCode,
    Rail,
    RecoverySettings,
    RecoverySummary,
    Request,
    Response,
    RetryPolicy,
    SavedMethod,
    SecretKey,
    Subscription,
    SubscriptionStatus,
    Token,
    Transaction,
    Transport,
    Unset,
    WalletStatus,
    capture,
)


async def clients(http: httpx.AsyncClient, transport: Transport) -> None:
    assert_type(AsyncDuro("sk_test_1"), AsyncDuro)
    assert_type(AsyncDuro(secret_key="sk_test_1"), AsyncDuro)
    AsyncDuro(secret_key=SecretKey("sk_test_1"))
    AsyncDuro(client_id="cid_test_1", client_secret="csec_test_1", base_url="http://127.0.0.1:1", timeout=5)
    AsyncDuro(SecretKey("sk_test_1"), retries=2, max_connections=10, max_response_bytes=1_000_000, transport="httpx")
    AsyncDuro(ClientCredentials("cid_test_1", "csec_test_1"), retries=RetryPolicy(retries=2), transport=http)
    AsyncDuro(IdentityToken("t", mode="test"), transport=transport)
    AsyncDuro("sk_test_1", transport="httpx2")
    AsyncDuro("sk_test_1", transport=httpx2.AsyncClient())
    AsyncDuro("sk_test_1", transport=httpx2.AsyncClient)
    AsyncDuro("sk_test_1", transport="aiohttp")
    AsyncDuro("sk_test_1", transport=aiohttp.ClientSession())
    AsyncDuro("sk_test_1", transport=aiohttp.ClientSession)
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
    assert_type(client.plans.list(page_size=5, cursor="c"), AsyncPages[Plan])


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
    transactions = client.customers.list_transactions("cus_1", page_size=5)
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


async def optional_arguments(client: AsyncDuro, name: str | None, unset: Unset, cursor: str | None) -> None:
    assert_type(await client.customers.create(email=None, name=name, phone=UNSET, metadata=None), Customer)
    assert_type(await client.plans.update("plan_1", name=name, amount=unset, interval=None, trial_days=None), Plan)
    assert_type(
        await client.promo_codes.update("promo_1", active=None, expires_at=UNSET, max_redemptions=None), PromoCode
    )
    assert_type(client.plans.list(page_size=None, cursor=cursor), AsyncPages[Plan])
    assert_type(await client.plans.list(page_size=UNSET, cursor=UNSET).collect(limit=None), list[Plan])


async def enum_arguments(client: AsyncDuro, interval: Literal["day", "year"], rail: str, kind: DiscountType) -> None:
    assert_type(await client.plans.create(name="Pro", amount=1, interval=interval), Plan)
    assert_type(await client.plans.create(name="Pro", amount=1, interval=Interval.HOUR), Plan)
    assert_type(await client.plans.update("plan_1", interval="fortnight"), Plan)
    assert_type(
        await client.promo_codes.create(code="A", discount_type=kind, discount_value=5, duration="once"), PromoCode
    )
    assert_type(await client.settings.update_recovery(dunning_escalation="cancel"), RecoverySettings)
    assert_type(await client.customer_checkout.pay("cs_test_1", rail=rail), CheckoutPayment)


async def promo_codes(client: AsyncDuro) -> None:
    promo = await client.promo_codes.create(
        code="LAUNCH50",
        discount_type=DiscountType.PERCENTAGE,
        discount_value=50,
        plan_id="plan_1",
        duration="repeating",
        duration_cycles=3,
        max_redemptions=100,
        expires_at=date(2026, 12, 31),
    )
    assert_type(promo, PromoCode)
    assert_type(promo.discount_type, DiscountType)
    assert_type(promo.duration, DiscountDuration)
    assert_type(promo.remaining, int | None)
    assert_type(promo.expires_at, datetime | None)
    assert_type(await client.promo_codes.retrieve("promo_1"), PromoCode)
    assert_type(await client.promo_codes.update("promo_1", expires_at=None, max_redemptions=None), PromoCode)
    assert_type(await client.promo_codes.update("promo_1", active=False, expires_at=datetime.now(UTC)), PromoCode)


async def payment_links(client: AsyncDuro) -> None:
    link = await client.payment_links.create(plan_id="plan_1", slug="pro", metadata={"a": 1})
    assert_type(link, PaymentLink)
    assert_type(link.active, bool)


async def transactions(client: AsyncDuro) -> None:
    transaction = await client.transactions.retrieve("txn_1")
    assert_type(transaction, Transaction)
    assert_type(transaction.failure_code, str | None)


async def invoices(client: AsyncDuro) -> None:
    invoice = await client.invoices.retrieve("inv_1")
    assert_type(invoice, InvoiceDetail)
    assert_type(invoice.status, InvoiceStatus)
    assert_type(invoice.attempts, tuple[Transaction, ...])
    assert_type(invoice.paid_at, datetime | None)
    plain: Invoice = invoice
    assert_type(plain.period_start, datetime)
    refund = await client.invoices.refund("inv_1", amount=100, reason="goodwill")
    assert_type(refund, InvoiceRefundResult)
    assert_type(refund.refunded, int)


async def settings(client: AsyncDuro) -> None:
    recovery = await client.settings.update_recovery(
        auto_recovery=True,
        renewal_reminders=True,
        renewal_reminder_days=3,
        abandoned_cart=False,
        dunning_enabled=True,
        dunning_escalation_days=14,
        dunning_escalation=DunningEscalation.CANCEL,
    )
    assert_type(recovery, RecoverySettings)
    assert_type(recovery.dunning_escalation, DunningEscalation)


async def analytics(client: AsyncDuro) -> None:
    summary = await client.analytics.failures()
    assert_type(summary, RecoverySummary)
    assert_type(summary.recovery_rate, float)
    assert_type(summary.by_failure_code, Mapping[str, int])


async def checkout(client: AsyncDuro) -> None:
    session = await client.checkout.create_session(
        plan_id="plan_1", customer_email="a@example.com", success_url="https://shop.example", metadata={}
    )
    assert_type(session, CheckoutSession)
    assert_type(session.token, str)
    assert_type(session.kind, CheckoutKind)
    assert_type(session.status, CheckoutStatus)
    one_off = await client.checkout.create_session(amount=100, currency="NGN", customer_phone="234")
    assert_type(one_off.plan_id, str | None)
    assert_type(await client.checkout.retrieve_session("chk_1"), CheckoutSession)


async def events(client: AsyncDuro) -> None:
    event = await client.events.retrieve("evt_1")
    assert_type(event, Event)
    assert_type(event.type, EventType)
    assert_type(event.dispatched_at, datetime | None)
    delivered = await client.events.retrieve_payload("evt_1")
    assert_type(delivered, EventPayload)
    assert_type(delivered.body, bytes)


async def customer_checkout(client: AsyncDuro) -> None:
    assert_type(await client.customer_checkout.hydrate("cs_test_1"), CheckoutPage)
    payment = await client.customer_checkout.pay("cs_test_1", rail=Rail.CARD, email="a@example.com")
    assert_type(payment, CheckoutPayment)
    assert_type(payment.subscription_id, str | None)
    assert_type(await client.customer_checkout.status("cs_test_1"), CheckoutProgress)


async def customer_identity(client: AsyncDuro) -> None:
    assert_type(await client.customer_identity.request_otp(phone="234"), OtpDelivery)
    person = await client.customer_identity.verify_otp(phone="234", code="123456")
    assert_type(person, IdentityVerification)
    assert_type(person.credential, IdentityToken)
    assert_type(await client.customer_identity.me(credential=person), Identity)
    methods = client.customer_identity.list_methods(credential=IdentityToken("t"))
    assert_type(methods, AsyncPages[SavedMethod])
    assert_type([method.last4 async for method in methods], list[str | None])


async def customer_portal(client: AsyncDuro) -> None:
    assert_type(await client.customer_portal.start(email="a@example.com", resend=True), PortalCodeDelivery)
    session = await client.customer_portal.verify(token="t", code="123456")
    assert_type(session, PortalAccess)
    assert_type(session.credential, PortalSession)
    assert_type(AsyncDuro(session, base_url="http://127.0.0.1:1"), AsyncDuro)
    assert_type(session.account, PortalAccount)
    assert_type(session.subscriptions, tuple[PortalMerchantGroup, ...])
    portal = client.with_options(credential=session).customer_portal
    assert_type(portal.subscriptions(), AsyncPages[PortalMerchantGroup])
    async for group in portal.subscriptions():
        assert_type(group.subscriptions[0], PortalSubscription)
        assert_type(group.subscriptions[0].plan, PortalPlan)
    assert_type(await portal.pause("test", "sub_1"), PortalSubscriptionAction)
    assert_type(portal.cards(), AsyncPages[PortalCard])
    wallet = await portal.wallet()
    assert_type(wallet, PortalWallet)
    assert_type(wallet.status, WalletStatus)
    assert_type(wallet.transactions, tuple[PortalWalletTransaction, ...])
    assert_type(await portal.top_up(amount_naira=500), PortalTopUp)
    assert_type(await portal.request_virtual_account(bvn="12345678901"), PortalVirtualAccount)


async def pages(client: AsyncDuro) -> None:
    plans = client.plans.list()
    async for plan in plans:
        assert_type(plan, Plan)
    async for page in plans.by_page():
        assert_type(page, Page[Plan])
        assert_type(page.items, tuple[Plan, ...])
        assert_type(page.next_cursor, str | None)
        assert_type(page.has_more, bool)
    assert_type(plans.by_page(), AsyncIterator[Page[Plan]])
    assert_type(await plans.page(), Page[Plan])
    first = await plans.page()
    assert_type(list(first), list[Plan])
    assert_type(first[0], Plan)
    assert_type(first[1:], tuple[Plan, ...])
    assert_type(len(first), int)
    assert_type(await plans.collect(), list[Plan])
    assert_type(await plans.collect(limit=5), list[Plan])
    assert_type(plans.cursor, str | None)
    assert_type(plans.prefetch(), AsyncPages[Plan])
    assert_type([plan.name async for plan in plans], list[str])


async def raw_requests(client: AsyncDuro) -> None:
    assert_type(await client.request("GET", "/v1/plans", params={"limit": 5, "all": True}), Any)
    assert_type(await client.request("POST", "/v1/plans", json={"name": "Pro"}, idempotency_key="k"), Any)
    with capture() as calls:
        await client.plans.archive("plan_1")
    assert_type(calls, list[Call])
    assert_type(calls[0].status, int | None)
    assert_type(calls[0].request_id, str | None)
    assert_type(calls[0].attempts, int)
    assert_type(calls[0].elapsed, float)


class CustomTransport:
    """Transport written by a user."""

    async def send(self, request: Request) -> Response:
        return Response(200, request.headers, request.content or b"")

    async def aclose(self) -> None: ...


async def custom_transport() -> None:
    AsyncDuro("sk_test_1", transport=CustomTransport())
