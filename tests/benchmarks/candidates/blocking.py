"""Blocking clients: each function opens one, and yields a function that makes one call."""

from __future__ import annotations

import sys
from contextlib import contextmanager

from duro import Duro

from .instant_transport import InstantTransport
from .settings import CUSTOMER_ID, MAX_CONNECTIONS, PATH, SECRET_KEY, TIMEOUT_SECONDS


@contextmanager
def open_httpx(url):
    import httpx

    limits = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS)
    with httpx.Client(base_url=url, limits=limits, timeout=TIMEOUT_SECONDS) as client:
        yield lambda: client.get(PATH).json()


@contextmanager
def open_httpx2(url):
    import httpx2

    limits = httpx2.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS)
    with httpx2.Client(base_url=url, limits=limits, timeout=TIMEOUT_SECONDS) as client:
        yield lambda: client.get(PATH).json()


@contextmanager
def open_requests(url):
    import requests
    from requests.adapters import HTTPAdapter

    with requests.Session() as session:
        session.mount("http://", HTTPAdapter(pool_maxsize=MAX_CONNECTIONS))
        yield lambda: session.get(url + PATH, timeout=TIMEOUT_SECONDS).json()


@contextmanager
def open_stripe(url):
    import stripe

    client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": url})
    yield lambda: client.v1.customers.retrieve(CUSTOMER_ID)


@contextmanager
def open_openai(url):
    import openai

    with openai.OpenAI(api_key=SECRET_KEY, base_url=url) as client:
        yield lambda: client.models.retrieve(CUSTOMER_ID)


@contextmanager
def open_duro(url, **options):
    """Open a client whose portal runs the event loop of asyncio, as without the extra ``speed``."""
    sys.modules["uvloop"] = None
    with Duro(SECRET_KEY, base_url=url, max_connections=MAX_CONNECTIONS, **options) as client:
        yield lambda: client.customers.retrieve(CUSTOMER_ID)


def open_duro_without_network(url):
    return open_duro(url, transport=InstantTransport())


@contextmanager
def open_duro_with_extras(url):
    """Open a client with the extras ``aiohttp`` and ``speed``."""
    import uvloop  # noqa: F401 - without it, the portal would run the event loop of asyncio

    with Duro(SECRET_KEY, base_url=url, max_connections=MAX_CONNECTIONS, transport="aiohttp") as client:
        yield lambda: client.customers.retrieve(CUSTOMER_ID)
