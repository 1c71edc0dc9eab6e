"""Mistakes of first-time users, with the whole message of each, for both clients."""

from __future__ import annotations

import inspect
import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum

import pytest

from duro import (
    UNSET,
    AsyncDuro,
    CheckoutKind,
    CheckoutSession,
    CheckoutStatus,
    Customer,
    Duro,
    Interval,
    Page,
    Plan,
    PortalSession,
    Rail,
    Subscription,
    SubscriptionStatus,
    Transaction,
    TransactionStatus,
)
from duro.errors import InvalidArgumentError, ValidationError

pytestmark = pytest.mark.anyio

SECRET_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
NOW = datetime(2026, 1, 1, tzinfo=UTC)
CUSTOMER = Customer(id="cus_1", blacklisted=False, created_at=NOW)
PLAN = Plan(
    id="plan_1",
    name="Pro",
    amount=500_000,
    currency="NGN",
    interval=Interval.MONTH,
    interval_count=1,
    trial_days=0,
    created_at=NOW,
)
SUBSCRIPTION = Subscription(
    id="sub_1", status=SubscriptionStatus.ACTIVE, plan_id="plan_1", cycles_completed=1, created_at=NOW
)
CHARGE = Transaction(
    id="txn_1",
    invoice_id="inv_1",
    status=TransactionStatus.SUCCEEDED,
    amount=500_000,
    rail=Rail.CARD,
    created_at=NOW,
)
SESSION = CheckoutSession(
    id="chk_1",
    token="cs_test_1",
    url="https://checkout.useduro.com/checkout/cs_test_1",
    status=CheckoutStatus.PENDING,
    kind=CheckoutKind.ONE_TIME,
    amount=500_000,
    currency="NGN",
    created_at=NOW,
)


class Period(Enum):
    MONTH = "month"


# Arguments of a valid call, of which each row below replaces some.
VALID = {
    "plans.create": {"name": "Pro", "amount": 500_000, "interval": "month"},
    "promo_codes.create": {"code": "LAUNCH50", "discount_type": "percentage", "discount_value": 50},
    "payment_links.create": {"plan_id": "plan_1", "slug": "pro"},
    "subscriptions.create": {"customer_id": "cus_1", "plan_id": "plan_1"},
    "customer_checkout.pay": {"rail": "card"},
    "customer_identity.verify_otp": {"phone": "2348012345678", "code": "123456"},
    "customer_portal.top_up": {"credential": PortalSession("portal-session")},
    "customer_portal.request_virtual_account": {"credential": PortalSession("portal-session")},
    "customer_portal.pause": {"credential": PortalSession("portal-session")},
}
MINOR_UNITS = "pass an int of minor units, such as 500_000 kobo for 5,000 naira"
INTERVALS = "pass 'hour', 'day', 'week', 'month', 'quarter', 'biannual' or 'year'"
RAILS = "pass 'card', 'transfer', 'ussd', 'virtual_account' or 'direct_debit'"
INTEGER = "pass an int without decimals and quotes"
PERCENTAGE = "pass a percentage, or discount_type='fixed' for an amount"
TIMESTAMP = "pass for example datetime(2030, 12, 31, tzinfo=UTC)"
JSON = "pass strings, numbers, booleans, lists or mappings"
ID = "pass the id that the API returned"
TOKEN = "pass the token that the API returned"
RESERVED = "a string with '/', '..' or another reserved character"
SLUG = "consist of lower-case letters, digits and hyphens, got other characters or none; pass for example 'pro-monthly'"
REJECTED = [
    # Amounts and other numbers.
    ("plans.create", (), {"amount": 4_999.5}, f"amount must be an integer, got 4999.5; {MINOR_UNITS}"),
    ("plans.create", (), {"amount": 5_000.0}, f"amount must be an integer, got 5000.0; {MINOR_UNITS}"),
    ("plans.create", (), {"amount": "5000"}, f"amount must be an integer, got str; {MINOR_UNITS}"),
    ("plans.create", (), {"amount": Decimal("49.99")}, f"amount must be an integer, got Decimal; {MINOR_UNITS}"),
    ("plans.create", (), {"amount": True}, f"amount must be an integer, got True; {MINOR_UNITS}"),
    ("plans.create", (), {"amount": None}, f"amount must be an integer, got None; {MINOR_UNITS}"),
    ("plans.create", (), {"amount": UNSET}, f"amount must be an integer, got Unset; {MINOR_UNITS}"),
    ("invoices.refund", ("inv_1",), {"amount": 10.5}, f"amount must be an integer, got 10.5; {MINOR_UNITS}"),
    ("plans.create", (), {"interval_count": "1"}, f"interval_count must be an integer, got str; {INTEGER}"),
    ("plans.create", (), {"trial_days": timedelta(14)}, f"trial_days must be an integer, got timedelta; {INTEGER}"),
    ("promo_codes.create", (), {"discount_value": 0.5}, f"discount_value must be an integer, got 0.5; {INTEGER}"),
    (
        "promo_codes.create",
        (),
        {"discount_value": 150},
        f"discount_value must be an integer of at most 100, got 150; {PERCENTAGE}",
    ),
    (
        "customer_portal.top_up",
        (),
        {"amount_naira": 50},
        "amount_naira must be an integer of at least 100, got 50; pass whole naira, not kobo",
    ),
    # Enums.
    ("plans.create", (), {"interval": 30}, f"interval must be a string, got int; {INTERVALS}"),
    ("plans.create", (), {"interval": Period.MONTH}, f"interval must be a string, got Period; {INTERVALS}"),
    ("plans.create", (), {"interval": None}, f"interval must be a string, got None; {INTERVALS}"),
    (
        "promo_codes.create",
        (),
        {"discount_type": None},
        "discount_type must be a string, got None; pass 'percentage' or 'fixed'",
    ),
    ("customer_checkout.pay", ("cs_test_1",), {"rail": None}, f"rail must be a string, got None; {RAILS}"),
    (
        "customer_portal.pause",
        ("sandbox", "sub_1"),
        {},
        "mode must be 'test' or 'live', got another string; pass one of these strings",
    ),
    # Texts.
    ("plans.create", (), {"name": None}, "name must be a string, got None; pass a str"),
    ("plans.create", (), {"currency": 566}, "currency must be a string, got int; pass a str"),
    ("customers.create", (), {"email": ["a@example.com"]}, "email must be a string, got list; pass a str"),
    ("customers.create", (), {"phone": 2348012345678}, "phone must be a string, got int; pass a str"),
    ("customers.create", (), {"merchant_ref": uuid.UUID(int=1)}, "merchant_ref must be a string, got UUID; pass a str"),
    ("payment_links.create", (), {"slug": "Pro Plan"}, f"slug must {SLUG}"),
    (
        "customer_identity.verify_otp",
        (),
        {"code": 123456},
        "code must be a string, got int; pass a str, which keeps leading zeros",
    ),
    (
        "customer_portal.request_virtual_account",
        (),
        {"bvn": 12345678901},
        "bvn must be a string of 11 digits, got int; pass a str of all digits",
    ),
    # Switches.
    (
        "subscriptions.cancel",
        ("sub_1",),
        {"at_period_end": "yes"},
        "at_period_end must be a boolean, got str; pass True or False",
    ),
    # Timestamps.
    (
        "promo_codes.create",
        (),
        {"expires_at": datetime(2030, 12, 31)},  # noqa: DTZ001
        f"expires_at must have a time zone, got a datetime without one; {TIMESTAMP}",
    ),
    (
        "promo_codes.create",
        (),
        {"expires_at": "2030-12-31"},
        f"expires_at must be a date or a datetime, got str; {TIMESTAMP}",
    ),
    (
        "promo_codes.create",
        (),
        {"expires_at": timedelta(30)},
        f"expires_at must be a date or a datetime, got timedelta; {TIMESTAMP}",
    ),
    # Metadata.
    ("customers.create", (), {"metadata": "a=1"}, "metadata must be a mapping, got str; pass a dict of JSON values"),
    ("customers.create", (), {"metadata": [1]}, "metadata must be a mapping, got list; pass a dict of JSON values"),
    (
        "customers.create",
        (),
        {"metadata": {1: "a"}},
        "metadata must have string keys, got int; convert the keys to str",
    ),
    (
        "customers.create",
        (),
        {"metadata": {"tags": {"a"}}},
        f"metadata.tags must be a JSON value, got set; {JSON}",
    ),
    (
        "customers.create",
        (),
        {"metadata": {"order": UNSET}},
        f"metadata.order must be a JSON value, got Unset; {JSON}",
    ),
    # Ids.
    ("customers.retrieve", ("",), {}, f"customer_id must be a valid id, got a blank string; {ID}"),
    ("customers.retrieve", (" cus_1",), {}, f"customer_id must be a valid id, got a string with whitespace; {ID}"),
    ("customers.retrieve", ("/v1/customers/cus_1",), {}, f"customer_id must be a valid id, got {RESERVED}; {ID}"),
    ("customers.retrieve", (None,), {}, f"customer_id must be a string, got None; {ID}"),
    ("customers.retrieve", (5,), {}, f"customer_id must be a string, got int; {ID}"),
    (
        "subscriptions.create",
        (),
        {"plan_id": "plan_1\n"},
        f"plan_id must be a valid id, got a string with whitespace; {ID}",
    ),
    ("customer_checkout.pay", ("",), {}, f"token must be a valid token, got a blank string; {TOKEN}"),
    # Objects instead of their ids.
    ("subscriptions.create", (), {"plan_id": PLAN}, "plan_id must be a string, got Plan; pass plan.id"),
    (
        "subscriptions.create",
        (),
        {"customer_id": CUSTOMER},
        "customer_id must be a string, got Customer; pass customer.id",
    ),
    ("subscriptions.create", (), {"plan_id": CUSTOMER}, f"plan_id must be a string, got Customer; {ID}"),
    ("subscriptions.create", (), {"plan_id": PLAN.to_dict()}, f"plan_id must be a string, got dict; {ID}"),
    (
        "subscriptions.cancel",
        (SUBSCRIPTION,),
        {},
        "subscription_id must be a string, got Subscription; pass subscription.id",
    ),
    ("plans.archive", (SUBSCRIPTION,), {}, "plan_id must be a string, got Subscription; pass subscription.plan_id"),
    ("invoices.refund", (CHARGE,), {}, "invoice_id must be a string, got Transaction; pass transaction.invoice_id"),
    ("checkout.retrieve_session", (SESSION,), {}, "session_id must be a string, got CheckoutSession; pass session.id"),
    (
        "customer_checkout.pay",
        (SESSION,),
        {},
        "token must be a string, got CheckoutSession; pass checkout_session.token",
    ),
    # Lists.
    (
        "plans.list",
        (),
        {"page_size": 500},
        "page_size must be an integer of at least 1 and at most 100, got 500; pass an int in this range",
    ),
    (
        "plans.list",
        (),
        {"cursor": Page(items=())},
        "cursor must be a string or None, got Page; pass the next_cursor of a page, or None for the first",
    ),
    # Arguments that depend on each other.
    ("checkout.create_session", (), {}, "plan_id or amount must be set, got neither; pass one of them"),
]
# Values of the right type are sent, because only the API knows its limits.
REJECTED_BY_THE_API = [
    ("plans.create", {"amount": -1}, "amount: expected positive integer"),
    ("plans.create", {"amount": 0}, "amount: expected positive integer"),
    ("plans.create", {"interval_count": 0}, "intervalCount: expected integer from 1 to 1000"),
    ("plans.create", {"trial_days": -1}, "trialDays: expected integer from 0 to 3650"),
    (
        "plans.create",
        {"interval": "monthly"},
        "interval: expected one of hour, day, week, month, quarter, biannual, year",
    ),
    ("plans.create", {"currency": "naira"}, "currency: expected currency code of three capital letters"),
    ("promo_codes.create", {"discount_type": "percent"}, "discountType: expected one of percentage, fixed"),
    ("customers.create", {"email": "ada"}, "email: expected e-mail address"),
]


async def call(client, method, args, kwargs):
    resource, name = method.split(".")
    result = getattr(getattr(client, resource), name)(*args, **{**VALID.get(method, {}), **kwargs})
    return await result if inspect.isawaitable(result) else result


@pytest.mark.parametrize(("method", "args", "kwargs", "message"), REJECTED)
async def test_mistake_is_rejected_with_the_next_step(method, args, kwargs, message, *, client, transport):
    with Duro(SECRET_KEY, transport=transport) as blocking:
        for each in (client, blocking):
            with pytest.raises(InvalidArgumentError) as caught:
                await call(each, method, args, kwargs)
            assert str(caught.value) == message
    assert transport.requests == []


@pytest.mark.parametrize(("method", "kwargs", "problem"), REJECTED_BY_THE_API)
async def test_mistake_is_rejected_by_the_api(method, kwargs, problem, sandbox):
    [name] = problem.split(":")[:1]
    async with AsyncDuro(**sandbox.options) as awaited:
        with Duro(**sandbox.options) as blocking:
            for each in (awaited, blocking):
                with pytest.raises(ValidationError) as caught:
                    await call(each, method, (), kwargs)
                request_id = caught.value.request_id
                message = f"422 validation_error: Not valid: {name}; {problem}; request {request_id}"
                assert str(caught.value).endswith(f") returned {message}")
