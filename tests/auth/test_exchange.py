from __future__ import annotations

import json
import logging
import traceback
from email.utils import formatdate

import anyio
import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro import (
    AsyncDuro,
    ClientCredentials,
    ConnectionFailedError,
    DeadlineExceededError,
    RequestNotSentError,
    ResponseLostError,
    TokenExchangeError,
)
from duro.auth.exchange import TokenExchange
from duro.config import RetryPolicy, Settings
from duro.http.event_loop import PerLoop
from duro.http.request import USER_AGENT, Headers, Response

pytestmark = pytest.mark.anyio

BASE = "http://127.0.0.1:9"
URL = f"{BASE}/v1/oauth/token"
SECRET = "csec_test_do-not-show"
GRANT = {"access_token": "at_test_granted", "token_type": "Bearer", "expires_in": 3600}


class ScriptedTransport:
    """Transport that returns or raises outcomes in order, and records the requests."""

    def __init__(self, *outcomes) -> None:
        self.outcomes = list(outcomes)
        self.requests = []

    async def send(self, request):
        self.requests.append(request)
        outcome = self.outcomes.pop(0) if len(self.outcomes) > 1 else self.outcomes[0]
        if callable(outcome):
            outcome = await outcome()
        if isinstance(outcome, BaseException):
            raise outcome
        return outcome

    async def aclose(self):
        pass


def response(status: int = 200, document: object = GRANT, **headers: str) -> Response:
    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return Response(status, Headers(lines), document if isinstance(document, bytes) else json.dumps(document).encode())


def exchange_over(transport, clock, **settings) -> TokenExchange:
    return TokenExchange(
        ClientCredentials("cid_test_1", SECRET),
        Settings(BASE, clock=clock.as_clock, **settings),
        PerLoop(lambda: transport),
    )


@pytest.fixture
async def client():
    async with AsyncDuro(client_id="cid_test_1", client_secret=SECRET, base_url=BASE) as client:
        yield client


# Request


async def test_request_matches_the_contract(respx_mock, client):
    route = respx_mock.post(URL).respond(json=GRANT)
    token = await client.token()

    (call,) = route.calls
    assert token.access_token == "at_test_granted"
    assert json.loads(call.request.content) == {
        "grant_type": "client_credentials",
        "client_id": "cid_test_1",
        "client_secret": SECRET,
    }
    assert dict(call.request.headers) == {
        "host": "127.0.0.1:9",
        "accept": "application/json",
        "content-type": "application/json",
        "user-agent": USER_AGENT[1].decode(),
        "content-length": str(len(call.request.content)),
    }
    assert not call.request.url.query


async def test_request_has_no_credential_from_netrc(respx_mock, client, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    route = respx_mock.post(URL).respond(json=GRANT)
    await client.token()

    assert "authorization" not in route.calls.last.request.headers


async def test_exchange_has_its_own_timeouts(respx_mock, client):
    route = respx_mock.post(URL).respond(json=GRANT)
    await client.with_options(timeout=600).token()

    timeouts = route.calls.last.request.extensions["timeout"]
    assert set(timeouts) == {"connect", "read", "write", "pool"}
    assert all(0 < seconds <= 10 for seconds in timeouts.values())


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirects_are_not_followed(respx_mock, client, status):
    route = respx_mock.post(URL).respond(status, headers={"location": "http://127.0.0.1:9/elsewhere"})
    elsewhere = respx_mock.route(path="/elsewhere").respond(json=GRANT)

    with pytest.raises(TokenExchangeError) as error:
        await client.token()

    assert error.value.status == status
    assert route.call_count == 1
    assert elsewhere.call_count == 0
    respx_mock.reset()


async def test_headers_of_client_and_calls_are_not_sent(respx_mock, client):
    route = respx_mock.post(URL).respond(json=GRANT)
    respx_mock.get(f"{BASE}/v1/plans").respond(json={})
    await client.with_options(headers={"x-mine": "1"}).request("GET", "/v1/plans", headers={"x-call": "2"})

    assert not {"x-mine", "x-call", "idempotency-key"} & set(route.calls.last.request.headers)


async def test_hooks_and_auth_of_the_users_httpx_client_do_not_see_the_exchange(respx_mock):
    """A hook that logs requests would log the secret."""
    seen = []

    async def hook(request):
        seen.append(request.url.path)

    route = respx_mock.post(URL).respond(json=GRANT)
    respx_mock.get(f"{BASE}/v1/plans").respond(json={})
    async with (
        httpx.AsyncClient(
            event_hooks={"request": [hook]}, auth=("user", "word"), headers={"x-users": "1"}
        ) as users_client,
        AsyncDuro(client_id="cid_test_1", client_secret=SECRET, base_url=BASE, transport=users_client) as client,
    ):
        await client.request("GET", "/v1/plans")

    assert seen == ["/v1/plans"]
    assert not {"authorization", "x-users"} & set(route.calls.last.request.headers)


async def test_exchange_does_not_wait_for_business_calls(server):
    """The only connection for calls is in use, and the exchange succeeds."""
    server.delay_calls(2)
    async with AsyncDuro(**server.options, max_connections=1) as client, anyio.create_task_group() as group:
        await client.token()
        group.start_soon(client.request, "GET", "/v1/plans")
        with anyio.fail_after(20):
            while server.calls < 1:
                await anyio.sleep(0.001)
            await client.oauth.token()
        assert server.posts == 2
        server.delay_calls(0)
        group.cancel_scope.cancel()


async def test_custom_transport_sends_the_exchange(clock):
    transport = ScriptedTransport(response())
    async with AsyncDuro(client_id="cid_test_1", client_secret=SECRET, base_url=BASE, transport=transport) as client:
        await client.token()

    assert [(request.method, request.url) for request in transport.requests] == [("POST", URL)]


# Time of the request


async def test_both_clocks_are_read_before_the_post(clock):
    async def slowly():
        clock.monotonic += 5
        clock.wall += 7
        return response()

    token = await exchange_over(ScriptedTransport(slowly), clock)()

    assert (token.requested_at.monotonic, token.requested_at.wall) == (1_000.0, 1_700_000_000.0)
    assert token.age(clock.as_clock) == 7


async def test_attempts_that_were_not_sent_count_as_age(clock):
    token = await exchange_over(ScriptedTransport(RequestNotSentError("refused"), response()), clock)()

    assert clock.slept == [0.5]
    assert token.age(clock.as_clock) == 0.5


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
    assert str(error) == "the token endpoint returned 401 (unauthorized): Unknown client."


async def test_error_in_the_shape_of_oauth(respx_mock, client):
    respx_mock.post(URL).respond(400, json={"error": "invalid_client", "error_description": "No such client."})
    with pytest.raises(TokenExchangeError) as caught:
        await client.token()

    assert (caught.value.status, caught.value.code) == (400, "invalid_client")
    assert str(caught.value) == "the token endpoint returned 400 (invalid_client): No such client."


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
async def test_error_without_a_message(clock, body):
    with pytest.raises(TokenExchangeError) as caught:
        await exchange_over(ScriptedTransport(response(502, body)), clock)()

    assert (caught.value.status, caught.value.code) == (502, None)
    assert str(caught.value) == "the token endpoint returned 502 (no code): no message"


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
        ConnectionFailedError, match=r"the connection to the token endpoint failed \(ReadError\)"
    ) as caught:
        await exchange_over(transport, clock)()

    assert len(transport.requests) == 1
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


async def test_request_that_was_not_sent_is_retried(clock):
    transport = ScriptedTransport(RequestNotSentError("ConnectError"))
    with pytest.raises(ConnectionFailedError) as caught:
        await exchange_over(transport, clock, retry=RetryPolicy(retries=3))()

    assert len(transport.requests) == 4
    assert clock.slept == [0.5, 1.0, 2.0]
    assert caught.value.__context__ is None


async def test_error_says_that_the_retries_are_exhausted(clock):
    transport = ScriptedTransport(RequestNotSentError("ConnectError"))
    with pytest.raises(ConnectionFailedError) as caught:
        await exchange_over(transport, clock, retry=RetryPolicy(retries=1))()

    assert str(caught.value) == (
        "the connection to the token endpoint failed (ConnectError; retries exhausted (retries=1)); "
        "the call itself was not sent"
    )


async def test_retries_end_before_the_deadline_of_the_exchange(clock):
    transport = ScriptedTransport(RequestNotSentError("ConnectError"))
    with pytest.raises(ConnectionFailedError):
        await exchange_over(transport, clock, retry=RetryPolicy(retries=99))()

    assert sum(clock.slept) < 10
    assert len(transport.requests) == 1 + len(clock.slept) < 10


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
    monkeypatch.setattr("duro.auth.exchange.EXCHANGE_TIMEOUT_SECONDS", 0.2)
    server.always = server.Reply(behavior=behavior)
    async with AsyncDuro(**server.options) as client:
        with pytest.raises((ConnectionFailedError, DeadlineExceededError)) as caught:
            await client.token()

    assert server.posts == 1
    assert caught.value.__context__ is None


# Secrets


BODIES_WITH_SECRET = {
    "api": {"error": {"code": "bad", "message": f"client_secret {SECRET} is unknown"}},
    "oauth": {"error": "invalid_client", "error_description": f"got '{SECRET}'"},
    "glued": {"error": {"code": "bad", "message": f"_{SECRET}_{SECRET}"}},
    "code": {"error": f"invalid_{SECRET}"},
    "code of the api": {"error": {"code": f"x{SECRET}", "message": "no"}},
}


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


@given(
    status=st.integers(200, 599),
    body=st.binary(max_size=60) | st.text(max_size=30).map(lambda text: json.dumps({"error": text}).encode()),
    retry_after=st.text(st.characters(codec="latin-1"), max_size=12) | st.floats().map(str) | st.integers().map(str),
)
@pytest.mark.parametrize("anyio_backend", ["asyncio"])
async def test_any_response_is_a_token_or_a_token_exchange_error(anyio_backend, status, body, retry_after):
    response = Response(status, Headers([(b"retry-after", retry_after.encode("latin-1"))]), body)
    exchange = TokenExchange(
        ClientCredentials("cid_test_1", SECRET), Settings(BASE), PerLoop(lambda: ScriptedTransport(response))
    )
    with pytest.raises(TokenExchangeError) as caught:
        await exchange()

    assert caught.value.status == status
    assert caught.value.retry_after is None or caught.value.retry_after >= 0
