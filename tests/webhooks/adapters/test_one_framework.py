"""Behaviour of single frameworks."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import fastapi
import flask
import pytest
from aiohttp import web

from duro._sandbox_trace import current_trace
from duro.webhooks import Event, SubscriptionPaymentFailed, Webhook
from duro.webhooks.adapters import aiohttp as aiohttp_adapter
from duro.webhooks.adapters import flask as flask_adapter
from duro.webhooks.adapters.fastapi import verified_event, webhook_endpoint

PATH = "/webhooks/duro"
SECRET = "whsec_sandbox"


class TestFastAPI:
    @pytest.fixture
    def post(self, poster, shop):
        application = fastapi.FastAPI()
        verified = fastapi.Depends(verified_event(Webhook(SECRET)))

        @application.post(PATH)
        async def receive(tasks: fastapi.BackgroundTasks, event: Event = verified) -> dict[str, str]:
            tasks.add_task(shop.plain, event)
            trace = current_trace()
            return {"event": event.id} if trace is None else {"event": event.id, "trace": trace.decode()}

        return poster("asgi", application)

    def test_path_function_gets_the_event(self, post, shop, delivery):
        assert post(delivery()).json() == {"event": "evt_1"}
        assert isinstance(shop.next(), SubscriptionPaymentFailed)

    def test_path_function_follows_the_trace_of_a_sandbox(self, post, delivery):
        body = delivery()
        headers = {**Webhook(SECRET).sign(body), "Duro-Sandbox-Trace": "17"}
        assert post(body, headers).json() == {"event": "evt_1", "trace": "17"}
        assert "trace" not in post(body).json()

    def test_path_function_is_not_called_for_a_rejected_delivery(self, post, shop, delivery):
        response = post(delivery(), {})
        assert (response.status_code, response.json()["detail"]["code"]) == (400, "signature_missing")
        response = post(b" " * 1_100_000)
        assert (response.status_code, response.json()["detail"]["code"]) == (413, "payload_too_large")
        assert shop.started.empty()

    def test_openapi_schema_contains_the_endpoint(self, shop):
        application = fastapi.FastAPI()
        application.post(PATH)(webhook_endpoint(Webhook(SECRET), shop.plain))
        assert PATH in application.openapi()["paths"]


class TestAiohttp:
    def test_shutdown_waits_for_running_handlers(self, posting_to, shop, delivery):
        application = web.Application()
        aiohttp_adapter.WebhookEndpoint(Webhook(SECRET), shop.asynchronous, acknowledge="early").add_to(
            application, PATH
        )

        async def open_gate(_):
            shop.gate.set()

        application.on_shutdown.insert(0, open_gate)
        shop.gate.clear()
        with posting_to("aiohttp", application) as post:
            assert post(delivery()).status_code == 202
            shop.started.get(timeout=20)
            assert shop.handled.empty()
        assert shop.handled.get_nowait().id == "evt_1"

    @pytest.mark.asyncio
    async def test_slow_handler_is_cancelled_at_shutdown_and_its_claim_released(self, inbox, delivery, monkeypatch):
        monkeypatch.setattr(aiohttp_adapter, "SHUTDOWN_TIMEOUT_SECONDS", 0)
        webhook, started = Webhook(SECRET), asyncio.Event()

        async def hang(event):
            started.set()
            await asyncio.Event().wait()

        endpoint = aiohttp_adapter.WebhookEndpoint(webhook, hang, inbox=inbox, acknowledge="early")
        _, work = await endpoint._receiver.receive(delivery(), webhook.sign(delivery()))
        await endpoint._start(work)
        await started.wait()
        await endpoint.finish()
        assert inbox.settled.get_nowait() == "released"
        assert not endpoint._tasks

    @pytest.mark.asyncio
    async def test_delivery_during_shutdown_is_handled_before_its_response(self, delivery):
        webhook, handled = Webhook(SECRET), []
        endpoint = aiohttp_adapter.WebhookEndpoint(webhook, handled.append, acknowledge="early")
        await endpoint.finish()
        _, work = await endpoint._receiver.receive(delivery(), webhook.sign(delivery()))
        await endpoint._start(work)
        assert len(handled) == 1


@pytest.mark.parametrize("acknowledge", ["early", "late"])
def test_flask_handler_has_the_request_and_the_application(poster, shop, delivery, acknowledge):
    application, seen = flask.Flask("shop"), []

    @application.post(PATH)
    @flask_adapter.webhook_view(Webhook(SECRET), acknowledge=acknowledge)
    def receive(event):
        seen.append((flask.current_app.name, flask.request.path, flask.request.headers["Duro-Event-Id"]))
        shop.plain(event)

    assert receive.__name__ == "receive"
    poster("wsgi", application)(delivery())
    shop.next()
    assert seen == [("shop", PATH, "evt_1")]


PROGRAM = """
import sys

class HidingFinder:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] != {missing!r}:
            return self.finder.find_spec(name, path, target)

sys.meta_path[:] = map(HidingFinder, sys.meta_path)
import duro.webhooks.adapters.{adapter}
"""


@pytest.mark.process
@pytest.mark.parametrize(
    ("adapter", "missing", "extra"),
    [
        ("starlette", "starlette", "fastapi"),
        ("fastapi", "fastapi", "fastapi"),
        ("aiohttp", "aiohttp", "aiohttp"),
        ("flask", "flask", "flask"),
        ("django", "django", "django"),
    ],
)
def test_missing_framework_names_its_extra(adapter, missing, extra):
    program = PROGRAM.format(missing=missing, adapter=adapter)
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False)
    last = finished.stderr.splitlines()[-1]
    assert last.startswith("duro.errors.ConfigurationError: ")
    assert f"pip install 'duro-sdk[{extra}]'" in last


@pytest.mark.process
def test_importing_webhooks_imports_no_framework():
    program = """
import sys
import duro.webhooks.adapters
from duro.webhooks import *
print(*sorted({"aiohttp", "fastapi", "starlette", "flask", "django", "httpx"} & set(sys.modules)))
"""
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False)
    assert (finished.returncode, finished.stdout.strip()) == (0, ""), finished.stderr
