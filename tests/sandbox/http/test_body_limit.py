"""Limit of request bodies: an error in the API's shape, and bounded memory."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from duro.sandbox import Sandbox
from duro.sandbox.http.body_limit import MAX_BODY_BYTES
from tests.support.timeouts import TIMEOUT

CHUNK = b"x" * 100_000
CHUNKS_OVER_THE_LIMIT = MAX_BODY_BYTES // len(CHUNK) + 1


def stream(chunks: int) -> Iterator[bytes]:
    for _ in range(chunks):
        yield CHUNK


def assert_too_large(response: httpx.Response) -> None:
    assert response.status_code == 413
    error = response.json()["error"]
    assert error["code"] == "bad_request"
    assert "at most 1,000,000 bytes" in error["message"]


def customer_of_size(size: int) -> bytes:
    body = b'{"name":"%b"}'
    return body % (b"x" * (size - len(body % b"")))


@pytest.mark.parametrize("path", ["/v1/customers", "/_sandbox/faults", "/checkout/cs_test_1/pay"])
@pytest.mark.parametrize("way", ["with a length", "in chunks"])
def test_a_larger_body_is_refused(sandbox: Sandbox, api: httpx.Client, path: str, way: str) -> None:
    content: Any = b"x" * (MAX_BODY_BYTES + 1) if way == "with a length" else stream(CHUNKS_OVER_THE_LIMIT)
    assert_too_large(api.post(path, content=content))
    assert [entry.status for entry in sandbox.requests] == ([] if path.startswith("/_sandbox") else [413])
    # The rest of the body is discarded, so that the connection can be used again.
    assert api.get("/v1/customers").json()["items"] == []


def test_a_body_of_the_largest_size_is_processed(api: httpx.Client) -> None:
    assert api.post("/v1/customers", content=customer_of_size(MAX_BODY_BYTES)).status_code == 201
    assert_too_large(api.post("/v1/customers", content=customer_of_size(MAX_BODY_BYTES + 1)))
    assert len(api.get("/v1/customers").json()["items"]) == 1


@pytest.mark.parametrize("declared", [True, False])
def test_the_error_is_sent_before_the_body_ends(sandbox: Sandbox, declared: bool) -> None:
    length = f"Content-Length: {10**12}" if declared else "Transfer-Encoding: chunked"
    head = f"POST /v1/customers HTTP/1.1\r\nHost: 127.0.0.1\r\n{length}\r\n\r\n".encode()
    address = ("127.0.0.1", int(sandbox.url.rpartition(":")[2]))
    with socket.create_connection(address, timeout=TIMEOUT) as connection:
        connection.sendall(head)
        if not declared:
            for chunk in stream(CHUNKS_OVER_THE_LIMIT):
                connection.sendall(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        assert connection.recv(100).startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("way", ["with a length", "in chunks"])
def test_faults_apply_to_a_body_that_is_too_large(sandbox: Sandbox, api: httpx.Client, way: str) -> None:
    def post() -> httpx.Response:
        content: Any = b"x" * (MAX_BODY_BYTES + 1) if way == "with a length" else stream(CHUNKS_OVER_THE_LIMIT)
        return api.post("/v1/customers", content=content)

    sandbox.faults.add("delay", seconds=0)
    assert_too_large(post())
    sandbox.faults.add("garbage")
    assert post().text.startswith("<!doctype html>")
    sandbox.faults.add("status", status=503)
    assert post().status_code == 503
    for kind in ("reset_before", "reset_after"):
        sandbox.faults.add(kind)
        with pytest.raises(httpx.TransportError):
            post()
    sandbox.faults.add("silence")
    with pytest.raises(httpx.ReadTimeout):
        api.post("/v1/customers", content=b"x" * (MAX_BODY_BYTES + 1), timeout=httpx.Timeout(10, read=0.1))
    assert sandbox.stats.requests == 6


def test_a_refused_body_does_not_use_up_its_key(api: httpx.Client) -> None:
    headers = {"Idempotency-Key": "key_1"}
    assert_too_large(api.post("/v1/customers", content=customer_of_size(MAX_BODY_BYTES + 1), headers=headers))
    assert api.post("/v1/customers", content=customer_of_size(100), headers=headers).status_code == 201
