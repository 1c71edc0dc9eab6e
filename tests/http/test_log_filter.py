"""Records of HTTP libraries: without secrets for requests of the SDK, unchanged for all others."""

from __future__ import annotations

import asyncio
import contextvars
import logging
import logging.config
from contextlib import suppress

import h2.config
import h2.connection
import h2.events
import httpx
import httpx2
import pytest

from duro import AsyncDuro, Duro, PortalSession
from duro.errors import TransportError
from duro.http.transport.log_filter import RedactedLogs, install

NEEDLE = "1needle2"
KEY = f"sk_test_{NEEDLE}key"
SESSION = f"{NEEDLE}-portal-session"
# The reason phrase, the names and the values of headers come from the server.
HEADERS = (
    f"set-cookie: session={NEEDLE}cookie\r\nx-portal-session: {NEEDLE}\r\nlocation: https://example.com/{NEEDLE}\r\n"
)
OK = f"HTTP/1.1 200 {NEEDLE}\r\n{HEADERS}content-type: application/json\r\ncontent-length: 2\r\n\r\n{{}}".encode()
MALFORMED = f"HTTP/1.1 200 OK\r\n{HEADERS}malformed\r\n\r\n".encode()


class RecordLog(logging.Handler):
    """Records of all loggers, with everything that a handler could show."""

    def __init__(self):
        super().__init__(level=logging.DEBUG)
        self.records = []

    def emit(self, record):
        self.records.append((record.name, self.format(record), repr(record.__dict__)))

    def messages(self, library):
        return [message for name, message, _ in self.records if name.partition(".")[0] == library]

    def leaks(self):
        return [
            f"{name}: {message}"
            for name, message, state in self.records
            if NEEDLE in message or NEEDLE in state or NEEDLE.encode().hex() in state
        ]


@pytest.fixture
def records():
    """Return the records of all loggers at level DEBUG."""
    root = logging.getLogger()
    names = [None, "httpx", "httpcore", "httpx2", "httpcore2", "hpack", "aiohttp", "anyio", "asyncio", "duro"]
    levels = {name: logging.getLogger(name).level for name in names}
    for name in names:
        logging.getLogger(name).setLevel(logging.DEBUG)
    handler = RecordLog()
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def respond(response):
    def handle(server, connection):
        while server.receive(connection) is not None:
            connection.sendall(response)

    return handle


def respond_as_socks_proxy(response):
    def handle(server, connection):
        connection.recv(100)
        connection.sendall(b"\x05\x02")
        connection.recv(500)
        connection.sendall(b"\x01\x00")
        connection.recv(500)
        connection.sendall(b"\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x00")
        respond(response)(server, connection)

    return handle


def respond_over_http2(_):
    def handle(server, connection):
        http2 = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        http2.initiate_connection()
        connection.sendall(http2.data_to_send())
        while data := connection.recv(65536):
            for event in http2.receive_data(data):
                if isinstance(event, h2.events.StreamEnded):
                    server.requests.append(event.stream_id)
                    lines = [tuple(line.split(": ")) for line in HEADERS.strip().split("\r\n")]
                    http2.send_headers(event.stream_id, [(":status", "200"), *lines])
                    http2.send_data(event.stream_id, b"{}", end_stream=True)
            connection.sendall(http2.data_to_send())

    return handle


async def make_calls(client):
    for credential in (None, PortalSession(SESSION)):
        options = {"credential": credential} if credential else {}
        for call in (
            lambda options=options: client.request(
                "GET", f"/v1/checkout/cs_test_{NEEDLE}", params={"token": NEEDLE}, headers={"x-mine": NEEDLE}, **options
            ),
            lambda options=options: client.request("POST", f"/v1/otp/{NEEDLE}", json={"otp": NEEDLE}, **options),
        ):
            with suppress(TransportError):
                await call()


# Name: the handler of the server, and the client of the user for the address of the server.
ROUTES = {
    "connections of the SDK": (respond, lambda library, url: library.__name__),
    "client": (respond, lambda library, url: library.AsyncClient(cookies={"mine": NEEDLE})),
    "client over HTTP/2": (respond_over_http2, lambda library, url: library.AsyncClient(http1=False, http2=True)),
    "client with a proxy": (
        respond,
        lambda library, url: library.AsyncClient(proxy=url.replace("://", f"://user:{NEEDLE}@")),
    ),
    "client with a SOCKS proxy": (
        respond_as_socks_proxy,
        lambda library, url: library.AsyncClient(proxy=url.replace("http://", f"socks5://user:{NEEDLE}@")),
    ),
}
BOTH_LIBRARIES = pytest.mark.parametrize("library", [httpx, httpx2], ids=["httpx", "httpx2"])


def core_of(library):
    """Return the name of the transport layer of a library."""
    return library.__name__.replace("httpx", "httpcore")


@pytest.mark.slow
@pytest.mark.anyio
@BOTH_LIBRARIES
@pytest.mark.parametrize("response", [OK, MALFORMED], ids=["success", "malformed response"])
@pytest.mark.parametrize("route", ROUTES)
async def test_no_record_of_a_call_shows_a_secret(route, response, library, raw_server, records):
    handle, create_transport = ROUTES[route]
    server = raw_server(handle(response))
    transport = create_transport(library, server.url)
    # httpcore has only the connections through a proxy.
    proxy = {"proxy": server.url.replace("://", f"://user:{NEEDLE}@")} if isinstance(transport, str) else {}
    async with AsyncDuro(KEY, base_url=server.url, retries=0, transport=transport, **proxy) as client:
        await make_calls(client)
    if not isinstance(transport, str):
        await transport.aclose()
    assert len(server.requests) == 4
    assert any("connect_tcp.started" in message for message in records.messages(core_of(library)))
    assert records.leaks() == []


def test_no_record_of_a_blocking_call_shows_a_secret(raw_server, records):
    server = raw_server(respond(OK))
    with Duro(KEY, base_url=server.url, retries=0, proxy=server.url) as client:
        client.request("GET", f"/v1/checkout/cs_test_{NEEDLE}")
    assert records.messages("httpcore")
    assert records.leaks() == []


@pytest.mark.slow
@pytest.mark.anyio
@BOTH_LIBRARIES
async def test_records_keep_what_is_safe(library, raw_server, records, anyio_backend):
    server = raw_server(respond(OK))
    async with library.AsyncClient() as transport, AsyncDuro(KEY, base_url=server.url, transport=transport) as client:
        await make_calls(client)
    host = server.url.removeprefix("http://")
    assert f'HTTP Request: GET http://{host}/… "HTTP/1.1 200 …"' in records.messages(library.__name__)
    messages = records.messages(core_of(library))
    assert "send_request_headers.started request=<Request [b'GET']>" in messages
    assert "receive_response_headers.complete status=200" in messages
    assert any(each.startswith("connect_tcp.started host='127.0.0.1' port=") for each in messages)


@pytest.mark.slow
@pytest.mark.anyio
@BOTH_LIBRARIES
async def test_other_requests_through_the_same_client_are_logged_completely(
    library, raw_server, records, anyio_backend
):
    server = raw_server(respond(OK))
    async with library.AsyncClient() as transport, AsyncDuro(KEY, base_url=server.url, transport=transport) as client:
        await make_calls(client)
        assert records.leaks() == []
        await transport.get(f"{server.url}/of/the/user/{NEEDLE}")
    assert any(f"/of/the/user/{NEEDLE}" in message for message in records.messages(library.__name__))
    assert any(f"{NEEDLE}cookie" in message for message in records.messages(core_of(library)))


@pytest.mark.slow
@pytest.mark.anyio
async def test_a_header_table_that_requests_share_shows_no_secret(raw_server, records, anyio_backend):
    server = raw_server(respond_over_http2(OK))
    async with httpx.AsyncClient(http1=False, http2=True) as transport:
        async with AsyncDuro(KEY, base_url=server.url, transport=transport) as client:
            await client.request("GET", f"/v1/checkout/{NEEDLE}")
        # The same connection. Each long value evicts older entries of the table.
        for number in range(6):
            await transport.get(server.url, headers={f"x-{number}": str(number) * 1_000})
    assert server.connections == 1
    assert any("Evicting" in message for message in records.messages("hpack"))
    assert [leak for leak in records.leaks() if leak.startswith("hpack")] == []


def send(logger, message, *arguments, **options):
    with RedactedLogs():
        logging.getLogger(logger).debug(message, *arguments, **options)


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (("httpx", "%s %s", "GET", "https://api.useduro.com/v1/x?y"), "GET https://api.useduro.com/…"),
        (("httpx", "%s", httpx.URL("https://u:p@api.useduro.com:8443/v1/x")), "https://api.useduro.com:8443/…"),
        (("httpx", "%s", "https://[bad"), "…"),
        (("httpx", "%s", "Bearer x"), "…"),
        (("httpx", "%d %.1f %s %s", 200, 0.5, None, True), "200 0.5 None True"),
        (("httpx", "%s %s %s", b"x", ["x"], {"x": 1}), "… … …"),
        (("httpx", "%(a)s %(b)d", {"a": "x", "b": 1}), "… 1"),
        (("httpx", "already formatted"), "details of a Duro request are hidden"),
        (("httpx", 5), "details of a Duro request are hidden"),
        (("httpx", ValueError("x")), "details of a Duro request are hidden"),
        (("httpcore.http11", "send_request_body.complete"), "send_request_body.complete"),
        (("httpcore.http11", "x.failed exception=ConnectError(OSError('x'))"), "x.failed exception=ConnectError"),
        (("httpcore.http11", "x.failed exception=Évil('x')"), "x.failed"),
        (("httpcore.http11", "x.complete return_value=(b'HTTP/1.1', 404, b'x', [])"), "x.complete status=404"),
        (("httpcore.http2", "x.complete return_value=(404, [(b'a', b'b')])"), "x.complete status=404"),
        (("httpcore.socks", "x.started host='a' auth=(b'u', b'p')"), "x.started"),
        (("httpcore.http11", "x.started\nreturn_value=(200, "), "details of a Duro request are hidden"),
        (("httpcore.connection", "start_tls.started server_hostname='a'"), "start_tls.started server_hostname='a'"),
        (("aiohttp.client", "%s", "x"), "…"),
        (("hpack.hpack", "Adding %s=%s", b"a", b"b"), "Adding …=…"),
        (("httpcore2.http11", "x.started request=<Request [b'GET']> y=1"), "x.started request=<Request [b'GET']>"),
    ],
)
def test_record_is_redacted(arguments, shown, records):
    send(*arguments)
    assert records.records[-1][1] == shown


def test_exception_of_a_record_is_removed(records):
    send("httpx", "failed", exc_info=ValueError(NEEDLE))
    assert records.leaks() == []


def test_filter_is_installed_once_and_comes_first():
    logger = logging.getLogger("httpx")
    install()
    own = logging.Filter()
    logger.addFilter(own)
    before = list(logger.filters)
    install()
    assert logger.filters == before
    assert logger.filters[-1] is own
    logger.removeFilter(own)


def test_loggers_created_later_are_filtered_after_another_installation(records):
    logger = logging.getLogger("httpcore.created_by_a_test")
    install()
    with RedactedLogs():
        logger.debug("%s", NEEDLE)
    assert records.leaks() == []


def test_filter_survives_a_configuration_of_logging(records):
    send("httpx", "x")
    logging.config.dictConfig(
        {"version": 1, "disable_existing_loggers": False, "loggers": {"httpx": {"level": "DEBUG"}}}
    )
    send("httpx", "%s", NEEDLE)
    assert records.leaks() == []


def test_loggers_of_other_libraries_are_not_filtered():
    names = ("httpx_of_somebody_else", "aiohttp.access", "aiohttp.server", "aiohttp.web")
    loggers = [logging.getLogger(name) for name in names]
    root_filters = list(logging.getLogger().filters)
    install()
    assert [logger.filters for logger in loggers] == [[], [], [], []]
    assert logging.getLogger().filters == root_filters


def test_other_tasks_are_not_affected(records):
    async def make_requests():
        inside, outside = asyncio.Event(), asyncio.Event()

        async def of_the_sdk():
            with RedactedLogs():
                inside.set()
                await outside.wait()
                logging.getLogger("httpx").info("%s", "of the SDK")

        async def of_the_user():
            await inside.wait()
            logging.getLogger("httpx").info("%s", "of the user")
            outside.set()

        await asyncio.gather(of_the_sdk(), of_the_user())

    asyncio.run(make_requests())
    assert records.messages("httpx") == ["of the user", "…"]


def test_block_may_end_in_another_context():
    block = RedactedLogs()
    contextvars.copy_context().run(block.__enter__)
    block.__exit__(None, None, None)
