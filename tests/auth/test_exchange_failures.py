"""Failures of the token exchange: error responses, missing responses and secrecy."""

from __future__ import annotations

import copy
import json
import logging
import pickle
import traceback
from email.utils import formatdate

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro import (
    AsyncDuro,
    AuthenticationError,
    ClientCredentials,
    ConnectionFailedError,
    CredentialsRejectedError,
    DeadlineExceededError,
    RequestNotSentError,
    ResponseLostError,
    TokenExchangeError,
)
from duro.auth.exchange import TokenExchange
from duro.config import ClientSettings, RetryPolicy
from duro.http.event_loop import PerLoop
from duro.http.request import Headers, Response
from tests.support.token_exchange import BASE, SECRET, URL, ScriptedTransport, exchange_over, response

pytestmark = pytest.mark.anyio


@pytest.fixture
async def client():
    async with AsyncDuro(client_id="cid_test_1", client_secret=SECRET, base_url=BASE) as client:
        yield client


# Error responses


async def test_error_in_the_shape_of_the_api(respx_mock, client):
    respx_mock.post(URL).respond(
        401,
        json={"error": {"code": "unauthorized", "message": "Unknown client."}},
        headers={"x-request-id": "req_1"},
    )
    with pytest.raises(TokenExchangeError) as caught:
        await client.token()

    error = caught.value
    assert (error.status, error.code, error.request_id, error.retry_after) == (401, "unauthorized", "req_1", None)
    assert (
        str(error)
        == "oauthToken (POST /v1/oauth/token) failed: the token endpoint returned 401 (unauthorized): Unknown client."
    )


async def test_error_in_the_shape_of_oauth(respx_mock, client):
    respx_mock.post(URL).respond(400, json={"error": "invalid_client", "error_description": "No such client."})
    with pytest.raises(TokenExchangeError) as caught:
        await client.token()

    assert (caught.value.status, caught.value.code) == (400, "invalid_client")
    assert (
        str(caught.value)
        == "oauthToken (POST /v1/oauth/token) failed: the token endpoint returned 400 (invalid_client): No such client."
    )


@pytest.mark.parametrize(
    ("status", "body", "is_rejected"),
    [
        (401, b"", True),
        (401, {"error": {"code": "unauthorized", "message": "Unknown client."}}, True),
        (400, {"error": "invalid_client"}, True),
        (400, {"error": "invalid_request"}, False),
        (403, {"error": {"code": "forbidden", "message": "No."}}, False),
        (503, b"", False),
    ],
    ids=lambda value: str(value)[:24],
)
async def test_rejected_credentials_are_an_authentication_error(clock, status, body, is_rejected):
    with pytest.raises(TokenExchangeError) as caught:
        await exchange_over(ScriptedTransport(response(status, body)), clock)()

    error = caught.value
    assert isinstance(error, AuthenticationError) is is_rejected
    assert isinstance(error, CredentialsRejectedError) is is_rejected
    assert error.status == status


async def test_rejection_of_credentials_is_copied_and_pickled_completely(clock):
    reply = response(401, {"error": "invalid_client"}, retry_after="7", x_request_id="req_1")
    with pytest.raises(CredentialsRejectedError) as caught:
        await exchange_over(ScriptedTransport(reply), clock)()

    for other in (copy.copy(caught.value), pickle.loads(pickle.dumps(caught.value))):  # noqa: S301 - it was pickled here
        assert (
            str(other)
            == str(caught.value)
            == "oauthToken (POST /v1/oauth/token) failed: the token endpoint returned 401 (invalid_client): no message"
        )
        assert (other.status, other.code, other.retry_after) == (401, "invalid_client", 7.0)
        assert (other.request_id, other.idempotency_key, other.details) == ("req_1", None, ())


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>Bad gateway</html>",
        b"null",
        b"[]",
        b'{"error": 7}',
        b'{"error": {"code": 7}}',
        b"\xff",
        b"[" * 99_999,
    ],
    ids=lambda body: repr(body[:20]),
)
async def test_error_of_another_sender(clock, body):
    with pytest.raises(TokenExchangeError) as caught:
        await exchange_over(ScriptedTransport(response(502, body)), clock)()

    assert (caught.value.status, caught.value.code) == (502, None)
    assert caught.value.description.startswith(
        "the token endpoint returned 502: the response did not come from the API ("
    )


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("30", 30.0), ("0", 0.0), ("1.5", 1.5), ("-3", None), ("soon", None), ("9" * 400, None), ("", None)],
    ids=lambda value: repr(value)[:12],
)
async def test_retry_after_in_seconds(clock, header, seconds):
    with pytest.raises(TokenExchangeError) as caught:
        await exchange_over(ScriptedTransport(response(503, b"", retry_after=header)), clock)()

    assert caught.value.retry_after == seconds


@pytest.mark.parametrize(("shift", "seconds"), [(90, 90.0), (-90, 0.0)])
async def test_retry_after_as_a_date(clock, shift, seconds):
    date = formatdate(clock.wall + shift, usegmt=True)
    with pytest.raises(TokenExchangeError) as caught:
        await exchange_over(ScriptedTransport(response(429, b"", retry_after=date)), clock)()

    assert caught.value.retry_after == seconds


@pytest.mark.parametrize("status", [201, 202, 299])
async def test_any_2xx_status_can_grant_a_token(clock, status):
    assert (await exchange_over(ScriptedTransport(response(status)), clock)()).access_token == "at_test_granted"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_error_responses_are_not_retried(clock, status):
    transport = ScriptedTransport(response(status, b""), response())
    with pytest.raises(TokenExchangeError):
        await exchange_over(transport, clock)()

    assert len(transport.requests) == 1
    assert clock.slept == []


# Missing responses


async def test_request_that_may_have_been_sent_is_not_retried(clock):
    transport = ScriptedTransport(ResponseLostError("ReadError"), response())
    with pytest.raises(
        ConnectionFailedError,
        match=r"the token endpoint at http://127\.0\.0\.1:9 failed \(ReadError; is `duro sandbox` running\?\)",
    ) as caught:
        await exchange_over(transport, clock)()

    assert len(transport.requests) == 1
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


async def test_request_that_was_not_sent_is_left_to_the_retries_of_the_waiting_calls(clock):
    transport = ScriptedTransport(RequestNotSentError("ConnectError"))
    with pytest.raises(ConnectionFailedError) as caught:
        await exchange_over(transport, clock, retry=RetryPolicy(retries=3))()

    assert len(transport.requests) == 1
    assert clock.slept == []
    assert caught.value.__context__ is None
    assert str(caught.value) == (
        "oauthToken (POST /v1/oauth/token) failed: the connection to the token endpoint at "
        "http://127.0.0.1:9 failed (ConnectError; is `duro sandbox` running?); the call itself was not sent"
    )


async def test_missing_response_ends_at_the_deadline_of_the_exchange(clock, monkeypatch):
    monkeypatch.setattr("duro.auth.exchange.EXCHANGE_TIMEOUT_SECONDS", 0.01)
    with pytest.raises(DeadlineExceededError, match=r"did not respond within 0\.01 s") as caught:
        await exchange_over(ScriptedTransport(anyio.sleep_forever), clock)()

    assert caught.value.__context__ is None


async def test_deadline_is_ten_seconds():
    from duro.auth import exchange

    assert exchange.EXCHANGE_TIMEOUT_SECONDS == 10.0


@pytest.mark.parametrize("behavior", ["reset", "hang"])
async def test_connection_lost_at_a_real_server(server, monkeypatch, behavior):
    if behavior == "hang":
        monkeypatch.setattr("duro.auth.exchange.EXCHANGE_TIMEOUT_SECONDS", 1.0)
    server.always = server.Reply(behavior=behavior)
    async with AsyncDuro(**server.options, retries=0) as client:
        with pytest.raises((ConnectionFailedError, DeadlineExceededError)) as caught:
            await client.token()

    assert server.posts == 1
    assert caught.value.__context__ is None


BODIES_WITH_SECRET = {
    "api": {"error": {"code": "bad", "message": f"client_secret {SECRET} is unknown"}},
    "oauth": {"error": "invalid_client", "error_description": f"got '{SECRET}'"},
    "glued": {"error": {"code": "bad", "message": f"_{SECRET}_{SECRET}"}},
    "code": {"error": f"invalid_{SECRET}"},
    "code of the api": {"error": {"code": f"x{SECRET}", "message": "no"}},
}


# Secrets


@pytest.mark.parametrize("shape", BODIES_WITH_SECRET)
async def test_secret_repeated_by_the_endpoint_is_masked(clock, shape):
    with pytest.raises(TokenExchangeError) as caught:
        await exchange_over(ScriptedTransport(response(400, BODIES_WITH_SECRET[shape])), clock)()

    shown = f"{caught.value} {caught.value!r} {caught.value.code} {vars(caught.value)}"
    assert SECRET not in shown
    assert "do-not-show" not in shown


OUTCOMES = {
    "rejected": response(401, {"error": "invalid_client"}),
    "invalid": response(200, {"access_token": "at_test_do-not-show", "token_type": "mac"}),
    "lost": ResponseLostError("ReadError"),
    "not sent": RequestNotSentError("ConnectError"),
    "hanging": anyio.sleep_forever,
}


@pytest.mark.parametrize("outcome", OUTCOMES)
async def test_errors_and_their_locals_show_no_secret(clock, monkeypatch, outcome):
    monkeypatch.setattr("duro.auth.exchange.EXCHANGE_TIMEOUT_SECONDS", 0.01)
    exchange = exchange_over(ScriptedTransport(OUTCOMES[outcome]), clock, retry=RetryPolicy(retries=0))
    with pytest.raises((TokenExchangeError, ConnectionFailedError, DeadlineExceededError)) as caught:
        await exchange()

    error = caught.value
    assert error.__context__ is None
    frames = error.__traceback__.tb_next
    text = "".join(traceback.TracebackException(type(error), error, frames, capture_locals=True).format())
    assert "do-not-show" not in text
    assert "exchange.py" in text


async def test_secret_and_token_are_not_logged(server, caplog):
    with caplog.at_level(logging.DEBUG):
        async with AsyncDuro(**server.options) as client:
            await client.request("GET", "/v1/plans")

    assert "csec_test_counted" not in caplog.text
    assert "at_test_1" not in caplog.text


# Any response


@pytest.mark.slow
@given(
    status=st.integers(200, 599),
    body=st.binary(max_size=60) | st.text(max_size=30).map(lambda text: json.dumps({"error": text}).encode()),
    retry_after=st.text(st.characters(codec="latin-1"), max_size=12) | st.floats().map(str) | st.integers().map(str),
)
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_any_response_is_a_token_or_a_token_exchange_error(anyio_backend, status, body, retry_after):
    response = Response(status, Headers.from_lines([(b"retry-after", retry_after.encode("latin-1"))]), body)
    exchange = TokenExchange(
        ClientCredentials("cid_test_1", SECRET),
        ClientSettings(BASE),
        PerLoop(lambda: ScriptedTransport(response)),
        lambda: None,
    )
    with pytest.raises(TokenExchangeError) as caught:
        await exchange()

    assert caught.value.status == status
    assert caught.value.retry_after is None or caught.value.retry_after >= 0
