"""Awaited clients: each function opens one, and yields a function that makes one call."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager

from duro import AsyncDuro, capture

from .instant_transport import InstantTransport
from .settings import CUSTOMER_ID, MAX_CONNECTIONS, OAUTH_CLIENT, PATH, SECRET_KEY, TIMEOUT_SECONDS


@asynccontextmanager
async def open_httpx(url):
    import httpx

    limits = httpx.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS)
    async with httpx.AsyncClient(base_url=url, limits=limits, timeout=TIMEOUT_SECONDS) as client:

        async def call():
            return (await client.get(PATH)).json()

        yield call


@asynccontextmanager
async def open_httpx2(url):
    import httpx2

    limits = httpx2.Limits(max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS)
    async with httpx2.AsyncClient(base_url=url, limits=limits, timeout=TIMEOUT_SECONDS) as client:

        async def call():
            return (await client.get(PATH)).json()

        yield call


@asynccontextmanager
async def open_httpcore(url):
    """Keep the idle connections of httpcore in a list, last in first out. Nothing limits their number."""
    import httpcore

    origin, idle = httpcore.URL(url).origin, []

    async def call():
        connection = idle.pop() if idle else httpcore.AsyncHTTPConnection(origin)
        response = await connection.request("GET", url + PATH)
        idle.append(connection)
        return json.loads(response.content)

    yield call
    for connection in idle:
        await connection.aclose()


@asynccontextmanager
async def open_aiohttp(url):
    import aiohttp

    connector = aiohttp.TCPConnector(limit=MAX_CONNECTIONS)
    async with aiohttp.ClientSession(url, connector=connector) as session:

        async def call():
            async with session.get(PATH) as response:
                return await response.json()

        yield call


@asynccontextmanager
async def open_stripe(url):
    import stripe

    http_client = stripe.HTTPXClient()
    client = stripe.StripeClient(SECRET_KEY, base_addresses={"api": url}, http_client=http_client)
    yield lambda: client.v1.customers.retrieve_async(CUSTOMER_ID)
    await http_client.close_async()


@asynccontextmanager
async def open_openai(url):
    import openai

    async with openai.AsyncOpenAI(api_key=SECRET_KEY, base_url=url) as client:
        yield lambda: client.models.retrieve(CUSTOMER_ID)


@asynccontextmanager
async def open_openai_over_aiohttp(url):
    import openai

    http_client = openai.DefaultAioHttpClient()
    async with openai.AsyncOpenAI(api_key=SECRET_KEY, base_url=url, http_client=http_client) as client:
        yield lambda: client.models.retrieve(CUSTOMER_ID)


@asynccontextmanager
async def open_duro(url, **options):
    async with AsyncDuro(SECRET_KEY, base_url=url, max_connections=MAX_CONNECTIONS, **options) as client:
        yield lambda: client.customers.retrieve(CUSTOMER_ID)


def open_duro_over_httpx2(url):
    return open_duro(url, transport="httpx2")


def open_duro_over_aiohttp(url):
    return open_duro(url, transport="aiohttp")


@asynccontextmanager
async def open_duro_with_oauth(url):
    async with AsyncDuro(**OAUTH_CLIENT, base_url=url, max_connections=MAX_CONNECTIONS) as client:
        yield lambda: client.customers.retrieve(CUSTOMER_ID)


@asynccontextmanager
async def open_duro_with_capture(url):
    async with open_duro(url) as retrieve:

        async def call():
            with capture():
                await retrieve()

        yield call


@asynccontextmanager
async def open_duro_without_types(url):
    async with AsyncDuro(SECRET_KEY, base_url=url) as client:
        yield lambda: client.request("GET", PATH)


def open_duro_without_network(url):
    return open_duro(url, transport=InstantTransport())
