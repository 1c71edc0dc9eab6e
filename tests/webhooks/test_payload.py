"""``events.retrieve`` and ``events.retrieve_payload`` return a past delivery."""

from __future__ import annotations

import json

import pytest

from duro import AsyncDuro, Duro, InvalidArgumentError
from duro.http.request import Headers, Response
from duro.webhooks import SubscriptionPaymentFailed, Webhook


class RecordingTransport:
    def __init__(self, body):
        self.body = body
        self.requests = []

    async def send(self, request):
        self.requests.append((request.method, request.url.partition(".com")[2]))
        return Response(200, Headers(), self.body)

    async def aclose(self):
        pass


@pytest.fixture
def body(document):
    # Spaces and an escape that json.dumps would not write, so that a body encoded again differs.
    return json.dumps(document(data="embedded"), indent=1).replace("Ada", "\\u0041da").encode()


@pytest.mark.anyio
async def test_payload_has_the_exact_bytes_and_the_event(body):
    transport = RecordingTransport(body)
    async with AsyncDuro("sk_test_1", transport=transport) as client:
        payload = await client.events.retrieve_payload("evt_1")
    assert transport.requests == [("GET", "/v1/events/evt_1/payload")]
    assert (type(payload.body), payload.body) == (bytes, body)
    assert isinstance(payload.event, SubscriptionPaymentFailed)
    assert payload.event.data.customer.name == "Ada"
    assert "Ada" not in repr(payload).partition("event=")[0]


@pytest.mark.anyio
async def test_matches_compares_exact_bytes(body):
    webhook = Webhook("whsec_1")
    async with AsyncDuro("sk_test_1", transport=RecordingTransport(body)) as client:
        payload = await client.events.retrieve_payload("evt_1")
    assert payload.event == webhook.verify(body, webhook.sign(body))
    assert payload.matches(body)
    assert payload.matches(memoryview(body))
    assert not payload.matches(json.dumps(json.loads(body)).encode())
    with pytest.raises(InvalidArgumentError, match="delivery must be bytes, got str"):
        payload.matches(body.decode())


@pytest.mark.anyio
async def test_retrieve_returns_a_typed_event(document):
    record = {**document(), "dispatchedAt": "2026-06-28T09:00:05.000Z"}
    async with AsyncDuro("sk_test_1", transport=RecordingTransport(json.dumps(record).encode())) as client:
        event = await client.events.retrieve("evt_1")
    assert isinstance(event, SubscriptionPaymentFailed)
    assert (event.dispatched_at.second, event.secret_index) == (5, None)


def test_blocking_client_returns_the_same(body):
    with Duro("sk_test_1", transport=RecordingTransport(body)) as client:
        assert client.events.retrieve_payload("evt_1").matches(body)
