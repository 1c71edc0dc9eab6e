"""Work without a network: decoding, verification of webhooks, and the cached token."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from contextlib import asynccontextmanager, contextmanager

import anyio

from duro import AsyncDuro, Event, Page, Plan
from duro.api.codec import decode
from duro.webhooks import Webhook

from ..responses import encode_event, encode_page
from .settings import OAUTH_CLIENT

WEBHOOK_SECRET = "whsec_1"


@contextmanager
def load_json_page(url):
    body = encode_page()
    yield lambda: json.loads(body)


@contextmanager
def decode_page(url):
    body = encode_page()
    yield lambda: decode(body, Page[Plan])


@contextmanager
def load_json_event(url):
    body = encode_event()
    yield lambda: json.loads(body)


@contextmanager
def decode_event(url):
    body = encode_event()
    yield lambda: decode(body, Event)


@contextmanager
def compute_digest(url):
    """Do the least that a verified delivery needs."""
    body, secret = encode_event(), WEBHOOK_SECRET.encode()
    message = str(int(time.time())).encode() + b"." + body
    yield lambda: (hmac.new(secret, message, hashlib.sha256).hexdigest(), json.loads(body))


def sign_delivery():
    webhook, body = Webhook(WEBHOOK_SECRET), encode_event()
    return webhook, body, {f"X-Header-{number}": "value" for number in range(10)} | webhook.sign(body)


@contextmanager
def check_delivery(url):
    webhook, body, headers = sign_delivery()
    yield lambda: (webhook.check(body, headers), json.loads(body))


@contextmanager
def verify_delivery(url):
    webhook, body, headers = sign_delivery()
    yield lambda: webhook.verify(body, headers)


@asynccontextmanager
async def acquire_lock(url):
    lock = anyio.Lock(fast_acquire=True)

    async def call():
        async with lock:
            pass

    yield call


@asynccontextmanager
async def get_cached_token(url):
    async with AsyncDuro(**OAUTH_CLIENT, base_url=url) as client:
        yield client.token
