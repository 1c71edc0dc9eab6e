"""Responses of gateways in front of the API: a charge is made once, and its caller holds a true outcome or the key.

A gateway of the test forwards charges to the sandbox or not, and responds with a page of its own. The sandbox's ledger
shows whether the charge was made. Every charge is then repeated under its key.
"""

from __future__ import annotations

import json
from typing import NamedTuple

import anyio
import httpx
import pytest

from duro import AsyncDuro, Duro
from duro.config import RetryPolicy
from duro.errors import (
    APIError,
    ConflictError,
    ConnectionFailedError,
    DecodingError,
    DuroError,
    InternalServerError,
    NotFoundError,
    OutcomeUnknownError,
    RequestTimeoutError,
    ValidationError,
)
from tests.support.gateway import LOSE_REQUEST, LOSE_RESPONSE, PASS, Step
from tests.support.gateway_pages import OPEN_PAGES, PAGES, REJECTION_PAGES, RETRIED_PAGES, GatewayPage
from tests.support.raw_server import RawServer

pytestmark = pytest.mark.matrix

KEY = "key-of-the-charge"
NO_RETRIES = RetryPolicy(retries=0)
RETRIES = RetryPolicy(base_delay=0.001)
OPEN = {**RETRIED_PAGES, **OPEN_PAGES}
LOGIN_PAGE = GatewayPage(200, b"<!doctype html><title>Welcome</title><form>Log in to the network</form>")
PROXY_REJECTION = GatewayPage(407, b"<h1>Proxy Authentication Required</h1>")


class Charge(NamedTuple):
    """A charge through a gateway.

    Attributes:
        gateway: The gateway.
        prepared: The charge, and the sandbox behind the gateway.
        interface: ``asyncio``, ``trio`` or ``blocking``.
    """

    gateway: object
    prepared: object
    interface: str

    def make(self, *steps, retries, **changes):
        """Make the charge, and return the result or the error."""
        self.gateway.steps[:] = steps
        arguments = {**self.prepared.arguments, **changes}
        return self.run(lambda duro: duro.subscriptions.create(**arguments, idempotency_key=KEY), retries=retries)

    def read(self, *, retries):
        return self.run(lambda duro: duro.customers.retrieve(self.prepared.arguments["customer_id"]), retries=retries)

    def run(self, call, *, retries, **options):
        options = {"credential": self.prepared.sandbox.secret_key, "base_url": self.gateway.url, **options}

        async def main():
            async with AsyncDuro(**options, retries=retries) as duro:
                return await call(duro)

        try:
            if self.interface != "blocking":
                return anyio.run(main, backend=self.interface)
            with Duro(**options, retries=retries) as duro:
                return call(duro)
        except DuroError as error:
            return error

    @property
    def times_made(self):
        return len(self.prepared.sandbox.ledger)

    def is_unknown(self, result):
        """Return whether the result is an unknown outcome with the key, and all attempts used that key."""
        assert isinstance(result, OutcomeUnknownError), repr(result)
        return result.idempotency_key == KEY and KEY in str(result) and set(self.gateway.keys) == {KEY}

    def is_rejected(self, result, page):
        """Return whether the result is an error that names the page."""
        assert isinstance(result, APIError), repr(result)
        expected = APIError.by_status.get(page.status, APIError)
        return type(result) is expected and result.code is None and is_named(result, page)

    def is_settled_by_repeating(self):
        return self.prepared.was_made_once(KEY)


def is_named(error, page):
    return "the response did not come from the API" in str(error) and page.words in str(error)


@pytest.fixture(params=["asyncio", "trio", "blocking"])
def charge(request, gateway, prepared_charge):
    return Charge(gateway, prepared_charge, request.param)


@pytest.mark.parametrize("name", OPEN)
class TestServerErrorOfAGateway:
    """5xx or 408."""

    @pytest.mark.parametrize("forwards", [True, False])
    def test_outcome_is_unknown_without_retries(self, name, forwards, charge):
        result = charge.make(Step(forwards, OPEN[name].raw), retries=NO_RETRIES)
        assert charge.is_unknown(result)
        assert is_named(result, OPEN[name])
        assert charge.times_made == forwards
        assert charge.is_settled_by_repeating()

    @pytest.mark.parametrize("forwards", [True, False])
    def test_retry_under_the_key_succeeds(self, name, forwards, charge):
        result = charge.make(*[Step(forwards, OPEN[name].raw)] * 2, retries=RETRIES)
        if name in RETRIED_PAGES:
            assert result.status == "active"
            assert charge.gateway.keys == [KEY] * 3
            assert charge.times_made == 1
        else:
            assert charge.is_unknown(result)
            assert charge.gateway.keys == [KEY]
            assert charge.times_made == forwards
        assert charge.is_settled_by_repeating()

    def test_exhausted_retries_leave_the_outcome_unknown(self, name, charge):
        result = charge.make(*[Step(forwards=False, response=OPEN[name].raw)] * 4, retries=RETRIES)
        assert charge.is_unknown(result)
        assert ("retries exhausted" in str(result)) == (name in RETRIED_PAGES)
        assert charge.times_made == 0
        assert charge.is_settled_by_repeating()

    def test_lost_attempt_stays_unknown(self, name, charge):
        result = charge.make(
            LOSE_RESPONSE, Step(forwards=False, response=OPEN[name].raw), retries=RetryPolicy(retries=1, base_delay=0)
        )
        assert charge.is_unknown(result)
        assert charge.times_made == 1
        assert charge.is_settled_by_repeating()

    def test_read_fails_and_names_the_page(self, name, charge, raw_server):
        page = OPEN[name]
        raw_server.reply = lambda _request: page.raw
        received = len(raw_server.received)
        error = charge.read(retries=RETRIES)
        assert type(error) is (RequestTimeoutError if page.status == 408 else InternalServerError)
        assert is_named(error, page)
        assert len(raw_server.received) - received == (4 if name in RETRIED_PAGES else 1)


@pytest.mark.parametrize("name", REJECTION_PAGES)
class TestClientErrorOfAGateway:
    """4xx except 407 and 408."""

    def test_attempt_is_rejected(self, name, charge):
        page = REJECTION_PAGES[name]
        result = charge.make(Step(forwards=False, response=page.raw), retries=RETRIES)
        assert charge.is_rejected(result, page)
        assert "check base_url and the proxy settings" in str(result)
        assert charge.times_made == 0
        assert charge.gateway.keys == [KEY]
        assert charge.is_settled_by_repeating()

    def test_repeating_is_safe_even_if_the_attempt_was_forwarded(self, name, charge):
        result = charge.make(Step(forwards=True, response=REJECTION_PAGES[name].raw), retries=RETRIES)
        assert charge.is_rejected(result, REJECTION_PAGES[name])
        assert (result.idempotency_key, charge.times_made) == (KEY, 1)
        assert charge.is_settled_by_repeating()

    @pytest.mark.parametrize("lost", [LOSE_RESPONSE, LOSE_REQUEST])
    def test_earlier_attempt_stays_unknown(self, name, lost, charge):
        page = REJECTION_PAGES[name]
        result = charge.make(lost, Step(forwards=False, response=page.raw), retries=RETRIES)
        assert charge.is_unknown(result)
        assert is_named(result, page)
        assert charge.times_made == lost.forwards
        assert charge.is_settled_by_repeating()

    def test_earlier_gateway_error_stays_unknown(self, name, charge):
        steps = [Step(forwards=True, response=RETRIED_PAGES["Envoy 503"].raw)]
        steps.append(Step(forwards=False, response=REJECTION_PAGES[name].raw))
        assert charge.is_unknown(charge.make(*steps, retries=RETRIES))
        assert charge.times_made == 1
        assert charge.is_settled_by_repeating()

    def test_read_fails_and_names_the_page(self, name, charge, raw_server):
        raw_server.reply = lambda _request: REJECTION_PAGES[name].raw
        assert charge.is_rejected(charge.read(retries=RETRIES), REJECTION_PAGES[name])


class TestErrorOfTheAPI:
    """Error response in the API's shape."""

    def test_rejection_of_the_request_settles_a_lost_attempt(self, charge):
        for lost in (LOSE_REQUEST, LOSE_RESPONSE):
            result = charge.make(lost, PASS, retries=RETRIES, plan_id="plan_unknown")
            assert isinstance(result, NotFoundError)
            assert result.code == "not_found"
        assert charge.times_made == 0

    @pytest.mark.parametrize(("status", "times_applied"), [(500, 4), (503, 4), (429, 4), (403, 1), (409, 1)])
    def test_rejection_of_an_attempt_is_true(self, status, times_applied, charge):
        fault = charge.prepared.sandbox.faults.add("status", status=status, path="/v1/subscriptions", times=4)
        result = charge.make(retries=RETRIES)
        assert isinstance(result, APIError)
        assert result.status == status
        assert result.code is not None
        assert (fault.times_applied, charge.times_made) == (times_applied, 0)
        charge.prepared.sandbox.faults.clear()
        assert charge.is_settled_by_repeating()

    @pytest.mark.parametrize("status", [500, 503, 429, 403, 409])
    def test_rejection_of_an_attempt_does_not_settle_a_lost_one(self, status, charge):
        rejection = {"error": {"code": "any_code", "message": "the words"}}
        raw = RawServer.json(json.dumps(rejection).encode(), f"{status} Status")
        result = charge.make(LOSE_RESPONSE, *[Step(forwards=False, response=raw)] * 3, retries=RETRIES)
        assert charge.is_unknown(result)
        assert "the words" in str(result)
        assert charge.times_made == 1
        assert charge.is_settled_by_repeating()

    @pytest.mark.parametrize("status", [408, 502, 504])
    def test_status_of_a_gateway_leaves_the_outcome_unknown(self, status, charge):
        charge.prepared.sandbox.faults.add("status", status=status, path="/v1/subscriptions", times=1)
        assert charge.is_unknown(charge.make(retries=NO_RETRIES))
        assert charge.times_made == 0
        assert charge.is_settled_by_repeating()


class TestSuccessfulStatus:
    """2xx without a result of the API."""

    @pytest.mark.parametrize("forwards", [True, False])
    def test_page_leaves_the_outcome_unknown(self, forwards, charge):
        result = charge.make(Step(forwards, LOGIN_PAGE.raw), retries=RETRIES)
        assert charge.is_unknown(result)
        assert isinstance(result.__cause__, DecodingError)
        assert charge.times_made == forwards
        assert charge.is_settled_by_repeating()

    def test_page_for_a_read_is_a_decoding_error(self, charge, raw_server):
        raw_server.reply = lambda _request: LOGIN_PAGE.raw
        assert type(charge.read(retries=RETRIES)) is DecodingError

    @pytest.mark.parametrize(
        ("error", "expected"),
        [
            ({"code": "validation_error", "message": "the words"}, ValidationError),
            ({"code": "conflict", "message": "the words"}, ConflictError),
            ({"code": "card_declined", "message": "the words"}, APIError),
            ("the words", APIError),
        ],
    )
    def test_error_in_it_is_a_rejection(self, error, expected, charge, raw_server):
        raw = RawServer.json(json.dumps({"ok": False, "error": error}).encode(), "201 Created")
        result = charge.make(Step(forwards=False, response=raw), retries=RETRIES)
        assert type(result) is expected
        assert (result.status, result.message) == (201, "the words")
        assert charge.gateway.keys == [KEY]

        result = charge.make(LOSE_RESPONSE, Step(forwards=False, response=raw), retries=RETRIES)
        if expected is ValidationError:
            assert type(result) is ValidationError
        else:
            assert charge.is_unknown(result)
        assert charge.is_settled_by_repeating()

        raw_server.reply = lambda _request: raw
        assert type(charge.read(retries=RETRIES)) is expected

    def test_error_with_a_transient_code_is_retried(self, charge):
        raw = RawServer.json(b'{"ok":false,"error":{"code":"rate_limited"}}')
        result = charge.make(Step(forwards=False, response=raw), retries=RETRIES)
        assert result.status == "active"
        assert charge.is_settled_by_repeating()

    @pytest.mark.parametrize("body", [b'{"ok":false}', b'{"\\u006fk":false,"error":{"code":"conflict"}}'])
    def test_failure_in_another_form_is_not_a_model(self, body, charge, raw_server):
        result = charge.make(Step(forwards=False, response=RawServer.json(body)), retries=RETRIES)
        assert charge.is_unknown(result)
        raw_server.reply = lambda _request: RawServer.json(body)
        error = charge.read(retries=RETRIES)
        assert (type(error), error.path) == (DecodingError, "$.ok")


class TestRejectionByAProxy:
    """407 Proxy Authentication Required over ``http://``."""

    def test_it_reaches_nothing(self, charge):
        result = charge.make(Step(forwards=False, response=PROXY_REJECTION.raw), retries=RETRIES)
        assert type(result) is ConnectionFailedError
        assert "the proxy requires authentication and refused the request" in str(result)
        assert (result.idempotency_key, result.attempts) == (KEY, 1)
        assert charge.times_made == 0
        assert charge.is_settled_by_repeating()

    def test_it_leaves_an_earlier_attempt_unknown(self, charge):
        result = charge.make(LOSE_RESPONSE, Step(forwards=False, response=PROXY_REJECTION.raw), retries=RETRIES)
        assert charge.is_unknown(result)
        assert "the proxy requires authentication" in str(result)
        assert charge.is_settled_by_repeating()

    def test_error_shows_no_credential(self, charge, raw_server):
        raw_server.reply = lambda _request: PROXY_REJECTION.raw
        proxy = raw_server.url.replace("http://", "http://merchant:pass-word@")

        async def main():
            async with httpx.AsyncClient(proxy=proxy, trust_env=False) as client:
                options = {"base_url": "http://127.0.0.1:9", "transport": client, "retries": RETRIES}
                async with AsyncDuro(charge.prepared.sandbox.secret_key, **options) as duro:
                    with pytest.raises(ConnectionFailedError) as caught:
                        await duro.customers.create(email="ada@example.com")
            return str(caught.value)

        message = anyio.run(main, backend="trio" if charge.interface == "trio" else "asyncio")
        assert "check the user name and the password of the proxy" in message
        assert "pass-word" not in message
        assert charge.prepared.sandbox.secret_key not in message


def test_names_of_pages_are_unique():
    assert len(PAGES) == len(RETRIED_PAGES) + len(OPEN_PAGES) + len(REJECTION_PAGES)
