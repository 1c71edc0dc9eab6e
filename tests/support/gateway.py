"""Gateway of a test in front of the sandbox, which responds to charges as a script says."""

from __future__ import annotations

import http.client
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest

from tests.support.raw_server import RawServer
from tests.support.timeouts import TIMEOUT

_HOP_HEADERS = {"connection", "content-length", "keep-alive", "transfer-encoding"}


class Step(NamedTuple):
    """Reaction of the gateway to one charge.

    Attributes:
        forwards: Whether the API receives the request.
        response: Bytes of the response, or ``RawServer.RESET``. ``None`` stands for the API's own response.
    """

    forwards: bool
    response: Any = None


PASS = Step(forwards=True)
LOSE_RESPONSE = Step(forwards=True, response=RawServer.RESET)
LOSE_REQUEST = Step(forwards=False, response=RawServer.RESET)


class Gateway:
    """HTTP gateway that forwards to an API, except for the charges that have a step.

    Attributes:
        steps: Reactions to the next charges, in order. Later charges are forwarded.
        keys: Idempotency keys of the charges that arrived.
    """

    def __init__(self, server, api_url):
        self._server = server
        self._api = urlsplit(api_url).netloc
        self.steps = []
        self.keys = []
        server.reply = self._reply

    @property
    def url(self):
        return self._server.url

    def _reply(self, request):
        is_charge = request.method == "POST" and request.path == "/v1/subscriptions"
        if is_charge:
            self.keys.append(_headers_of(request).get("idempotency-key"))
        step = self.steps.pop(0) if is_charge and self.steps else PASS
        response = self._forward(request) if step.forwards else None
        return response if step.response is None else step.response

    def _forward(self, request):
        connection = http.client.HTTPConnection(self._api, timeout=TIMEOUT)
        try:
            connection.request(request.method, request.path, request.body or None, _headers_of(request))
            response = connection.getresponse()
            body = response.read()
        finally:
            connection.close()
        lines = [f"{name}: {value}" for name, value in response.getheaders() if name.lower() not in _HOP_HEADERS]
        head = "\r\n".join([f"HTTP/1.1 {response.status} Status", *lines, f"content-length: {len(body)}"])
        return f"{head}\r\n\r\n".encode() + body


def _headers_of(request):
    lines = request.head.decode("latin-1").split("\r\n")[1:]
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return {name: value for name, value in headers.items() if name not in _HOP_HEADERS}


@pytest.fixture
def gateway(raw_server, sandbox):
    return Gateway(raw_server, sandbox.url)
