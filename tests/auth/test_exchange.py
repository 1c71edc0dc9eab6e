"""Requests of the token exchange."""

from __future__ import annotations

import json

import anyio
import httpx
import pytest

from duro import (
    AsyncDuro,
    TokenExchangeError,
)
from duro.http.request import USER_AGENT
from tests.support.token_exchange import BASE, GRANT, SECRET, URL, ScriptedTransport, exchange_over, response

pytestmark = pytest.mark.anyio


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


async def test_exchange_has_its_own_timeout():
    transport = ScriptedTransport(response())
    async with AsyncDuro(client_id="cid_test_1", client_secret=SECRET, base_url=BASE, transport=transport) as client:
        await client.with_options(timeout=600).token()

    assert 0 < transport.requests[0].timeout <= 10


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


async def test_users_httpx_client_sends_the_exchange_without_its_auth(respx_mock):
    """Its proxy, certificates and mocks apply to the exchange, and so do its hooks."""
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

    assert seen == ["/v1/oauth/token", "/v1/plans"]
    assert "authorization" not in route.calls.last.request.headers


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
