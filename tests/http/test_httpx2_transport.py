"""Transport over httpx2: connections of the SDK, and clients of the user."""

from __future__ import annotations

import importlib.util
import pickle
import threading
from types import SimpleNamespace

import anyio
import httpx2
import pytest

from duro import AsyncDuro, Duro
from duro.errors import ConfigurationError, ConnectionFailedError, OutcomeUnknownError, TransportError
from tests.support.raw_http import KEY, OK, reset, respond_with, send_pieces

REDIRECT = b"HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 2\r\n\r\n{}"


class UsersClient(httpx2.AsyncClient):
    """Class of a user, which is in another module than its base class."""


SOURCES = {
    "name": lambda: "httpx2",
    "factory of a name": lambda: lambda: "httpx2",
    "client": httpx2.AsyncClient,
    "class": lambda: httpx2.AsyncClient,
    "client of a subclass": UsersClient,
}


@pytest.fixture(params=SOURCES)
async def transport(request):
    """Return a ``transport=`` argument of each kind, and close what the user must close."""
    created = SOURCES[request.param]()
    yield created
    if isinstance(created, httpx2.AsyncClient):
        assert not created.is_closed
        await created.aclose()


@pytest.mark.anyio
class TestAttempts:
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "POST"])
    async def test_an_attempt_is_one_request(self, method, transport, raw_server):
        server = raw_server(send_pieces(then=reset))
        async with AsyncDuro(KEY, base_url=server.url, transport=transport, retries=0) as client:
            with pytest.raises(TransportError):
                await client.request(method, "/v1/things")
        assert [each.split(b" ")[0] for each in server.requests] == [method.encode()]

    async def test_a_lost_response_leaves_the_outcome_of_a_write_open(self, transport, raw_server):
        server = raw_server(send_pieces(then=reset))
        async with AsyncDuro(KEY, base_url=server.url, transport=transport, retries=0) as client:
            with pytest.raises(OutcomeUnknownError) as caught:
                await client.customers.create(name="Ada", idempotency_key="k-1")
        assert caught.value.idempotency_key == "k-1"
        assert len(server.requests) == 1

    async def test_a_refused_connection_is_proven(self, transport, closed_port):
        url = f"http://127.0.0.1:{closed_port}"
        async with AsyncDuro(KEY, base_url=url, transport=transport, retries=0) as client:
            with pytest.raises(ConnectionFailedError, match="Connection refused"):
                await client.customers.create(name="Ada")

    async def test_redirects_are_not_followed(self, transport, raw_server):
        server = raw_server(respond_with(REDIRECT))
        async with AsyncDuro(KEY, base_url=server.url, transport=transport, retries=0) as client:
            with pytest.raises(Exception, match="redirect"):
                await client.request("GET", "/v1/things")
        assert len(server.requests) == 1

    @pytest.mark.slow
    async def test_the_token_exchange_uses_it(self, transport, sandbox):
        async with AsyncDuro(**sandbox.options, transport=transport) as client:
            await client.plans.list().page()
        assert sandbox.stats.token_exchanges == 1

    async def test_a_connection_is_used_again(self, transport, raw_server):
        server = raw_server(respond_with(OK))
        async with AsyncDuro(KEY, base_url=server.url, transport=transport) as client:
            for _ in range(5):
                await client.request("GET", "/v1/things")
        assert (server.connections, len(server.requests)) == (1, 5)


def send_connect_response(server, connection):
    server.receive(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    connection.recv(65_536)  # the first message of TLS
    reset(connection)


def read_socks_request(requests):
    """Return a handler that accepts a SOCKS connection, records its address, and serves one request."""

    def handle(server, connection):
        connection.recv(100)
        connection.sendall(b"\x05\x00")
        requests.append(connection.recv(500))
        connection.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        respond_with(OK)(server, connection)

    return handle


@pytest.mark.anyio
class TestConnectionsOfTheSdk:
    async def test_an_http_proxy_is_used(self, raw_server):
        proxy = raw_server(respond_with(OK))
        options = {"transport": "httpx2", "proxy": proxy.url.replace("://", "://user:word@")}
        async with AsyncDuro("sk_test_sandbox", base_url="http://192.0.2.1:9", **options) as client:
            await client.request("GET", "/v1/things")
        (request,) = proxy.requests
        assert request.startswith(b"GET http://192.0.2.1:9/v1/things HTTP/1.1\r\n")
        assert b"Proxy-Authorization: Basic " in request

    async def test_a_tunnel_that_breaks_in_its_handshake_sends_nothing(self, raw_server):
        proxy = raw_server(send_connect_response)
        options = {"transport": "httpx2", "proxy": proxy.url, "retries": 0}
        async with AsyncDuro(KEY, base_url="https://192.0.2.1", **options) as client:
            with pytest.raises(ConnectionFailedError, match="nothing was sent"):
                await client.customers.create(name="Ada")
        assert proxy.requests[0].startswith(b"CONNECT 192.0.2.1:443 ")

    async def test_a_socks_proxy_is_used(self, raw_server):
        addresses = []
        proxy = raw_server(read_socks_request(addresses))
        options = {"transport": "httpx2", "proxy": proxy.url.replace("http://", "socks5://")}
        async with AsyncDuro("sk_test_sandbox", base_url="http://192.0.2.1:9", **options) as client:
            await client.request("GET", "/v1/things")
        assert addresses == [b"\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x09"]
        assert len(proxy.requests) == 1

    async def test_a_silent_server_under_https_ends_with_the_connect_timeout(self, raw_server, monkeypatch):
        monkeypatch.setattr("duro.http.transport.direct_connection.CONNECT_TIMEOUT_SECONDS", 0.1)
        ended = threading.Event()
        server = raw_server(lambda _server, connection: connection.recv(100_000) and ended.wait(5))
        address = server.url.replace("http:", "https:")
        async with AsyncDuro(KEY, base_url=address, transport="httpx2", retries=0) as client:
            with pytest.raises(ConnectionFailedError, match=r"no connection was established within 0\.1 s"):
                await client.customers.create(name="Ada")
        ended.set()

    @pytest.mark.parametrize("extra", [b"x", b'HTTP/1.1 200 OK\r\ncontent-length: 17\r\n\r\n{"id": "foreign"}'])
    async def test_bytes_after_a_response_do_not_become_the_next_response(self, extra, raw_server):
        """Without the private state of httpcore2, no connection would be used twice."""
        ended = threading.Event()
        server = raw_server(send_pieces(OK + extra, then=lambda _: ended.wait(5)))
        async with AsyncDuro(KEY, base_url=server.url, transport="httpx2") as client:
            assert await client.request("GET", "/v1/things") == {}
            assert await client.request("GET", "/v1/things") == {}
        ended.set()
        assert server.connections == 2


@pytest.mark.anyio
class TestClientsOfTheUser:
    async def test_a_hook_sees_the_request_without_its_secrets(self, raw_server):
        seen = SimpleNamespace(request=None)

        async def hook(request):
            seen.request = request

        server = raw_server(respond_with(OK))
        async with (
            httpx2.AsyncClient(event_hooks={"request": [hook]}) as http,
            AsyncDuro(KEY, base_url=server.url, transport=http) as client,
        ):
            await client.request("GET", "/v1/things")
        assert isinstance(seen.request, httpx2.Request)
        assert isinstance(seen.request.headers, httpx2.Headers)
        assert seen.request.headers["authorization"] == f"Bearer {KEY}"
        assert "authorization" in repr(seen.request.headers)
        assert KEY not in repr(seen.request.headers)
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(seen.request.headers)

    async def test_a_mocked_transport_answers(self):
        transport = httpx2.MockTransport(lambda _: httpx2.Response(200, json={"id": "cus_1"}))
        async with httpx2.AsyncClient(transport=transport) as http, AsyncDuro(KEY, transport=http) as client:
            assert await client.request("GET", "/v1/customers/cus_1") == {"id": "cus_1"}

    async def test_an_error_of_its_own_transport_leaves_the_outcome_open(self):
        """Only httpcore2 proves that nothing was sent."""

        def refuse(request):
            raise httpx2.ConnectError("refused", request=request)

        async with (
            httpx2.AsyncClient(transport=httpx2.MockTransport(refuse)) as http,
            AsyncDuro(KEY, transport=http, retries=0) as client,
        ):
            with pytest.raises(OutcomeUnknownError):
                await client.customers.create(name="Ada")

    async def test_a_closed_client_is_named(self, raw_server):
        server = raw_server(respond_with(OK))
        http = httpx2.AsyncClient()
        await http.aclose()
        async with AsyncDuro(KEY, base_url=server.url, transport=http) as client:
            with pytest.raises(ConnectionFailedError, match=r"the httpx2\.AsyncClient passed as transport= is closed"):
                await client.plans.list().page()

    async def test_a_client_is_bound_to_one_event_loop(self, raw_server):
        server = raw_server(respond_with(OK))
        async with (
            httpx2.AsyncClient() as http,
            AsyncDuro(KEY, base_url=server.url, transport=http) as client,
        ):
            await client.request("GET", "/v1/things")
            with (
                Duro(KEY, base_url=server.url, transport=http) as blocking,
                pytest.raises(ConfigurationError, match=r"transport=lambda: httpx2\.AsyncClient"),
            ):
                await anyio.to_thread.run_sync(blocking.request, "GET", "/v1/things")

    async def test_a_blocking_httpx2_client_is_refused(self):
        with httpx2.Client() as http, pytest.raises(ConfigurationError, match="an AsyncClient of httpx or httpx2"):
            AsyncDuro(KEY, transport=http)


class TestConfiguration:
    @pytest.mark.parametrize("missing", ["httpx2", "httpcore2"])
    def test_a_missing_package_is_named(self, missing, monkeypatch):
        find = importlib.util.find_spec
        monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == missing else find(name))
        with pytest.raises(ConfigurationError, match=r"transport='httpx2' needs .* pip install 'duro-sdk\[httpx2\]'"):
            Duro(KEY, transport="httpx2")

    def test_the_blocking_client_works(self, sandbox):
        with Duro(**sandbox.options, transport="httpx2") as client:
            assert client.plans.create(name="Pro", amount=500, interval="month").name == "Pro"


ALIAS = """
import httpx2, sys
httpx2.alias_httpx()
import httpx, duro
assert httpx is httpx2
options = {"base_url": sys.argv[1], "retries": 0}
for transport in ("httpx", "httpx2", httpx.AsyncClient):
    with duro.Duro("sk_test_1", transport=transport, **options) as client:
        print(client.request("GET", "/v1/things"))
"""


@pytest.mark.process
def test_a_program_may_use_httpx2_in_place_of_httpx(raw_server, run_program):
    server = raw_server(respond_with(OK))
    program = run_program(ALIAS, server.url)
    assert [program.read_line() for _ in range(3)] == ["{}"] * 3, program.errors
    program.wait()


WITHOUT_HTTPX = """
import asyncio, httpx2, sys
import duro

async def main():
    async with httpx2.AsyncClient() as http:
        client = duro.AsyncDuro("sk_test_1", base_url=sys.argv[1], transport=http)
        await client.request("GET", "/v1/things")

asyncio.run(main())
print(*sorted({"httpx", "httpcore", "httpx2"} & set(sys.modules)))
"""


@pytest.mark.process
def test_a_client_of_httpx2_does_not_import_httpx(raw_server, run_program):
    server = raw_server(respond_with(OK))
    program = run_program(WITHOUT_HTTPX, server.url)
    assert program.read_line() == "httpx2", program.errors
    program.wait()
