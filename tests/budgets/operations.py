"""Operations without a network whose costs are measured."""

from __future__ import annotations

import json

from duro import Event, Page, Plan
from duro.api.codec import decode
from duro.http.request import Response
from duro.webhooks import Webhook
from tests.benchmarks.responses import CUSTOMER, TOKEN, encode_event, encode_page

PAGE_BODY = encode_page()
DELIVERY_BODY = encode_event()

CREDENTIALS = {
    "secret key": {"secret_key": "sk_test_1"},
    "OAuth client": {"client_id": "cid_test_1", "client_secret": "csec_test_1"},
}


class MemoryTransport:
    """Transport that responds at once."""

    def __init__(self):
        self._customer, self._token = json.dumps(CUSTOMER).encode(), json.dumps(TOKEN).encode()

    async def send(self, request):
        body = self._customer if request.method == "GET" else self._token
        return Response(200, {"content-type": "application/json", "x-request-id": "req_1"}, body)

    async def aclose(self):
        pass


def decode_page():
    return decode(PAGE_BODY, Page[Plan])


def decode_event():
    return decode(DELIVERY_BODY, Event)


def create_verification():
    """Return the operation that verifies a delivery."""
    webhook = Webhook("whsec_1")
    headers = webhook.sign(DELIVERY_BODY)
    return lambda: webhook.verify(DELIVERY_BODY, headers)
