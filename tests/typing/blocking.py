"""Type inference samples of the blocking client, checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any, Literal, assert_type

from duro import (
    UNSET,
    Call,
    CheckoutKind,
    CheckoutPage,
    CheckoutPayment,
    CheckoutProgress,
    CheckoutSession,
    CheckoutStatus,
    Customer,
    DiscountDuration,
    DiscountType,
    DunningEscalation,
    Duro,
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
    Pages,
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
    RetryPolicy,
    SavedMethod,
    SecretKey,
    Subscription,
    Token,
    Transaction,
    Unset,
    WalletStatus,
    capture,
)


def clients() -> None:
    assert_type(Duro("sk_test_1"), Duro)
    assert_type(Duro(secret_key="sk_test_1"), Duro)
    Duro(secret_key=SecretKey("sk_test_1"))
    Duro(client_id="cid_test_1", client_secret="csec_test_1", base_url="http://127.0.0.1:1", timeout=5)
    Duro(SecretKey("sk_test_1"), retries=RetryPolicy(retries=2), max_connections=10, transport="httpx")
    Duro("sk_test_1", max_response_bytes=1_000_000)
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
    assert_type(client.plans.list(page_size=5, cursor="c", timeout=5), Pages[Plan])


def customers(client: Duro) -> None:
    assert_type(client.customers.create(email="a@example.com", metadata={"a": [1, None]}), Customer)
    assert_type(client.customers.retrieve("cus_1"), Customer)
    assert_type(client.customers.retrieve_by_ref("EXT-001"), Customer)
    assert_type(client.customers.blacklist("cus_1", reason="chargebacks"), Customer)
    assert_type(client.customers.list(), Pages[Customer])
    assert_type(client.customers.list_subscriptions("cus_1"), Pages[Subscription])
    assert_type(client.customers.list_transactions("cus_1", page_size=5), Pages[Transaction])


def subscriptions(client: Duro) -> None:
    assert_type(client.subscriptions.create(customer_id="cus_1", plan_id="plan_1"), Subscription)
    assert_type(client.subscriptions.cancel("sub_1", at_period_end=True), Subscription)
    assert_type(client.subscriptions.pause("sub_1"), Subscription)
    assert_type(client.subscriptions.resume("sub_1"), Subscription)
    assert_type(client.subscriptions.change_plan("sub_1", plan_id="plan_2"), PlanChangeResult)


def optional_arguments(client: Duro, name: str | None, unset: Unset, cursor: str | None) -> None:
    assert_type(client.customers.create(email=None, name=name, phone=UNSET, metadata=None), Customer)
    assert_type(client.plans.update("plan_1", name=name, amount=unset, interval=None, trial_days=None), Plan)
    assert_type(client.promo_codes.update("promo_1", active=None, expires_at=UNSET, max_redemptions=None), PromoCode)
    assert_type(client.plans.list(page_size=None, cursor=cursor), Pages[Plan])
    assert_type(client.plans.list(page_size=UNSET, cursor=UNSET).collect(limit=None), list[Plan])


def enum_arguments(client: Duro, interval: Literal["day", "year"], rail: str, kind: DiscountType) -> None:
    assert_type(client.plans.create(name="Pro", amount=1, interval=interval), Plan)
    assert_type(client.plans.create(name="Pro", amount=1, interval=Interval.HOUR), Plan)
    assert_type(client.plans.update("plan_1", interval="fortnight"), Plan)
    assert_type(client.promo_codes.create(code="A", discount_type=kind, discount_value=5, duration="once"), PromoCode)
    assert_type(client.settings.update_recovery(dunning_escalation="cancel"), RecoverySettings)
    assert_type(client.customer_checkout.pay("cs_test_1", rail=rail), CheckoutPayment)


def promo_codes(client: Duro) -> None:
    promo = client.promo_codes.create(
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
    assert_type(client.promo_codes.retrieve("promo_1"), PromoCode)
    assert_type(client.promo_codes.update("promo_1", expires_at=None, max_redemptions=None), PromoCode)
    assert_type(client.promo_codes.update("promo_1", active=False, expires_at=datetime.now(UTC)), PromoCode)


def payment_links(client: Duro) -> None:
    link = client.payment_links.create(plan_id="plan_1", slug="pro", metadata={"a": 1})
    assert_type(link, PaymentLink)
    assert_type(link.active, bool)


def transactions(client: Duro) -> None:
    transaction = client.transactions.retrieve("txn_1")
    assert_type(transaction, Transaction)
    assert_type(transaction.failure_code, str | None)


def invoices(client: Duro) -> None:
    invoice = client.invoices.retrieve("inv_1")
    assert_type(invoice, InvoiceDetail)
    assert_type(invoice.status, InvoiceStatus)
    assert_type(invoice.attempts, tuple[Transaction, ...])
    assert_type(invoice.paid_at, datetime | None)
    plain: Invoice = invoice
    assert_type(plain.period_start, datetime)
    refund = client.invoices.refund("inv_1", amount=100, reason="goodwill")
    assert_type(refund, InvoiceRefundResult)
    assert_type(refund.refunded, int)


def settings(client: Duro) -> None:
    recovery = client.settings.update_recovery(
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


def analytics(client: Duro) -> None:
    summary = client.analytics.failures()
    assert_type(summary, RecoverySummary)
    assert_type(summary.recovery_rate, float)
    assert_type(summary.by_failure_code, Mapping[str, int])


def checkout(client: Duro) -> None:
    session = client.checkout.create_session(
        plan_id="plan_1", customer_email="a@example.com", success_url="https://shop.example", metadata={}
    )
    assert_type(session, CheckoutSession)
    assert_type(session.token, str)
    assert_type(session.kind, CheckoutKind)
    assert_type(session.status, CheckoutStatus)
    one_off = client.checkout.create_session(amount=100, currency="NGN", customer_phone="234")
    assert_type(one_off.plan_id, str | None)
    assert_type(client.checkout.retrieve_session("chk_1"), CheckoutSession)


def events(client: Duro) -> None:
    event = client.events.retrieve("evt_1")
    assert_type(event, Event)
    assert_type(event.type, EventType)
    assert_type(event.dispatched_at, datetime | None)
    delivered = client.events.retrieve_payload("evt_1")
    assert_type(delivered, EventPayload)
    assert_type(delivered.body, bytes)


def customer_checkout(client: Duro) -> None:
    assert_type(client.customer_checkout.hydrate("cs_test_1"), CheckoutPage)
    payment = client.customer_checkout.pay("cs_test_1", rail=Rail.CARD, email="a@example.com")
    assert_type(payment, CheckoutPayment)
    assert_type(payment.subscription_id, str | None)
    assert_type(client.customer_checkout.status("cs_test_1"), CheckoutProgress)


def customer_identity(client: Duro) -> None:
    assert_type(client.customer_identity.request_otp(phone="234"), OtpDelivery)
    person = client.customer_identity.verify_otp(phone="234", code="123456")
    assert_type(person, IdentityVerification)
    assert_type(person.credential, IdentityToken)
    assert_type(client.customer_identity.me(credential=person), Identity)
    methods = client.customer_identity.list_methods(credential=IdentityToken("t"))
    assert_type(methods, Pages[SavedMethod])
    assert_type([method.last4 for method in methods], list[str | None])


def customer_portal(client: Duro) -> None:
    assert_type(client.customer_portal.start(email="a@example.com", resend=True), PortalCodeDelivery)
    session = client.customer_portal.verify(token="t", code="123456")
    assert_type(session, PortalAccess)
    assert_type(session.credential, PortalSession)
    assert_type(session.account, PortalAccount)
    assert_type(session.subscriptions, tuple[PortalMerchantGroup, ...])
    portal = client.with_options(credential=session).customer_portal
    assert_type(portal.subscriptions(), Pages[PortalMerchantGroup])
    for group in portal.subscriptions():
        assert_type(group.subscriptions[0], PortalSubscription)
        assert_type(group.subscriptions[0].plan, PortalPlan)
    assert_type(portal.pause("test", "sub_1"), PortalSubscriptionAction)
    assert_type(portal.cards(), Pages[PortalCard])
    wallet = portal.wallet()
    assert_type(wallet, PortalWallet)
    assert_type(wallet.status, WalletStatus)
    assert_type(wallet.transactions, tuple[PortalWalletTransaction, ...])
    assert_type(portal.top_up(amount_naira=500), PortalTopUp)
    assert_type(portal.request_virtual_account(bvn="12345678901"), PortalVirtualAccount)


def pages(client: Duro) -> None:
    plans = client.plans.list()
    for plan in plans:
        assert_type(plan, Plan)
    for page in plans.by_page():
        assert_type(page, Page[Plan])
    assert_type(plans.by_page(), Iterator[Page[Plan]])
    assert_type(plans.page(), Page[Plan])
    first = plans.page()
    assert_type(list(first), list[Plan])
    assert_type(first[0], Plan)
    assert_type(first[1:], tuple[Plan, ...])
    assert_type(len(first), int)
    assert_type(plans.collect(limit=5), list[Plan])
    assert_type(plans.cursor, str | None)
    assert_type(plans.prefetch(), Pages[Plan])
    assert_type(list(plans), list[Plan])
    assert_type(sorted(plan.amount for plan in plans), list[int])


def raw_requests(client: Duro) -> None:
    assert_type(client.request("GET", "/v1/plans", params={"limit": 5}), Any)
    with capture() as calls:
        client.plans.archive("plan_1")
    assert_type(calls, list[Call])
