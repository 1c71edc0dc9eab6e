"""What the contract forbids in prose is refused before anything is sent, with advice."""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import UTC, date, datetime, timedelta, timezone
from types import MappingProxyType

import pytest

from duro import PortalSession
from duro.errors import InvalidArgumentError, NotFoundError
from duro.http.request import Headers, Response

pytestmark = pytest.mark.anyio

SESSION = PortalSession("portal-session")
REFUSED = Response(404, Headers(), b"")


@pytest.fixture(autouse=True)
def refusing(wire):
    wire.answers = [REFUSED]


@pytest.fixture
def sent(wire):
    """Make a call that is refused by the server, and read the body that it sent."""

    async def make(call):
        with pytest.raises(NotFoundError):
            await call
        return json.loads(wire.last.content)

    return make


class TestPromoCodes:
    @pytest.mark.parametrize("value", [101, 150, 10**9])
    async def test_percentage_above_100_is_refused(self, value, duro, wire):
        with pytest.raises(InvalidArgumentError, match=f"discount_value is {value}; give at most 100"):
            await duro.promo_codes.create(code="A", discount_type="percentage", discount_value=value)
        assert wire.requests == []

    @pytest.mark.parametrize(("kind", "value"), [("percentage", 100), ("fixed", 101), ("fixed", 500_000), ("new", 101)])
    async def test_what_may_be_is_sent(self, kind, value, duro, sent):
        body = await sent(duro.promo_codes.create(code="A", discount_type=kind, discount_value=value))
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
    async def test_moments_are_sent_as_text(self, expires_at, text, duro, sent):
        assert await sent(duro.promo_codes.update("promo_1", expires_at=expires_at)) == {"expiresAt": text}

    async def test_moment_without_a_time_zone_is_refused(self, duro, wire):
        with pytest.raises(InvalidArgumentError, match="expires_at has no time zone"):
            await duro.promo_codes.update("promo_1", expires_at=datetime(2026, 12, 31))  # noqa: DTZ001
        assert wire.requests == []


class TestPaymentLinks:
    @pytest.mark.parametrize("slug", ["", "Pro", "pro plan", "pro_plan", "pró", "pro/", "pro\n"])
    async def test_slug_with_other_characters_is_refused(self, slug, duro, wire):
        with pytest.raises(InvalidArgumentError, match="lower-case letters, digits and hyphens"):
            await duro.payment_links.create(plan_id="plan_1", slug=slug)
        assert wire.requests == []

    async def test_slug_is_sent(self, duro, sent):
        body = await sent(duro.payment_links.create(plan_id="plan_1", slug="pro-2026"))
        assert body == {"planId": "plan_1", "slug": "pro-2026"}


class TestCheckout:
    async def test_neither_plan_nor_amount_is_refused(self, duro, wire):
        with pytest.raises(InvalidArgumentError, match="give plan_id= or amount="):
            await duro.checkout.create_session(customer_email="ada@example.com")
        assert wire.requests == []

    @pytest.mark.parametrize("given", [{"plan_id": "plan_1"}, {"amount": 5}])
    async def test_one_of_them_is_enough(self, given, duro, sent):
        assert len(await sent(duro.checkout.create_session(**given))) == 1


class TestPortal:
    @pytest.mark.parametrize("amount", [99, 1, 0, -500])
    async def test_top_up_below_100_naira_is_refused(self, amount, duro, wire):
        with pytest.raises(InvalidArgumentError, match=f"amount_naira is {amount}; give at least 100"):
            await duro.customer_portal.top_up(amount_naira=amount, credential=SESSION)
        assert wire.requests == []

    async def test_naira_are_sent_as_they_are(self, duro, sent):
        assert await sent(duro.customer_portal.top_up(amount_naira=100, credential=SESSION)) == {"amount": 100}

    @pytest.mark.parametrize(
        "bvn", ["", "1234567890", "123456789012", "1234567890a", "\N{FULLWIDTH DIGIT ONE}" * 11, " 12345678901"]
    )
    async def test_bvn_that_is_not_eleven_digits_is_refused_unseen(self, bvn, duro, wire):
        with pytest.raises(InvalidArgumentError, match=r"^bvn ") as caught:
            await duro.customer_portal.request_virtual_account(bvn=bvn, credential=SESSION)
        assert not bvn or bvn not in str(caught.value)
        assert wire.requests == []

    @pytest.mark.parametrize("mode", ["TEST", "", None, 5, "prod"])
    async def test_mode_that_there_is_not_is_refused(self, mode, duro, wire):
        with pytest.raises(InvalidArgumentError, match="mode has to be 'test' or 'live'"):
            await duro.customer_portal.pause(mode, "sub_1", credential=SESSION)
        assert wire.requests == []

    async def test_sign_in_of_nobody_is_refused(self, duro, wire):
        with pytest.raises(InvalidArgumentError, match="give email= or token="):
            await duro.customer_portal.start()
        with pytest.raises(InvalidArgumentError, match="give email= or token="):
            await duro.customer_portal.verify(code="123456")
        assert wire.requests == []


class TestIds:
    @pytest.mark.parametrize("identifier", ["", " ", "\t"])
    async def test_empty_id_in_a_body_is_refused(self, identifier, duro, wire):
        for call in (
            lambda: duro.subscriptions.create(customer_id=identifier, plan_id="plan_1"),
            lambda: duro.subscriptions.change_plan("sub_1", plan_id=identifier),
            lambda: duro.payment_links.create(plan_id=identifier, slug="pro"),
            lambda: duro.checkout.create_session(plan_id=identifier),
        ):
            with pytest.raises(InvalidArgumentError, match="is empty; give the id"):
                await call()
        assert wire.requests == []

    @pytest.mark.parametrize("code", ["", "  "])
    async def test_empty_code_is_refused(self, code, duro, wire):
        with pytest.raises(InvalidArgumentError, match="code is empty"):
            await duro.customer_identity.verify_otp(phone="234", code=code)
        assert wire.requests == []


class TestMetadata:
    async def test_any_mapping_and_sequence_is_sent(self, duro, sent):
        metadata = MappingProxyType({"a": (1, 2.5), "b": OrderedDict(c=None), "on": date(2026, 1, 1)})
        body = await sent(duro.customers.create(metadata=metadata))
        assert body == {"metadata": {"a": [1, 2.5], "b": {"c": None}, "on": "2026-01-01"}}

    @pytest.mark.parametrize(
        ("metadata", "issue"),
        [
            ({"a": [{"b": {1, 2}}]}, r"metadata\.a\[0\]\.b is of type set"),
            ({"a": {5: 1}}, r"metadata\.a has a name of type int"),
            ({"a": [0, float("nan")]}, r"metadata\.a\[1\] is nan"),
            ({"a": b"x"}, r"metadata\.a is of type bytes"),
        ],
    )
    async def test_place_of_the_fault_is_named(self, metadata, issue, duro, wire):
        with pytest.raises(InvalidArgumentError, match=issue):
            await duro.customers.create(metadata=metadata)
        assert wire.requests == []

    async def test_what_holds_itself_is_refused(self, duro, wire):
        metadata = {}
        metadata["self"] = metadata
        with pytest.raises(InvalidArgumentError, match="holds itself"):
            await duro.customers.create(metadata=metadata)
        assert wire.requests == []
