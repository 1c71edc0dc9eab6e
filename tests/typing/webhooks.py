"""Type inference samples of webhooks, checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import assert_type

import redis.asyncio
from aiohttp import web
from django.http import HttpRequest, HttpResponse
from flask import Response

from duro import AsyncDuro, Customer, Duro, EventPayload, EventType, Invoice
from duro.webhooks import (
    BlockingInbox,
    CheckoutCompleted,
    Claim,
    ClaimStatus,
    Event,
    EventData,
    Inbox,
    InvoiceCreated,
    MemoryInbox,
    RedisInbox,
    Router,
    SQLiteInbox,
    SubscriptionPaymentFailed,
    UnknownEvent,
    Webhook,
)
from duro.webhooks.adapters import aiohttp, django, fastapi, flask, starlette


def verified(body: bytes, headers: dict[str, str]) -> None:
    webhook = Webhook("whsec_new", "whsec_old", tolerance=60)
    event = webhook.verify(body, headers)
    assert_type(event, Event)
    assert_type(webhook.verify(body, [("Duro-Signature", "t=1")]), Event)
    assert_type(webhook.verify(body, [(b"duro-signature", b"t=1")]), Event)
    assert_type(webhook.verify(body, headers, at=event.created_at), Event)
    assert_type(webhook.check(body, headers, at=event.created_at), int)
    assert_type(webhook.sign(body), dict[str, str])
    assert_type(event.type, EventType)
    assert_type(event.created_at, datetime)
    assert_type(event.secret_index, int | None)
    assert_type(event.subscription_id, str | None)
    assert_type(event.amount, int | None)
    assert_type(event.data, EventData)
    assert_type(event.data.customer, Customer | None)
    assert_type(event.data.invoice, Invoice | None)
    assert_type(event.data.customer_id, str | None)


def matched(event: Event) -> None:
    match event:
        case SubscriptionPaymentFailed(id=event_id):
            assert_type(event, SubscriptionPaymentFailed)
            assert_type(event_id, str)
        case UnknownEvent():
            assert_type(event, UnknownEvent)
        case _:
            assert_type(event, Event)


async def routed(event: Event) -> None:
    router = Router()

    @router.on(SubscriptionPaymentFailed)
    async def remind(event: SubscriptionPaymentFailed) -> None: ...

    @router.on(InvoiceCreated, CheckoutCompleted)
    def book(event: InvoiceCreated | CheckoutCompleted) -> int:
        return 1

    @router.on(UnknownEvent)
    def note(event: Event) -> None: ...

    @router.default
    def other(event: Event) -> None: ...

    assert_type(book, Callable[[InvoiceCreated | CheckoutCompleted], int])
    assert_type(await router.dispatch(event), bool)
    assert_type(router.run(event), bool)


async def inboxes(event: Event) -> None:
    inbox: Inbox = MemoryInbox(lease=60)
    inbox = SQLiteInbox("inbox.db")
    inbox = RedisInbox("redis://127.0.0.1:6379/0", lease=60, prefix="shop:", timeout=2.0)
    inbox = RedisInbox(redis.asyncio.Redis())
    assert_type(await inbox.accept(event), bool)
    assert_type(await inbox.acquire("evt_1", "holder"), ClaimStatus)
    async with inbox.claim(event) as claim:
        assert_type(claim, Claim)
        assert_type(claim.status, ClaimStatus)
    blocking = BlockingInbox(inbox)
    assert_type(blocking.acquire("evt_1", "holder"), ClaimStatus)
    assert_type(blocking.accept(event), bool)
    with blocking.claim(event) as claim:
        assert_type(claim, Claim)


async def payloads(client: AsyncDuro, blocking: Duro) -> None:
    payload = await client.events.retrieve_payload("evt_1")
    assert_type(payload, EventPayload)
    assert_type(payload.body, bytes)
    assert_type(payload.event, Event)
    assert_type(payload.matches(b""), bool)
    assert_type(await client.events.retrieve("evt_1"), Event)
    assert_type(blocking.events.retrieve("evt_1"), Event)


def adapters(webhook: Webhook, router: Router, inbox: Inbox, application: web.Application) -> None:
    assert_type(starlette.webhook_endpoint(webhook, router.dispatch, inbox=inbox), starlette.StarletteEndpoint)
    assert_type(fastapi.verified_event(webhook), fastapi.EventDependency)
    aiohttp.WebhookEndpoint(webhook, router.dispatch, acknowledge="late").add_to(application, "/duro")
    assert_type(flask.webhook_view(webhook, inbox=inbox)(router.run), Callable[[], Response])
    assert_type(django.webhook_view(webhook, acknowledge="late")(router.run), Callable[[HttpRequest], HttpResponse])
