"""Proxies from the environment."""

from __future__ import annotations

import os
import sys
import traceback
import urllib.request
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro import AsyncDuro
from duro.errors import ConfigurationError
from duro.http.transport import RequestNotSentError
from duro.http.transport.httpcore import HttpcoreTransport
from duro.http.transport.tls import TlsContext
from duro.http.transport.proxies import ProxyUrl, check_proxy, find_proxy
from tests.support.raw_http import KEY, OK, request_to, respond_with, send_pieces

API = "https://api.useduro.com"
PROXY = "http://proxy.example:3128"


@pytest.fixture(autouse=True)
def clear_proxy_environment(monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        for spelling in (name, name.upper()):
            monkeypatch.delenv(spelling, raising=False)
    monkeypatch.delenv("REQUEST_METHOD", raising=False)


@pytest.mark.anyio
class TestProxy:
    def environment(self, monkeypatch, **values):
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    @pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
    async def test_proxy_from_the_environment_is_used(self, name, raw_server, monkeypatch, anyio_backend):
        proxy = raw_server(respond_with(OK))
        self.environment(monkeypatch, **{name: proxy.url})
        transport = HttpcoreTransport("http://192.0.2.1:9", TlsContext(), find_proxy("http://192.0.2.1:9"))
        await transport.send(request_to("http://192.0.2.1:9"))
        await transport.aclose()
        assert proxy.requests[0].startswith(b"GET http://192.0.2.1:9/v1/things HTTP/1.1")

    async def test_proxy_without_a_scheme_is_used(self, raw_server, monkeypatch, anyio_backend):
        proxy = raw_server(respond_with(OK))
        self.environment(monkeypatch, http_proxy=proxy.url.removeprefix("http://"))
        transport = HttpcoreTransport("http://192.0.2.1:9", TlsContext(), find_proxy("http://192.0.2.1:9"))
        await transport.send(request_to("http://192.0.2.1:9"))
        await transport.aclose()
        assert len(proxy.requests) == 1

    async def test_loopback_is_reached_directly(self, raw_server, monkeypatch, anyio_backend):
        proxy, server = raw_server(respond_with(OK)), raw_server(respond_with(OK))
        self.environment(monkeypatch, http_proxy=proxy.url, all_proxy=proxy.url)
        async with AsyncDuro(KEY, base_url=server.url, retries=0) as client:
            await client.request("GET", "/v1/things")
        assert len(server.requests) == 1
        assert proxy.connections == 0

    async def test_unreachable_proxy_raises_request_not_sent(self, closed_port, monkeypatch, anyio_backend):
        self.environment(monkeypatch, http_proxy=f"http://127.0.0.1:{closed_port}")
        transport = HttpcoreTransport("http://192.0.2.1:9", TlsContext(), find_proxy("http://192.0.2.1:9"))
        with pytest.raises(RequestNotSentError):
            await transport.send(request_to("http://192.0.2.1:9"))
        await transport.aclose()

    async def test_rejected_tunnel_raises_request_not_sent(self, raw_server, monkeypatch, anyio_backend):
        proxy = raw_server(send_pieces(b"HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n"))
        self.environment(monkeypatch, https_proxy=proxy.url)
        transport = HttpcoreTransport("https://sandbox.useduro.com", TlsContext(), find_proxy("https://sandbox.useduro.com"))
        with pytest.raises(RequestNotSentError, match="407"):
            await transport.send(request_to("https://sandbox.useduro.com", lines=[(b"authorization", b"Bearer x")]))
        assert proxy.requests[0].startswith(b"CONNECT sandbox.useduro.com:443")
        assert b"Bearer" not in proxy.requests[0]
        await transport.aclose()

    @pytest.mark.parametrize("address", ["socks5://127.0.0.1:1", "gopher://127.0.0.1:1"])
    async def test_unsupported_proxy_is_reported(self, address, monkeypatch, anyio_backend):
        monkeypatch.setitem(sys.modules, "socksio", None)
        self.environment(monkeypatch, https_proxy=address)
        async with AsyncDuro(KEY, base_url="https://192.0.2.1:9") as duro:
            with pytest.raises(ConfigurationError, match=r"^https_proxy "):
                await duro.plans.list().page()


class TestFindProxy:
    # Environment, address of the API, proxy.
    VARIABLES = (
        ({}, API, None),
        ({"HTTPS_PROXY": PROXY}, API, PROXY),
        ({"https_proxy": PROXY}, API, PROXY),
        ({"https_proxy": PROXY, "HTTPS_PROXY": "http://other.example"}, API, PROXY),
        ({"https_proxy": "", "HTTPS_PROXY": PROXY}, API, PROXY),
        ({"HTTP_PROXY": PROXY}, API, None),
        ({"HTTP_PROXY": PROXY}, "http://192.0.2.1", PROXY),
        ({"HTTPS_PROXY": PROXY}, "http://192.0.2.1", None),
        ({"ALL_PROXY": PROXY}, API, PROXY),
        ({"all_proxy": PROXY}, "http://192.0.2.1", PROXY),
        ({"ALL_PROXY": "http://other.example", "HTTPS_PROXY": PROXY}, API, PROXY),
        ({"HTTPS_PROXY": "proxy.example:3128"}, API, PROXY),
        ({"HTTPS_PROXY": f" {PROXY} "}, API, PROXY),
        ({"HTTPS_PROXY": "SOCKS5://proxy.example"}, API, "SOCKS5://proxy.example"),
        # A CGI server passes the header "Proxy" of a web request as HTTP_PROXY.
        ({"HTTP_PROXY": PROXY, "REQUEST_METHOD": "GET"}, "http://192.0.2.1", None),
        ({"http_proxy": PROXY, "REQUEST_METHOD": "GET"}, "http://192.0.2.1", PROXY),
    )

    @pytest.mark.parametrize(("environment", "address", "proxy"), VARIABLES)
    def test_variables_apply_by_the_scheme(self, environment, address, proxy, monkeypatch):
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        assert find_proxy(address) == proxy

    @pytest.mark.parametrize(
        "host",
        [
            "localhost",
            "localhost:8787",
            "LOCALHOST",
            "localhost.",
            "api.localhost",
            "127.0.0.1",
            "127.0.0.1:8787",
            "127.8.9.10",
            "[::1]",
            "[::1]:8787",
            "[::ffff:127.0.0.1]",
        ],
    )
    @pytest.mark.parametrize("scheme", ["http", "https"])
    @pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
    def test_loopback_never_has_a_proxy(self, name, scheme, host, monkeypatch):
        monkeypatch.setenv(name, PROXY)
        assert find_proxy(f"{scheme}://{host}") is None

    # NO_PROXY, host with port, whether the connection is direct.
    EXCLUSIONS = (
        ("*", "api.useduro.com", True),
        ("other.example, *", "api.useduro.com", True),
        ("api.useduro.com", "api.useduro.com", True),
        ("API.UseDuro.com", "api.useduro.com", True),
        ("api.useduro.com.", "api.useduro.com", True),
        ("api.useduro.com", "api.useduro.com.", True),
        ("useduro.com", "api.useduro.com", True),
        (".useduro.com", "api.useduro.com", True),
        ("*.useduro.com", "api.useduro.com", True),
        (".useduro.com", "useduro.com", True),
        ("useduro.com", "api.notuseduro.com", False),
        ("duro.com", "api.useduro.com", False),
        ("api.useduro.com", "useduro.com", False),
        ("a.example,useduro.com", "api.useduro.com", True),
        ("a.example useduro.com", "api.useduro.com", True),
        ("a.example ,  useduro.com ,", "api.useduro.com", True),
        ("", "api.useduro.com", False),
        (",", "api.useduro.com", False),
        (".", "api.useduro.com", False),
        # With a port.
        ("api.useduro.com:443", "api.useduro.com", True),
        ("api.useduro.com:443", "api.useduro.com:443", True),
        ("api.useduro.com:443", "api.useduro.com:8443", False),
        ("api.useduro.com:8443", "api.useduro.com:8443", True),
        (".useduro.com:8443", "api.useduro.com:8443", True),
        (".useduro.com:8443", "api.useduro.com", False),
        ("api.useduro.com:", "api.useduro.com", False),
        ("api.useduro.com:x", "api.useduro.com", False),
        ("10.1.2.3:8443", "10.1.2.3:8443", True),
        ("10.1.2.3:8443", "10.1.2.3", False),
        ("*:8443", "api.useduro.com:8443", False),
        # Addresses and networks.
        ("10.1.2.3", "10.1.2.3", True),
        ("10.1.2.3", "10.1.2.4", False),
        ("2.3", "10.1.2.3", False),
        ("10.0.0.0/8", "10.1.2.3", True),
        ("10.0.0.0/8", "11.1.2.3", False),
        ("10.1.2.3/8", "10.200.0.1", True),
        ("10.0.0.0/8:8443", "10.1.2.3:8443", True),
        ("10.0.0.0/8:8443", "10.1.2.3", False),
        ("10.0.0.0/255.0.0.0", "10.1.2.3", True),
        ("10.0.0.0/99", "10.1.2.3", False),
        ("10.0.0.0/8", "api.useduro.com", False),
        ("0.0.0.0/0", "10.1.2.3", True),
        ("0.0.0.0/0", "[fd00::1]", False),
        ("fd00::1", "[fd00::1]", True),
        ("[fd00::1]", "[fd00::1]", True),
        ("FD00:0:0::1", "[fd00::1]", True),
        ("[fd00::1]:8443", "[fd00::1]:8443", True),
        ("[fd00::1]:8443", "[fd00::1]", False),
        ("fd00::/8", "[fd12:3456::1]", True),
        ("[fd00::]/8", "[fd12:3456::1]", True),
        ("[fd00::/8]", "[fd12:3456::1]", True),
        ("fd00::/8", "[fe80::1]", False),
        ("10.1.2.3", "[::ffff:10.1.2.3]", True),
        ("::ffff:10.1.2.3", "10.1.2.3", True),
        ("[", "[fd00::1]", False),
        ("fd00::/8/8", "[fd00::1]", False),
    )

    @pytest.mark.parametrize(("no_proxy", "host", "is_direct"), EXCLUSIONS)
    @pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
    def test_no_proxy_lists_hosts_ports_and_networks(self, name, no_proxy, host, is_direct, monkeypatch):
        monkeypatch.setenv("HTTPS_PROXY", PROXY)
        monkeypatch.setenv(name, no_proxy)
        assert find_proxy(f"https://{host}") == (None if is_direct else PROXY)

    @given(
        no_proxy=st.text(alphabet="[]:/.*0123456789abf,% ", max_size=30),
        host=st.sampled_from(["a.b", "[ab::1]", "1.2.3.4"]),
    )
    def test_any_no_proxy_is_accepted(self, no_proxy, host):
        with mock.patch.dict(os.environ, {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy}):
            assert find_proxy(f"https://{host}") in (None, PROXY)

    def test_system_settings_apply_without_an_environment(self, monkeypatch):
        monkeypatch.setattr(urllib.request, "getproxies", lambda: {"https": "system.example:8080"})
        monkeypatch.setattr(urllib.request, "proxy_bypass", lambda host: host == "intranet.example")
        assert find_proxy(API) == "http://system.example:8080"
        assert find_proxy("https://intranet.example") is None
        assert find_proxy("http://127.0.0.1:8787") is None
        monkeypatch.setenv("HTTPS_PROXY", PROXY)
        assert find_proxy(API) == PROXY

    @pytest.mark.parametrize("name", ["HTTPS_PROXY", "all_proxy"])
    def test_malformed_variable_is_named(self, name, monkeypatch):
        monkeypatch.setenv(name, "gopher://proxy.example")
        with pytest.raises(ConfigurationError, match=f"^{name} must be a URL"):
            find_proxy(API)


class TestCheckProxy:
    @pytest.mark.parametrize(
        "proxy",
        [
            PROXY,
            "https://proxy.example",
            "http://proxy.example/",
            "HTTP://PROXY.example:3128",
            "socks5://127.0.0.1:1080",
            "socks5h://proxy.example",
            "http://user:pass@proxy.example:3128",
            "http://user:p%40ss%2Fword@proxy.example:3128",
            "http://[::1]:3128",
        ],
    )
    def test_url_is_accepted(self, proxy):
        assert check_proxy(proxy) == proxy

    MALFORMED = (
        "",
        "proxy.example:3128",
        "user:1needle2@proxy.example:3128",
        "1needle2://proxy.example",
        "gopher://user:1needle2@proxy.example",
        "socks4://user:1needle2@proxy.example",
        "http:/proxy.example",
        "http://",
        "http://user:1needle2@",
        "http://user:1needle2@proxy.example:0",
        "http://user:1needle2@proxy.example:99999",
        "http://user:1needle2@proxy.example:port",
        "http://user:1needle2/x@proxy.example:3128",
        "http://user:1needle2#x@proxy.example:3128",
        "http://user:1needle2?x@proxy.example:3128",
        "http://user:1/1needle2@proxy.example:3128",
        "http://user:1#1needle2@proxy.example:3128",
        "http://user:1needle2@x@proxy.example:3128",
        "http://user:1needle2 x@proxy.example:3128",
        "http://user:1needle2\nx@proxy.example:3128",
        "http://user:1needle2é@proxy.example:3128",
        "http://[user:1needle2@proxy.example:3128",
        "http://proxy.example:3128/path",
        "http://proxy.example:3128?",
        None,
        5,
        b"http://user:1needle2@proxy.example",
    )

    @pytest.mark.parametrize("proxy", MALFORMED)
    def test_malformed_url_is_not_shown(self, proxy):
        with pytest.raises(ConfigurationError, match=r"^proxy must be a URL.*, got ") as raised:
            check_proxy(proxy)
        assert "1needle2" not in str(raised.value)

    @pytest.mark.parametrize("proxy", [each for each in MALFORMED if isinstance(each, str) and "@" in each])
    def test_malformed_variable_is_not_seen_in_a_traceback(self, proxy, monkeypatch):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        try:
            find_proxy(API)
        except ConfigurationError as error:
            # Without the frame of this test, which has the proxy as a local variable.
            frames = traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__.tb_next), capture_locals=True)
            assert "1needle2" not in "".join(frames.format())

    @pytest.mark.parametrize("scheme", ["socks5", "socks5h", "SOCKS5"])
    def test_missing_socks_package_is_reported_with_its_extra(self, scheme, monkeypatch):
        monkeypatch.setitem(sys.modules, "socksio", None)
        with pytest.raises(ConfigurationError, match=r"pip install 'duro-sdk\[socks\]'") as raised:
            check_proxy(f"{scheme}://user:1needle2@proxy.example")
        assert "1needle2" not in str(raised.value)

    @pytest.mark.parametrize(
        ("proxy", "shown"),
        [
            (PROXY, PROXY),
            ("http://user:pass@proxy.example:3128", "http://…@proxy.example:3128"),
            ("http://token@proxy.example", "http://…@proxy.example"),
            ("user:pass@proxy.example", "…@proxy.example"),
            ("http://user:p@ss/w://x@proxy.example", "http://…@proxy.example"),
            ("user:pass://x@proxy.example", "…@proxy.example"),
            (f"http://user:{'x' * 5_000}@proxy.example", "http://…@proxy.example"),
        ],
    )
    def test_repr_hides_the_password(self, proxy, shown):
        assert repr(ProxyUrl(proxy)) == repr(shown)
