"""Proxies from the environment."""

from __future__ import annotations

import sys

import pytest

from duro import AsyncDuro
from duro.errors import ConfigurationError
from duro.http.transport import RequestNotSentError
from duro.http.transport.httpx import HttpxTransport
from tests.support.raw_http import KEY, OK, request_to, respond_with, send_pieces

pytestmark = pytest.mark.anyio


class TestProxy:
    def environment(self, monkeypatch, **values):
        for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
            for spelling in (name, name.upper()):
                monkeypatch.delenv(spelling, raising=False)
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    @pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
    async def test_proxy_from_the_environment_is_used(self, name, raw_server, monkeypatch, anyio_backend):
        proxy = raw_server(respond_with(OK))
        self.environment(monkeypatch, **{name: proxy.url})
        transport = HttpxTransport("http://127.0.0.2:9", max_connections=2)
        await transport.send(request_to("http://127.0.0.2:9"))
        await transport.aclose()
        assert proxy.requests[0].startswith(b"GET http://127.0.0.2:9/v1/things HTTP/1.1")

    async def test_proxy_without_a_scheme_is_used(self, raw_server, monkeypatch, anyio_backend):
        proxy = raw_server(respond_with(OK))
        self.environment(monkeypatch, http_proxy=proxy.url.removeprefix("http://"))
        transport = HttpxTransport("http://127.0.0.2:9", max_connections=2)
        await transport.send(request_to("http://127.0.0.2:9"))
        await transport.aclose()
        assert len(proxy.requests) == 1

    @pytest.mark.parametrize("no_proxy", ["127.0.0.1", "*"])
    async def test_hosts_of_no_proxy_are_reached_directly(self, no_proxy, raw_server, closed_port, monkeypatch):
        server = raw_server(respond_with(OK))
        self.environment(monkeypatch, http_proxy=f"http://127.0.0.1:{closed_port}", no_proxy=no_proxy)
        transport = HttpxTransport(server.url, max_connections=2)
        assert (await transport.send(request_to(server.url))).status == 200
        await transport.aclose()

    async def test_unreachable_proxy_raises_request_not_sent(self, closed_port, monkeypatch, anyio_backend):
        self.environment(monkeypatch, http_proxy=f"http://127.0.0.1:{closed_port}")
        transport = HttpxTransport("http://127.0.0.2:9", max_connections=2)
        with pytest.raises(RequestNotSentError):
            await transport.send(request_to("http://127.0.0.2:9"))
        await transport.aclose()

    async def test_rejected_tunnel_raises_request_not_sent(self, raw_server, monkeypatch, anyio_backend):
        proxy = raw_server(send_pieces(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"))
        self.environment(monkeypatch, https_proxy=proxy.url)
        transport = HttpxTransport("https://sandbox.useduro.com", max_connections=2)
        with pytest.raises(RequestNotSentError, match="407"):
            await transport.send(request_to("https://sandbox.useduro.com", lines=[(b"authorization", b"Bearer x")]))
        assert proxy.requests[0].startswith(b"CONNECT sandbox.useduro.com:443")
        assert b"Bearer" not in proxy.requests[0]
        await transport.aclose()

    @pytest.mark.parametrize("address", ["socks5://127.0.0.1:1", "gopher://127.0.0.1:1"])
    async def test_unsupported_proxy_is_reported(self, address, monkeypatch, anyio_backend):
        monkeypatch.setitem(sys.modules, "socksio", None)
        self.environment(monkeypatch, http_proxy=address)
        async with AsyncDuro(KEY, base_url="http://127.0.0.2:9") as duro:
            with pytest.raises(ConfigurationError, match="proxy"):
                await duro.plans.list().page()
