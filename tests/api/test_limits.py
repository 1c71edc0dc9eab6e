"""Limits that the contract states in prose: values outside are rejected before a request is sent."""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, timezone
from types import MappingProxyType

import pytest

from duro import AsyncDuro, PortalSession, RetryPolicy
from duro.errors import ConfigurationError, InvalidArgumentError, NotFoundError
from duro.http.request import Headers, Response

pytestmark = pytest.mark.anyio

SESSION = PortalSession("portal-session")
NOT_FOUND = Response(404, Headers(), b"")


@pytest.fixture(autouse=True)
def not_found(transport):
    transport.responses = [NOT_FOUND]


@pytest.fixture
def sent(transport):
    """Return a function that awaits a call, which fails with 404, and returns the request body."""

    async def make(call):
        with pytest.raises(NotFoundError):
            await call
        return json.loads(transport.last.content)

    return make


class TestPromoCodes:
    @pytest.mark.parametrize("value", [101, 150, 10**9])
    async def test_percentage_above_100_is_rejected(self, value, client, transport):
        with pytest.raises(
            InvalidArgumentError, match=f"discount_value must be an integer of at most 100, got {value}"
        ):
            await client.promo_codes.create(code="A", discount_type="percentage", discount_value=value)
        assert transport.requests == []

    @pytest.mark.parametrize(("kind", "value"), [("percentage", 100), ("fixed", 101), ("fixed", 500_000), ("new", 101)])
    async def test_valid_discount_is_sent(self, kind, value, client, sent):
        body = await sent(client.promo_codes.create(code="A", discount_type=kind, discount_value=value))
        assert body == {"code": "A", "discountType": kind, "discountValue": value}

    @pytest.mark.parametrize(
        ("expires_at", "text"),
        [
            (datetime(2026, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC), "2026-12-31T23:59:59.999Z"),
            (datetime(2026, 12, 31, tzinfo=timezone(timedelta(hours=1))), "2026-12-30T23:00:00.000Z"),
            (datetime(2026, 12, 31, 0, 0, 0, 1, tzinfo=UTC), "2026-12-31T00:00:00.000001Z"),
            (date(2026, 12, 31), "2026-12-31T00:00:00.000Z"),
            (None, None),
        ],
    )
    async def test_timestamps_are_sent_as_text(self, expires_at, text, client, sent):
        assert await sent(client.promo_codes.update("promo_1", expires_at=expires_at)) == {"expiresAt": text}

    async def test_timestamp_without_a_time_zone_is_rejected(self, client, transport):
        with pytest.raises(InvalidArgumentError, match="expires_at must have a time zone"):
            await client.promo_codes.update("promo_1", expires_at=datetime(2026, 12, 31))  # noqa: DTZ001
        assert transport.requests == []


class TestPaymentLinks:
    @pytest.mark.parametrize("slug", ["", "Pro", "pro plan", "pro_plan", "pró", "pro/", "pro\n"])
    async def test_slug_with_other_characters_is_rejected(self, slug, client, transport):
        with pytest.raises(InvalidArgumentError, match="lower-case letters, digits and hyphens"):
            await client.payment_links.create(plan_id="plan_1", slug=slug)
        assert transport.requests == []

    async def test_slug_is_sent(self, client, sent):
        body = await sent(client.payment_links.create(plan_id="plan_1", slug="pro-2026"))
        assert body == {"planId": "plan_1", "slug": "pro-2026"}


class TestCheckout:
    async def test_session_without_plan_and_amount_is_rejected(self, client, transport):
        with pytest.raises(InvalidArgumentError, match="plan_id or amount must be set"):
            await client.checkout.create_session(customer_email="ada@example.com")
        assert transport.requests == []

    @pytest.mark.parametrize("given", [{"plan_id": "plan_1"}, {"amount": 5}])
    async def test_plan_or_amount_is_enough(self, given, client, sent):
        assert len(await sent(client.checkout.create_session(**given))) == 1


class TestPortal:
    @pytest.mark.parametrize("amount", [99, 1, 0, -500])
    async def test_top_up_below_100_naira_is_rejected(self, amount, client, transport):
        with pytest.raises(
            InvalidArgumentError, match=f"amount_naira must be an integer of at least 100, got {amount}"
        ):
            await client.customer_portal.top_up(amount_naira=amount, credential=SESSION)
        assert transport.requests == []

    async def test_naira_are_sent_unchanged(self, client, sent):
        assert await sent(client.customer_portal.top_up(amount_naira=100, credential=SESSION)) == {"amount": 100}

    @pytest.mark.parametrize(
        "bvn", ["", "1234567890", "123456789012", "1234567890a", "\N{FULLWIDTH DIGIT ONE}" * 11, " 12345678901"]
    )
    async def test_bvn_that_is_not_eleven_digits_is_rejected_and_not_shown(self, bvn, client, transport):
        with pytest.raises(InvalidArgumentError, match=r"^bvn ") as caught:
            await client.customer_portal.request_virtual_account(bvn=bvn, credential=SESSION)
        assert not bvn or bvn not in str(caught.value)
        assert transport.requests == []

    @pytest.mark.parametrize("mode", ["TEST", "", None, 5, "prod"])
    async def test_unknown_mode_is_rejected(self, mode, client, transport):
        with pytest.raises(InvalidArgumentError, match="mode must be 'test' or 'live'"):
            await client.customer_portal.pause(mode, "sub_1", credential=SESSION)
        assert transport.requests == []

    async def test_sign_in_without_email_and_token_is_rejected(self, client, transport):
        with pytest.raises(InvalidArgumentError, match="email or token must be set"):
            await client.customer_portal.start()
        with pytest.raises(InvalidArgumentError, match="email or token must be set"):
            await client.customer_portal.verify(code="123456")
        assert transport.requests == []


class TestIds:
    @pytest.mark.parametrize("invalid_id", ["", " ", "\t"])
    async def test_blank_id_in_a_body_is_rejected(self, invalid_id, client, transport):
        for call in (
            lambda: client.subscriptions.create(customer_id=invalid_id, plan_id="plan_1"),
            lambda: client.subscriptions.change_plan("sub_1", plan_id=invalid_id),
            lambda: client.payment_links.create(plan_id=invalid_id, slug="pro"),
            lambda: client.checkout.create_session(plan_id=invalid_id),
        ):
            with pytest.raises(InvalidArgumentError, match="must be a valid id, got a blank string"):
                await call()
        assert transport.requests == []

    @pytest.mark.parametrize("code", ["", "  "])
    async def test_blank_code_is_rejected(self, code, client, transport):
        with pytest.raises(InvalidArgumentError, match="code must not be blank"):
            await client.customer_identity.verify_otp(phone="234", code=code)
        assert transport.requests == []


class TestMetadata:
    async def test_any_mapping_and_sequence_is_sent(self, client, sent):
        metadata = MappingProxyType({"a": (1, 2.5), "b": OrderedDict(c=None), "on": date(2026, 1, 1)})
        body = await sent(client.customers.create(metadata=metadata))
        assert body == {"metadata": {"a": [1, 2.5], "b": {"c": None}, "on": "2026-01-01"}}

    @pytest.mark.parametrize(
        ("metadata", "message"),
        [
            ({"a": [{"b": {1, 2}}]}, r"metadata\.a\[0\]\.b must be a JSON value, got set"),
            ({"a": {5: 1}}, r"metadata\.a must have string keys, got int"),
            ({"a": [0, float("nan")]}, r"metadata\.a\[1\] must be a finite number, got nan"),
            ({"a": b"x"}, r"metadata\.a must be a JSON value, got bytes"),
        ],
    )
    async def test_message_has_the_path_of_the_problem(self, metadata, message, client, transport):
        with pytest.raises(InvalidArgumentError, match=message):
            await client.customers.create(metadata=metadata)
        assert transport.requests == []

    async def test_metadata_that_contains_itself_is_rejected(self, client, transport):
        metadata = {}
        metadata["self"] = metadata
        with pytest.raises(InvalidArgumentError, match="contain itself"):
            await client.customers.create(metadata=metadata)
        assert transport.requests == []


class TestLongIntegers:
    """Python does not convert an integer of more than 4,300 digits to text."""

    LONG = 10**5_000

    async def test_argument_is_rejected_by_name(self, client, transport):
        with pytest.raises(InvalidArgumentError, match=r"^page_size must .*, got an integer of more than 20 digits"):
            client.plans.list(page_size=self.LONG)
        with pytest.raises(InvalidArgumentError, match=r"^discount_value must .*, got an integer of more than"):
            await client.promo_codes.create(code="HALF", discount_type="percentage", discount_value=self.LONG)
        with pytest.raises(InvalidArgumentError, match=r"^params must contain only integers of at most 4,300 digits"):
            await client.request("GET", "/v1/plans", params={"limit": self.LONG})
        with pytest.raises(InvalidArgumentError, match=r"^the body cannot be written as JSON: .* digits"):
            await client.plans.create(name="Pro", amount=self.LONG, interval="month")
        assert transport.requests == []

    async def test_setting_is_rejected_by_name(self, client, transport):
        with pytest.raises(ConfigurationError, match=r"^timeout must .*, got an integer of more than 20 digits"):
            await client.customers.retrieve("cus_1", timeout=self.LONG)
        with pytest.raises(ConfigurationError, match=r"^max_connections must .*, got an integer of more than"):
            AsyncDuro("sk_test_1", max_connections=-self.LONG)
        with pytest.raises(ConfigurationError, match=r"^base_delay must .*, got an integer of more than 20 digits"):
            RetryPolicy(base_delay=self.LONG)
        assert transport.requests == []
