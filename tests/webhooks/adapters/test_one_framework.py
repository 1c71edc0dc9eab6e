"""What only one of the frameworks has."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import fastapi
import flask
import pytest
from aiohttp import web

from duro.webhooks import Event, SubscriptionPaymentFailed, Webhook
from duro.webhooks.adapters import aiohttp as aiohttp_adapter
from duro.webhooks.adapters import flask as flask_adapter
from duro.webhooks.adapters.fastapi import receive, verified_event

PATH = "/webhooks/duro"
SECRET = "whsec_sandbox"


class TestFastAPI:
    @pytest.fixture
    def post(self, poster, shop):
        application = fastapi.FastAPI()
        verified = fastapi.Depends(verified_event(Webhook(SECRET)))

        @application.post(PATH)
        async def duro(tasks: fastapi.BackgroundTasks, event: Event = verified) -> dict[str, str]:
            tasks.add_task(shop.plain, event)
            return {"event": event.id}

        return poster("asgi", application)

    def test_path_function_gets_the_event(self, post, shop, delivery):
        assert post(delivery()).json() == {"event": "evt_1"}
        assert isinstance(shop.next(), SubscriptionPaymentFailed)

    def test_it_is_not_called_for_what_is_refused(self, post, shop, delivery):
        answer = post(delivery(), {})
        assert (answer.status_code, answer.json()["detail"]["code"]) == (400, "signature_missing")
        answer = post(b" " * 1_100_000)
        assert (answer.status_code, answer.json()["detail"]["code"]) == (413, "payload_too_large")
        assert shop.begun.empty()

    def test_its_schema_can_be_made(self, shop):
        application = fastapi.FastAPI()
        application.post(PATH)(receive(Webhook(SECRET), shop.plain))
        assert PATH in application.openapi()["paths"]


class TestAiohttp:
    def test_shutdown_waits_for_the_handlers_at_work(self, posting_to, shop, delivery):
        application = web.Application()
        aiohttp_adapter.Deliveries(Webhook(SECRET), shop.awaited).add_to(application, PATH)

        async def open_gate(_):
            shop.gate.set()

        application.on_shutdown.insert(0, open_gate)
        shop.gate.clear()
        with posting_to("aiohttp", application) as post:
            assert post(delivery()).status_code == 202
            shop.begun.get(timeout=20)
            assert shop.handled.empty()
        assert shop.handled.get_nowait().id == "evt_1"

    @pytest.mark.asyncio
    async def test_handler_that_takes_too_long_is_cancelled_and_its_claim_released(self, inbox, delivery, monkeypatch):
        monkeypatch.setattr(aiohttp_adapter, "SHUTDOWN_PATIENCE", 0)
        webhook, begun = Webhook(SECRET), asyncio.Event()

        async def hang(event):
            begun.set()
            await asyncio.Event().wait()

        deliveries = aiohttp_adapter.Deliveries(webhook, hang, inbox=inbox)
        _, work = await deliveries._receiver.receive(delivery(), webhook.sign(delivery()))
        await deliveries._start(work)
        await begun.wait()
        await deliveries.finish()
        assert inbox.settled.get_nowait() == "dropped"
        assert not deliveries._tasks

    @pytest.mark.asyncio
    async def test_delivery_in_the_middle_of_a_shutdown_is_handled_before_its_answer(self, delivery):
        webhook, handled = Webhook(SECRET), []
        deliveries = aiohttp_adapter.Deliveries(webhook, handled.append)
        await deliveries.finish()
        _, work = await deliveries._receiver.receive(delivery(), webhook.sign(delivery()))
        await deliveries._start(work)
        assert len(handled) == 1


def test_flask_handler_has_the_request_and_the_application(poster, shop, delivery):
    application, seen = flask.Flask("shop"), []

    @application.post(PATH)
    @flask_adapter.receives(Webhook(SECRET))
    def duro(event):
        seen.append((flask.current_app.name, flask.request.path, flask.request.headers["Duro-Event-Id"]))
        shop.plain(event)

    assert duro.__name__ == "duro"
    poster("wsgi", application)(delivery())
    shop.next()
    assert seen == [("shop", PATH, "evt_1")]


WITHOUT = """
import sys

class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] != {missing!r}:
            return self.finder.find_spec(name, path, target)

sys.meta_path[:] = map(Without, sys.meta_path)
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
    program = WITHOUT.format(missing=missing, adapter=adapter)
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False)
    last = finished.stderr.splitlines()[-1]
    assert last.startswith("duro.errors.ConfigurationError: ")
    assert f"pip install 'duro-sdk[{extra}]'" in last


@pytest.mark.process
def test_importing_the_room_imports_no_framework():
    program = """
import sys
import duro.webhooks.adapters
from duro.webhooks import *
print(*sorted({"aiohttp", "fastapi", "starlette", "flask", "django", "httpx"} & set(sys.modules)))
"""
    finished = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50, check=False)
    assert (finished.returncode, finished.stdout.strip()) == (0, ""), finished.stderr
