"""Each event goes to the one handler of its class."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from duro import ConfigurationError
from duro.webhooks import CheckoutCompleted, Event, InvoiceCreated, Router, SubscriptionPaused, UnknownEvent

KINDS = ["invoice_created", "checkout_completed", "subscription_paused", "weather_changed"]


@pytest.fixture
def seen():
    return []


@pytest.fixture
def router(seen):
    router = Router()

    @router.on(InvoiceCreated)
    async def book(event):
        seen.append(("book", event.type, threading.current_thread()))

    @router.on(CheckoutCompleted)
    def ship(event):
        seen.append(("ship", event.type, threading.current_thread()))

    @router.default
    def note(event):
        seen.append(("note", event.type, threading.current_thread()))

    return router


@pytest.mark.anyio
async def test_async_and_plain_handlers_get_their_events(router, seen, make_event):
    for kind in KINDS:
        assert await router.dispatch(make_event(kind))
    assert [name for name, _, _ in seen] == ["book", "ship", "note", "note"]
    assert [kind for _, kind, _ in seen] == KINDS


@pytest.mark.anyio
async def test_plain_handler_does_not_hold_up_the_loop(router, seen, make_event):
    await router.dispatch(make_event("invoice_created"))
    await router.dispatch(make_event("checkout_completed"))
    here = threading.current_thread()
    assert [thread is here for _, _, thread in seen] == [True, False]


def test_blocking_code_runs_plain_handlers_in_its_own_thread(router, seen, make_event):
    for kind in KINDS:
        assert router.run(make_event(kind))
    here = threading.current_thread()
    assert [(name, thread is here) for name, _, thread in seen] == [
        ("book", False),
        ("ship", True),
        ("note", True),
        ("note", True),
    ]


@pytest.mark.anyio
async def test_event_without_a_handler_is_let_go(make_event):
    router = Router()
    router.on(UnknownEvent)(lambda event: None)
    assert await router.dispatch(make_event("weather_changed"))
    assert not await router.dispatch(make_event("invoice_created"))
    assert not router.run(make_event("invoice_created"))


@pytest.mark.anyio
async def test_one_handler_takes_several_classes(seen, make_event):
    router = Router()

    @router.on(InvoiceCreated, CheckoutCompleted, SubscriptionPaused)
    def note(event):
        seen.append(event.type)

    for kind in KINDS:
        await router.dispatch(make_event(kind))
    assert seen == KINDS[:3]


class Handlers:
    """Whatever can be called is a handler."""

    def __init__(self, seen):
        self.seen = seen

    async def __call__(self, event):
        self.seen.append(event.type)

    async def method(self, event):
        self.seen.append(event.type)

    async def with_more(self, more, event):
        self.seen.append(event.type)

    def hands_out(self, event):
        return self.method(event)

    def lends(self, event):
        return Lent(self.method(event))


class Lent:
    """What can be awaited without being a coroutine."""

    def __init__(self, coroutine):
        self.coroutine = coroutine

    def __await__(self):
        return self.coroutine.__await__()


def handlers_of(seen):
    handlers = Handlers(seen)
    return [handlers, handlers.method, partial(handlers.with_more, 1), handlers.hands_out, handlers.lends]


@pytest.mark.anyio
@pytest.mark.parametrize("which", range(5))
async def test_whatever_comes_of_a_handler_is_awaited(seen, make_event, which):
    router = Router()
    router.default(handlers_of(seen)[which])
    await router.dispatch(make_event())
    assert len(seen) == 1


@pytest.mark.parametrize("which", range(5))
def test_and_in_blocking_code_too(seen, make_event, which):
    router = Router()
    router.default(handlers_of(seen)[which])
    router.run(make_event())
    assert len(seen) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["invoice_created", "checkout_completed"])
async def test_what_a_handler_raises_comes_through(make_event, kind):
    router = Router()

    @router.on(InvoiceCreated)
    async def fail(event):
        raise LookupError(event.id)

    @router.on(CheckoutCompleted)
    def fail_too(event):
        raise LookupError(event.id)

    with pytest.raises(LookupError, match="evt_1"):
        await router.dispatch(make_event(kind))
    with pytest.raises(LookupError, match="evt_1"):
        router.run(make_event(kind))


def test_decorated_function_stays_what_it_is():
    def handler(event):
        return 17

    router = Router()
    assert router.on(InvoiceCreated)(handler) is handler
    assert router.default(handler) is handler


def test_second_handler_and_what_is_no_event_are_refused(router):
    with pytest.raises(ConfigurationError, match="InvoiceCreated has a handler already"):
        router.on(InvoiceCreated)
    with pytest.raises(ConfigurationError, match="default handler already"):
        router.default(print)
    for wrong in (Event, str, "invoice_created", None):
        with pytest.raises(ConfigurationError, match="is no class of events"):
            router.on(wrong)
    with pytest.raises(ConfigurationError, match="name at least one class"):
        router.on()
