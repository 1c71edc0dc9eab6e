"""Servers of all frameworks on loopback, and a handler that tests can pause."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import threading
import types

import anyio.to_thread
import django
import fastapi
import flask
import httpx
import pytest
from aiohttp import web
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.test.utils import override_settings
from django.urls import path
from starlette.applications import Starlette
from starlette.routing import Route
from werkzeug.serving import WSGIRequestHandler, make_server

from duro.sandbox.http.server import Server
from duro.webhooks import MemoryInbox, Webhook
from duro.webhooks.adapters import aiohttp as aiohttp_adapter
from duro.webhooks.adapters import django as django_adapter
from duro.webhooks.adapters import fastapi as fastapi_adapter
from duro.webhooks.adapters import flask as flask_adapter
from duro.webhooks.adapters import starlette as starlette_adapter
from tests.support.timeouts import TIMEOUT
from tests.support.tls import NO_AUTHORITIES

PATH = "/webhooks/duro"
SECRET = "whsec_sandbox"

if not settings.configured:
    settings.configure(ALLOWED_HOSTS=["127.0.0.1"], LOGGING_CONFIG=None, SECRET_KEY="for tests", USE_TZ=True)
    django.setup()


@contextlib.contextmanager
def asgi_server(application):
    listener = Server("127.0.0.1", 0)
    listener.serve(application)
    try:
        yield listener.url
    finally:
        listener.close()


class QuietRequests(WSGIRequestHandler):
    def log(self, *_):
        """Log nothing."""


@contextlib.contextmanager
def wsgi_server(application):
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=QuietRequests)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def aiohttp_server(application):
    loop, started, runner = asyncio.new_event_loop(), threading.Event(), web.AppRunner(application, lingering_time=0)
    stop = asyncio.Event()
    address = []

    async def serve():
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        address.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        started.set()
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    assert started.wait(TIMEOUT)
    try:
        yield address[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join()
        loop.close()


@contextlib.contextmanager
def starlette(webhook, handler, **options):
    endpoint = starlette_adapter.webhook_endpoint(webhook, handler, **options)
    with asgi_server(Starlette(routes=[Route(PATH, endpoint, methods=["POST"])])) as url:
        yield url


@contextlib.contextmanager
def fastapi_dependency(webhook, handler, **options):
    application = fastapi.FastAPI()
    received = fastapi.Depends(fastapi_adapter.webhook_endpoint(webhook, handler, **options))

    @application.post(PATH)
    async def receive(response: fastapi.Response = received) -> fastapi.Response:
        return response

    with asgi_server(application) as url:
        yield url


@contextlib.contextmanager
def fastapi_path_function(webhook, handler, **options):
    application = fastapi.FastAPI()
    application.post(PATH)(fastapi_adapter.webhook_endpoint(webhook, handler, **options))
    with asgi_server(application) as url:
        yield url


@contextlib.contextmanager
def aiohttp(webhook, handler, **options):
    application = web.Application()
    aiohttp_adapter.WebhookEndpoint(webhook, handler, **options).add_to(application, PATH)
    with aiohttp_server(application) as url:
        yield url


@contextlib.contextmanager
def flask_view(webhook, handler, **options):
    application = flask.Flask("shop")
    application.post(PATH)(flask_adapter.webhook_view(webhook, **options)(handler))
    with wsgi_server(application) as url:
        yield url


@contextlib.contextmanager
def django_view(webhook, handler, *, server, application, **options):
    urls = types.ModuleType("urls")
    urls.urlpatterns = [path(PATH.lstrip("/"), django_adapter.webhook_view(webhook, **options)(handler))]
    with override_settings(ROOT_URLCONF=urls), server(application()) as url:
        yield url


@contextlib.contextmanager
def django_wsgi(webhook, handler, **options):
    with django_view(webhook, handler, server=wsgi_server, application=WSGIHandler, **options) as url:
        yield url


@contextlib.contextmanager
def django_asgi(webhook, handler, **options):
    with django_view(webhook, handler, server=asgi_server, application=ASGIHandler, **options) as url:
        yield url


FRAMEWORKS = [
    starlette,
    fastapi_dependency,
    fastapi_path_function,
    aiohttp,
    flask_view,
    django_wsgi,
    django_asgi,
]


@pytest.fixture(params=FRAMEWORKS, ids=lambda framework: framework.__name__)
def framework(request):
    return request.param


class Shop:
    """Handler that tests can pause or make fail; it records the events that it has handled."""

    def __init__(self):
        self.started = queue.Queue()
        self.handled = queue.Queue()
        self.gate = threading.Event()
        self.gate.set()
        self.failures = 0

    def plain(self, event):
        self.started.put(event)
        assert self.gate.wait(20)
        if self.failures:
            self.failures -= 1
            raise LookupError("no stock, and 1needle2 is private")
        self.handled.put(event)

    async def asynchronous(self, event):
        await anyio.to_thread.run_sync(self.plain, event)

    def next(self):
        return self.handled.get(timeout=20)


@pytest.fixture
def shop():
    shop = Shop()
    yield shop
    shop.gate.set()


@pytest.fixture(params=["plain", "asynchronous"])
def handler(request, shop):
    return getattr(shop, request.param)


@pytest.fixture
def logged_errors():
    """Return a queue of the errors that the receivers log, which they may do in a thread of their own."""
    records = queue.Queue()
    handler = logging.Handler(logging.ERROR)
    handler.emit = records.put
    logger = logging.getLogger("duro.webhooks")
    logger.addHandler(handler)
    yield records
    logger.removeHandler(handler)


class WatchedInbox(MemoryInbox):
    """Inbox that reports each completed or released claim."""

    def __init__(self):
        super().__init__()
        self.settled = queue.Queue()

    async def complete(self, event_id, holder):
        completed = await super().complete(event_id, holder)
        self.settled.put("completed")
        return completed

    async def release(self, event_id, holder):
        await super().release(event_id, holder)
        self.settled.put("released")


@pytest.fixture
def inbox():
    return WatchedInbox()


class Poster:
    """Client that posts signed deliveries as Duro does."""

    def __init__(self, url, client):
        self.url = url + PATH
        self.client = client
        self.webhook = Webhook(SECRET)

    def __call__(self, body, headers=None):
        signed = self.webhook.sign(body) if headers is None else headers
        return self.client.post(self.url, content=body, headers={"Content-Type": "application/json", **signed})


@pytest.fixture
def serve(framework):
    """Serve a handler in the framework of this test, and return a client that posts to it."""
    with contextlib.ExitStack() as stack:

        def start(handler, **options):
            url = stack.enter_context(framework(Webhook(SECRET), handler, **options))
            return Poster(url, stack.enter_context(httpx.Client(timeout=20, verify=NO_AUTHORITIES)))

        yield start


SERVERS = {"asgi": asgi_server, "wsgi": wsgi_server, "aiohttp": aiohttp_server}


@contextlib.contextmanager
def post_to(server, application):
    with SERVERS[server](application) as url, httpx.Client(timeout=20, verify=NO_AUTHORITIES) as client:
        yield Poster(url, client)


@pytest.fixture
def posting_to():
    """Serve an application during a ``with`` block, which gets a client that posts to it."""
    return post_to


@pytest.fixture
def poster():
    """Serve an application until the end of the test, and return a client that posts to it."""
    with contextlib.ExitStack() as stack:
        yield lambda server, application: stack.enter_context(post_to(server, application))
