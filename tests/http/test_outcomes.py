"""Errors of failed calls: unknown outcomes, and reasons to stop retrying."""

from __future__ import annotations

import re

import pytest
from attrs import evolve

from duro._clock import Clock
from duro.config import ClientSettings, RetryPolicy
from duro.errors import (
    APIError,
    ConflictError,
    ConnectionFailedError,
    InternalServerError,
    NotFoundError,
    OutcomeUnknownError,
    RateLimitError,
    TokenExchangeError,
    TransportError,
    ValidationError,
)
from duro.http.failed_call import name_call
from duro.http.operation import Operation, raw_operation
from duro.http.transport import RequestNotSentError, ResponseLostError, ResponseTooLargeError
from tests.support.call_outcomes import LOST, MUTATIONS, NOT_SENT, api_error, response

pytestmark = pytest.mark.anyio


class TestUnknownOutcome:
    async def test_write_without_a_response_raises_outcome_unknown(self, pipeline_over, invocation):
        pipeline, transport = pipeline_over(LOST)
        write = invocation(MUTATIONS[0], key="key-7", retry=RetryPolicy(retries=2))
        with pytest.raises(OutcomeUnknownError) as caught:
            await pipeline.execute(write)
        assert caught.value.idempotency_key == "key-7"
        assert caught.value.attempts == len(transport.requests) == 3
        assert "idempotency_key='key-7'" in str(caught.value)
        assert "the connection was reset" in str(caught.value)

    @pytest.mark.parametrize(
        "later", [response(503), response(429), response(500), response(408), response(504), NOT_SENT]
    )
    async def test_later_transient_failure_leaves_it_unknown(self, later, pipeline_over, write):
        pipeline, transport = pipeline_over(LOST, later)
        with pytest.raises(OutcomeUnknownError) as caught:
            await pipeline.execute(write)
        assert caught.value.attempts == len(transport.requests) == 4

    @pytest.mark.parametrize("later", [503, 429, 500, 408, 504])
    async def test_later_transient_error_of_the_api_leaves_it_unknown(self, later, pipeline_over, write):
        pipeline, _ = pipeline_over(LOST, api_error(later))
        with pytest.raises(OutcomeUnknownError, match="the words of the API"):
            await pipeline.execute(write)

    @pytest.mark.parametrize("later", [409, 403, 401, 302])
    async def test_later_error_about_one_attempt_leaves_it_unknown(self, later, pipeline_over, invocation):
        pipeline, _ = pipeline_over(LOST, response(later, b'{"error":{"code":"c","message":"the words"}}'))
        with pytest.raises(OutcomeUnknownError, match="the words") as caught:
            await pipeline.execute(invocation(MUTATIONS[0], key="k"))
        assert caught.value.idempotency_key == "k"

    @pytest.mark.parametrize(("later", "error"), [(400, APIError), (404, NotFoundError), (422, ValidationError)])
    async def test_later_rejection_of_the_request_is_conclusive(self, later, error, pipeline_over, write):
        pipeline, transport = pipeline_over(LOST, NOT_SENT, api_error(later))
        with pytest.raises(error) as caught:
            await pipeline.execute(write)
        assert caught.value.status == later
        assert len(transport.requests) == 3

    async def test_later_success_is_conclusive(self, pipeline_over, write):
        pipeline, _ = pipeline_over(LOST, response(503), response(201))
        assert (await pipeline.execute(write)).status == 201

    @pytest.mark.parametrize(
        ("outcomes", "error"),
        [((NOT_SENT, response(409)), ConflictError), ((api_error(503), response(429)), RateLimitError)],
    )
    async def test_errors_without_a_lost_attempt_are_raised_as_they_are(self, outcomes, error, pipeline_over, write):
        pipeline, _ = pipeline_over(*outcomes)
        with pytest.raises(error):
            await pipeline.execute(write)

    @pytest.mark.parametrize("status", [502, 504])
    @pytest.mark.parametrize("retries", [0, 2])
    async def test_gateway_error_leaves_a_write_unknown(self, status, retries, pipeline_over, invocation):
        pipeline, transport = pipeline_over(response(status, b"<h1>The gateway's words</h1>"))
        with pytest.raises(OutcomeUnknownError, match=f"the last response was {status}") as caught:
            await pipeline.execute(invocation(MUTATIONS[0], key="key-7", retry=RetryPolicy(retries=retries)))
        assert caught.value.idempotency_key == "key-7"
        assert caught.value.attempts == len(transport.requests) == 1 + retries

    @pytest.mark.parametrize("status", [502, 504])
    async def test_gateway_error_stays_unknown_until_a_conclusive_response(self, status, pipeline_over, write):
        for later in (api_error(503), api_error(409), api_error(401), response(422), NOT_SENT):
            pipeline, _ = pipeline_over(response(status), later)
            with pytest.raises(OutcomeUnknownError):
                await pipeline.execute(write)
        pipeline, _ = pipeline_over(response(status), api_error(422))
        with pytest.raises(ValidationError):
            await pipeline.execute(write)

    @pytest.mark.parametrize("status", [502, 504])
    async def test_gateway_error_of_a_read_is_a_server_error(self, status, pipeline_over, read):
        pipeline, _ = pipeline_over(response(status))
        with pytest.raises(InternalServerError) as caught:
            await pipeline.execute(read)
        assert caught.value.status == status

    @pytest.mark.parametrize("status", [429, 500, 503])
    async def test_errors_of_the_api_itself_are_raised_as_they_are(self, status, pipeline_over, write):
        pipeline, _ = pipeline_over(api_error(status))
        with pytest.raises(APIError) as caught:
            await pipeline.execute(write)
        assert caught.value.status == status

    async def test_failed_token_refresh_does_not_hide_it(self, pipeline_over, invocation, tokens):
        authorizer = tokens()

        def lose_and_expire(_request):
            authorizer.error = TokenExchangeError("the endpoint refused", status=500)
            return LOST

        pipeline, _ = pipeline_over(lose_and_expire)
        with pytest.raises(OutcomeUnknownError, match="the endpoint refused") as caught:
            await pipeline.execute(invocation(MUTATIONS[0], key="k", authorizer=authorizer))
        assert (caught.value.idempotency_key, caught.value.attempts) == ("k", 1)

    async def test_client_closed_during_the_delay_does_not_hide_it(self, pipeline_over, write):
        pipeline, transport = pipeline_over(LOST, response(201))

        async def close_while_waiting(_seconds):
            await pipeline.aclose()

        pipeline._clock = Clock(sleep=close_while_waiting)
        with pytest.raises(OutcomeUnknownError):
            await pipeline.execute(write)
        assert len(transport.requests) == 1


class TestGiveUpReason:
    """Reason why the client stopped retrying, in the message of the error."""

    @pytest.mark.parametrize(
        ("outcome", "error"), [(response(503), APIError), (LOST, TransportError), (NOT_SENT, ConnectionFailedError)]
    )
    @pytest.mark.parametrize("retries", [0, 2])
    async def test_exhausted_retries(self, outcome, error, retries, pipeline_over, invocation):
        pipeline, _ = pipeline_over(outcome)
        with pytest.raises(error) as caught:
            await pipeline.execute(invocation(retry=RetryPolicy(retries=retries)))
        assert f"retries exhausted (retries={retries})" in str(caught.value)

    @pytest.mark.parametrize(
        ("outcome", "error", "delay"), [(response(503), APIError, "2.0"), (LOST, TransportError, "1.7")]
    )
    async def test_deadline(self, outcome, error, delay, pipeline_over, invocation):
        pipeline, _ = pipeline_over(outcome)
        with pytest.raises(error, match=rf"the deadline would pass before a retry in {re.escape(delay)} s"):
            await pipeline.execute(invocation(timeout=2.5))

    @pytest.mark.parametrize(("outcome", "error"), [(response(503), APIError), (LOST, TransportError)])
    async def test_empty_retry_budget(self, outcome, error, pipeline_over, invocation):
        pipeline, transport = pipeline_over(outcome)
        with pytest.raises(error, match="the retry budget is empty"):
            await pipeline.execute(invocation(retry=RetryPolicy(budget=0)))
        assert len(transport.requests) == 1

    async def test_it_is_an_attribute_of_api_errors(self, pipeline_over, read):
        pipeline, _ = pipeline_over(response(503, b"", (b"x-request-id", b"req_1")))
        with pytest.raises(APIError) as caught:
            await pipeline.execute(read)
        assert caught.value.give_up_reason == "retries exhausted (retries=3)"
        assert str(caught.value).endswith("; request req_1; retries exhausted (retries=3)")

    async def test_it_is_missing_if_a_retry_cannot_help(self, pipeline_over, read):
        pipeline, _ = pipeline_over(response(404))
        with pytest.raises(NotFoundError) as caught:
            await pipeline.execute(read)
        assert caught.value.give_up_reason is None
        assert "retr" not in str(caught.value)

    @pytest.mark.parametrize("outcome", [response(504), LOST])
    async def test_it_is_part_of_an_unknown_outcome(self, outcome, pipeline_over, write):
        pipeline, _ = pipeline_over(outcome)
        with pytest.raises(OutcomeUnknownError, match=r"retries exhausted \(retries=3\)"):
            await pipeline.execute(write)


async def test_outcome_unknown_error_says_how_to_find_out(pipeline_over, invocation):
    pipeline, _ = pipeline_over(LOST)
    write = invocation(Operation("createThing", "POST", "/v1/things"), key="k-1", retry=RetryPolicy(retries=0))
    with pytest.raises(OutcomeUnknownError) as caught:
        await pipeline.execute(write)
    assert str(caught.value) == (
        "Outcome unknown: the last attempt failed (the connection was reset; retries exhausted (retries=0)). "
        "createThing (POST /v1/things) was sent and may have been processed. "
        "Repeat the call with idempotency_key='k-1' to find out; it will not be processed twice."
    )


@pytest.mark.parametrize("outcome", [response(502), response(504), api_error(429)])
async def test_unknown_outcome_has_the_last_error_response_as_its_cause(outcome, pipeline_over, write):
    pipeline, _ = pipeline_over(LOST, outcome)
    with pytest.raises(OutcomeUnknownError) as caught:
        await pipeline.execute(write)
    assert isinstance(caught.value.__cause__, APIError)
    assert caught.value.__cause__.status == outcome.status
    assert caught.value.give_up_reason == "retries exhausted (retries=3)"
    assert caught.value.is_transient


@pytest.mark.parametrize(
    ("outcome", "is_transient"),
    [
        (RequestNotSentError("refused"), True),
        (RequestNotSentError("not trusted", is_permanent=True), False),
        (ResponseLostError("reset"), True),
        (ResponseTooLargeError(10), False),
        (response(407), False),
    ],
    ids=lambda value: str(value)[:20],
)
async def test_transport_error_is_transient_unless_a_retry_fails_too(outcome, is_transient, pipeline_over, read):
    pipeline, _ = pipeline_over(outcome)
    with pytest.raises(TransportError) as caught:
        await pipeline.execute(read)
    assert caught.value.is_transient is is_transient


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        (response(503), InternalServerError),
        (response(404), NotFoundError),
        (LOST, TransportError),
        (NOT_SENT, ConnectionFailedError),
        (response(407), ConnectionFailedError),
    ],
)
async def test_error_names_its_call(outcome, error, pipeline_over, read):
    pipeline, transport = pipeline_over(outcome)
    with pytest.raises(error) as caught:
        await pipeline.execute(read)
    assert str(caught.value).startswith("getThing (GET /v1/things) ")
    assert "\n" not in str(caught.value)
    assert caught.value.operation == "getThing"
    assert caught.value.attempts == len(transport.requests)


@pytest.mark.parametrize(
    ("base_url", "connection", "hint"),
    [
        ("http://127.0.0.1:8787", "http://127.0.0.1:8787 (connection refused; is `duro sandbox` running?)", True),
        ("http://[::1]:8787", "http://[::1]:8787 (connection refused; is `duro sandbox` running?)", True),
        ("https://api.useduro.com", "https://api.useduro.com:443 (connection refused)", False),
    ],
)
async def test_connection_error_names_the_address(base_url, connection, hint, pipeline_over, read):
    pipeline, _ = pipeline_over(NOT_SENT)
    pipeline._settings = ClientSettings(base_url, clock=pipeline._clock)
    with pytest.raises(ConnectionFailedError) as caught:
        await pipeline.execute(read)
    assert f"no connection to {connection}; nothing was sent" in str(caught.value)
    assert ("duro sandbox" in str(caught.value)) is hint


@pytest.mark.parametrize(
    ("operation", "path", "named"),
    [
        (
            Operation("hydrateCheckout", "GET", "/checkout/{token}"),
            "/checkout/secret1",
            "hydrateCheckout (GET /checkout/{token})",
        ),
        (raw_operation("GET", "/checkout/secret1/status"), "/checkout/secret1/status", "GET /checkout/…/status"),
        (raw_operation("GET", "/x/cs_test_secret1"), "/x/cs_test_secret1", "GET /x/cs_test_…"),
        (
            Operation("getCustomer", "GET", "/v1/customers/{id}"),
            "/v1/customers/cus_1",
            "getCustomer (GET /v1/customers/cus_1)",
        ),
    ],
)
def test_name_of_a_call_has_no_secret(operation, path, named, invocation):
    named_call = name_call(evolve(invocation(operation), path=path, query="email=secret1"))
    assert str(named_call) == named
    assert "secret1" not in repr(named_call)


async def test_refused_connection_raises_after_its_retries(pipeline_over, write):
    pipeline, transport = pipeline_over(NOT_SENT)
    with pytest.raises(ConnectionFailedError, match="connection refused") as caught:
        await pipeline.execute(write)
    assert caught.value.attempts == len(transport.requests) == 4
    assert caught.value.idempotency_key == "key-1"


async def test_lost_read_raises_a_plain_transport_error(pipeline_over, read):
    pipeline, _ = pipeline_over(LOST)
    with pytest.raises(TransportError, match="the connection was reset") as caught:
        await pipeline.execute(read)
    assert type(caught.value) is TransportError
    assert (caught.value.idempotency_key, caught.value.attempts) == (None, 4)


async def test_errors_have_no_context_with_the_request(pipeline_over, read):
    for outcome in (LOST, NOT_SENT, response(404)):
        pipeline, _ = pipeline_over(outcome)
        with pytest.raises((TransportError, APIError)) as caught:
            await pipeline.execute(read)
        assert caught.value.__cause__ is None
        assert caught.value.__context__ is None
