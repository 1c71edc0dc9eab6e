"""Origin check: requests of foreign web pages are refused before anything happens."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Mapping

import h11
import httpx
import pytest

from duro.errors import ConfigurationError
from duro.sandbox import Sandbox
from tests.support.timeouts import TIMEOUT
from tests.support.tls import NO_AUTHORITIES

FOREIGN_ORIGIN = {"Origin": "https://evil.example"}
CROSS_SITE_NAVIGATION = {
    "Sec-Fetch-Site": "cross-site",
    "Sec-Fetch-Mode": "navigate",
    "Sec-Fetch-Dest": "document",
}
# Headers of requests that a page of another origin can make a browser send.
FOREIGN_PAGES = {
    "a form": {**CROSS_SITE_NAVIGATION, **FOREIGN_ORIGIN, "Content-Type": "text/plain"},
    "a form of an old browser": FOREIGN_ORIGIN,
    "a form of a sandboxed frame": {"Origin": "null"},
    "a form of another port": {**CROSS_SITE_NAVIGATION, "Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
    "fetch": {**FOREIGN_ORIGIN, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
    "an image": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
    "a frame": {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "iframe"},
}
STATE_CHANGES = [
    ("POST", "/_sandbox/reset"),
    ("POST", "/_sandbox/clock"),
    ("POST", "/_sandbox/endpoints"),
    ("DELETE", "/_sandbox/faults"),
    ("POST", "/v1/customers"),
    ("POST", "/identity/otp"),
    ("POST", "/checkout/cs_test_1/pay"),
]


@pytest.fixture
def with_customer(sandbox: Sandbox, api: httpx.Client) -> Iterator[None]:
    """Check that a customer, an endpoint and a fault are unchanged at the end of the test."""
    api.post("/v1/customers", json={"email": "ada@example.com"})
    sandbox.endpoints.add("http://127.0.0.1:9/closed")
    fault = sandbox.faults.add("garbage", path="/v1/plans", times=None)
    before = sandbox.stats
    yield
    assert sandbox.stats == before
    assert fault.times_applied == 0
    assert (len(sandbox.endpoints), len(sandbox.faults), sandbox.codes) == (1, 1, ())
    assert len(api.get("/v1/customers").json()["items"]) == 1


def assert_refused(response: httpx.Response, reason: str) -> None:
    assert response.status_code == 403
    error = response.json()["error"]
    assert error["code"] == "forbidden"
    assert reason in error["message"]
    assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize("page", ["fetch", "an image", "a frame"])
@pytest.mark.parametrize("path", ["database", "fixtures", "traces/req_1"])
def test_a_foreign_page_cannot_read_the_state(sandbox: Sandbox, page: str, path: str) -> None:
    response = httpx.get(f"{sandbox.url}/_sandbox/{path}", headers=FOREIGN_PAGES[page], verify=NO_AUTHORITIES)
    assert response.status_code == 403


@pytest.mark.slow
@pytest.mark.usefixtures("with_customer")
@pytest.mark.parametrize("page", FOREIGN_PAGES)
@pytest.mark.parametrize(("method", "path"), STATE_CHANGES)
def test_a_foreign_page_cannot_change_anything(api: httpx.Client, page: str, method: str, path: str) -> None:
    headers = FOREIGN_PAGES[page]
    assert_refused(api.request(method, path, headers=headers, content=b'{"phone": "2348012345678"}'), "another origin")


@pytest.mark.slow
@pytest.mark.usefixtures("with_customer")
@pytest.mark.parametrize("page", FOREIGN_PAGES)
@pytest.mark.parametrize("path", ["/_sandbox/", "/_sandbox/codes", "/_sandbox/static/dashboard.css", "/v1/plans"])
def test_a_foreign_page_cannot_read_or_embed_anything(api: httpx.Client, page: str, path: str) -> None:
    headers = {"Sec-Fetch-Dest": "iframe", **FOREIGN_PAGES[page]}
    headers |= {"Sec-Fetch-Dest": "iframe"} if headers["Sec-Fetch-Dest"] == "document" else {}
    assert_refused(api.get(path, headers=headers), "another origin")


@pytest.mark.usefixtures("with_customer")
def test_a_preflight_of_a_foreign_page_is_refused(anonymous: httpx.Client) -> None:
    headers = {**FOREIGN_PAGES["fetch"], "Access-Control-Request-Method": "POST"}
    assert_refused(anonymous.options("/v1/customers", headers=headers), "another origin")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
@pytest.mark.parametrize(("path", "status"), [("/_sandbox/", 200), ("/_sandbox/stats", 200), ("/checkout/cs_1", 404)])
def test_a_link_of_a_foreign_page_opens_the_pages(anonymous: httpx.Client, site: str, path: str, status: int) -> None:
    response = anonymous.get(path, headers=CROSS_SITE_NAVIGATION | {"Sec-Fetch-Site": site})
    assert response.status_code == status


@pytest.mark.usefixtures("with_customer")
@pytest.mark.parametrize("path", ["/v1/plans", "/identity/me", "/_sandboxes"])
def test_a_link_of_a_foreign_page_does_not_reach_the_api(api: httpx.Client, path: str) -> None:
    assert_refused(api.get(path, headers=CROSS_SITE_NAVIGATION), "another origin")


def test_the_pages_of_the_sandbox_may_read_and_change_it(sandbox: Sandbox, anonymous: httpx.Client) -> None:
    own = {"Origin": sandbox.url, "Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "cors"}
    assert anonymous.post("/_sandbox/clock", json={"advance": 60}, headers=own).status_code == 200
    assert anonymous.get("/_sandbox/stats", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 200
    # A form of a page with Referrer-Policy: no-referrer, and a browser that does not send Sec-Fetch-Site.
    no_referrer = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    assert anonymous.post("/_sandbox/reset", headers=no_referrer).status_code == 200
    assert anonymous.post("/_sandbox/reset", headers={"Origin": sandbox.url}).status_code == 200


@pytest.mark.parametrize("origin", ["http://127.0.0.1", "https://{host}", "http://{host}.evil.example", "http://[", ""])
def test_an_origin_must_equal_the_address_of_the_request(
    sandbox: Sandbox, anonymous: httpx.Client, origin: str
) -> None:
    headers = {"Origin": origin.format(host=sandbox.url.removeprefix("http://"))}
    assert_refused(anonymous.post("/_sandbox/reset", headers=headers), "another origin")


@pytest.mark.slow
@pytest.mark.usefixtures("with_customer")
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8787",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil-localhost",
        "127.0.0.1@evil.example",
        "[evil.example]",
        "",
        "[::1",
        "localhost:80:80",
        "127.0.0.1/",
        "2130706433",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/_sandbox/codes"), ("POST", "/_sandbox/reset"), ("GET", "/v1/x")]
)
def test_a_foreign_host_name_is_refused(anonymous: httpx.Client, host: str, method: str, path: str) -> None:
    # A page of evil.example whose name resolves to a loopback address has the same origin as the sandbox.
    headers = {"Host": host, "Origin": f"http://{host}", "Sec-Fetch-Site": "same-origin"}
    response = anonymous.request(method, path, headers=headers)
    assert_refused(response, "allowed_hosts")
    assert "--allow-host" in response.text


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.9.9.9:1",
        "localhost",
        "LOCALHOST:8787",
        "localhost.",
        "shop.localhost",
        "[::1]:80",
        "192.0.2.7",
    ],
)
def test_a_client_may_use_each_address_and_localhost(anonymous: httpx.Client, host: str) -> None:
    assert anonymous.post("/_sandbox/reset", headers={"Host": host}).status_code == 200
    assert anonymous.post("/_sandbox/reset", headers={"Host": host, "Origin": f"http://{host}"}).status_code == 200


def test_names_can_be_allowed() -> None:
    with Sandbox(allowed_hosts=["Sandbox", "duro.internal"]) as sandbox:
        for host, status in {"sandbox:8787": 200, "DURO.internal": 200, "x.sandbox": 403, "other": 403}.items():
            response = httpx.post(f"{sandbox.url}/_sandbox/reset", headers={"Host": host}, verify=NO_AUTHORITIES)
            assert response.status_code == status, host


def test_the_name_that_it_is_bound_to_is_allowed() -> None:
    name = socket.gethostname()
    try:
        socket.create_server((name, 0)).close()
    except OSError:
        pytest.skip("the name of this machine does not resolve")
    with pytest.warns(UserWarning, match="loopback"):
        sandbox = Sandbox(host=name)
    with sandbox:
        assert httpx.get(f"{sandbox.url}/_sandbox/stats", headers={"Host": name}).status_code == 200


@pytest.mark.parametrize("name", ["", "http://sandbox", "sandbox:8787", "a b", "*", "sandbox/", 5])
def test_an_allowed_name_must_be_a_host_name(name: str) -> None:
    with pytest.raises(ConfigurationError, match="allowed_hosts must"):
        Sandbox(allowed_hosts=[name])


def test_one_string_of_allowed_names_is_rejected() -> None:
    with pytest.raises(ConfigurationError, match="allowed_hosts must"):
        Sandbox(allowed_hosts="sandbox")


def send_raw(sandbox: Sandbox, request: bytes) -> tuple[int, bytes]:
    """Send bytes on a connection of their own, and return the status and the body of the response."""
    address = sandbox.url.removeprefix("http://").rpartition(":")
    connection = h11.Connection(h11.CLIENT)
    connection.send(h11.Request(method="POST", target="/", headers=[("Host", "x")]))
    with socket.create_connection((address[0], int(address[2])), timeout=TIMEOUT) as client:
        client.sendall(request)
        status, body = 0, b""
        while True:
            event = connection.next_event()
            if event is h11.NEED_DATA:
                connection.receive_data(client.recv(65536))
            elif isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += event.data
            else:
                return status, body


def build_raw(headers: Mapping[str, str]) -> bytes:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /_sandbox/reset HTTP/1.1\r\n{lines}Content-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "127.0.0.1"}, 200),
        ({"HOST": "evil.example"}, 403),
        ({"Host": "127.0.0.1", "ORIGIN": "http://evil.example"}, 403),
        ({"Host": "127.0.0.1", "sec-fetch-site": "Cross-Site"}, 403),
        ({"Host": "127.0.0.1", "Sec-Fetch-Site": "a-new-value"}, 403),
        ({"Host": "127.0.0.1", "Origin": "http://127.0.0.1", "origin": "http://evil.example"}, 403),
        ({"Host": "127.0.0.1", "Sec-Fetch-Site": "same-origin", "sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_the_spelling_and_repetition_of_headers_do_not_matter(
    sandbox: Sandbox, headers: Mapping[str, str], status: int
) -> None:
    assert send_raw(sandbox, build_raw(headers))[0] == status


def test_a_request_without_a_host_is_not_from_a_browser(sandbox: Sandbox) -> None:
    assert send_raw(sandbox, b"GET /_sandbox/stats HTTP/1.0\r\n\r\n")[0] == 200


def test_a_refused_request_with_a_body_leaves_the_connection_usable(anonymous: httpx.Client) -> None:
    for _ in range(2):
        assert_refused(anonymous.post("/v1/plans", content=b"x" * 200_000, headers=FOREIGN_ORIGIN), "another origin")
        assert anonymous.get("/_sandbox/stats").status_code == 200
