"""Router: each event is sent to the handler of its class."""

from __future__ import annotations

import threading
from functools import partial

import pytest

from duro import ConfigurationError
from duro.webhooks import CheckoutCompleted, Event, InvoiceCreated, Router, SubscriptionPaused, UnknownEvent

KINDS = ["invoice_created", "checkout_completed", "subscription_paused", "plan_renamed"]


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
async def test_plain_handler_does_not_block_the_loop(router, seen, make_event):
    await router.dispatch(make_event("invoice_created"))
    await router.dispatch(make_event("checkout_completed"))
    current = threading.current_thread()
    assert [thread is current for _, _, thread in seen] == [True, False]


def test_run_calls_plain_handlers_in_the_calling_thread(router, seen, make_event):
    for kind in KINDS:
        assert router.run(make_event(kind))
    current = threading.current_thread()
    assert [(name, thread is current) for name, _, thread in seen] == [
        ("book", False),
        ("ship", True),
        ("note", True),
        ("note", True),
    ]


@pytest.mark.anyio
async def test_event_without_a_handler_is_ignored(make_event):
    router = Router()
    router.on(UnknownEvent)(lambda event: None)
    assert await router.dispatch(make_event("plan_renamed"))
    assert not await router.dispatch(make_event("invoice_created"))
    assert not router.run(make_event("invoice_created"))


@pytest.mark.anyio
async def test_one_handler_for_several_classes(seen, make_event):
    router = Router()

    @router.on(InvoiceCreated, CheckoutCompleted, SubscriptionPaused)
    def note(event):
        seen.append(event.type)

    for kind in KINDS:
        await router.dispatch(make_event(kind))
    assert seen == KINDS[:3]


class Handlers:
    """Handlers of each kind: callable object, method, partial, and functions that return awaitables."""

    def __init__(self, seen):
        self.seen = seen

    async def __call__(self, event):
        self.seen.append(event.type)

    async def method(self, event):
        self.seen.append(event.type)

    async def with_argument(self, argument, event):
        self.seen.append(event.type)

    def returns_coroutine(self, event):
        return self.method(event)

    def returns_awaitable(self, event):
        return Awaitable(self.method(event))


class Awaitable:
    """Awaitable that is not a coroutine."""

    def __init__(self, coroutine):
        self.coroutine = coroutine

    def __await__(self):
        return self.coroutine.__await__()


def handlers_of(seen):
    handlers = Handlers(seen)
    return [
        handlers,
        handlers.method,
        partial(handlers.with_argument, 1),
        handlers.returns_coroutine,
        handlers.returns_awaitable,
    ]


@pytest.mark.anyio
@pytest.mark.parametrize("index", range(5))
async def test_dispatch_awaits_the_result_of_a_handler(seen, make_event, index):
    router = Router()
    router.default(handlers_of(seen)[index])
    await router.dispatch(make_event())
    assert len(seen) == 1


@pytest.mark.parametrize("index", range(5))
def test_run_awaits_the_result_of_a_handler(seen, make_event, index):
    router = Router()
    router.default(handlers_of(seen)[index])
    router.run(make_event())
    assert len(seen) == 1


@pytest.mark.anyio
@pytest.mark.parametrize("kind", ["invoice_created", "checkout_completed"])
async def test_error_of_a_handler_is_raised(make_event, kind):
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


def test_decorators_return_the_function_unchanged():
    def handler(event):
        return 17

    router = Router()
    assert router.on(InvoiceCreated)(handler) is handler
    assert router.default(handler) is handler


def test_second_handler_and_other_classes_are_rejected(router):
    with pytest.raises(ConfigurationError, match="InvoiceCreated already has a handler"):
        router.on(InvoiceCreated)
    with pytest.raises(ConfigurationError, match="already has a default handler"):
        router.default(print)
    for wrong in (Event, str, "invoice_created", None):
        with pytest.raises(ConfigurationError, match="must be an event class"):
            router.on(wrong)
    with pytest.raises(ConfigurationError, match="at least one event class"):
        router.on()


def test_registration_that_is_used_twice_does_not_replace_a_handler(seen, make_event):
    router = Router()
    registration = router.on(InvoiceCreated)
    registration(seen.append)
    with pytest.raises(ConfigurationError, match="InvoiceCreated already has a handler"):
        registration(print)
    router.run(make_event("invoice_created"))
    assert len(seen) == 1


def test_handler_that_is_not_callable_is_rejected_when_it_is_registered():
    router = Router()
    with pytest.raises(ConfigurationError, match="handler must be callable, got None"):
        router.on(InvoiceCreated)(None)
    with pytest.raises(ConfigurationError, match="handler must be callable, got Router"):
        router.default(Router())


def test_error_for_a_wrong_event_class_does_not_show_a_secret():
    with pytest.raises(ConfigurationError, match="got 'whsec_…'"):
        Router().on("whsec_needle")
