"""Router: one handler for each class of event."""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, overload

from .._checks import describe_text
from ..api.models.events import Event
from ..errors import ConfigurationError
from .handlers import check_handler, run_handler, run_handler_blocking

if TYPE_CHECKING:
    from collections.abc import Callable

    from .handlers import EventHandler

__all__ = ["Registration", "Router"]

E = TypeVar("E", bound=Event)
A = TypeVar("A", bound=Event)
B = TypeVar("B", bound=Event)
C = TypeVar("C", bound=Event)
R = TypeVar("R")

_log: Final = logging.getLogger("duro.webhooks")


class Router:
    """Dispatcher that sends each event to the handler registered for its class.

    Handlers are plain or async functions. A type checker verifies that each handler accepts the events
    that it is registered for.

    Example:
        >>> from duro.webhooks import InvoiceCreated, Router
        >>> router = Router()
        >>> @router.on(InvoiceCreated)
        ... async def book(event: InvoiceCreated) -> None:
        ...     print("book", event.invoice_id)
        >>> @router.default
        ... def ignore(event: Event) -> None:
        ...     print("ignore", event.type)
        >>> wire = {"id": "evt_1", "createdAt": "2026-06-28T09:00:00Z", "data": {"invoiceId": "inv_1"}}
        >>> await router.dispatch(Event.from_dict({**wire, "type": "invoice_created"}))
        book inv_1
        True
        >>> await router.dispatch(Event.from_dict({**wire, "type": "weather_changed"}))
        ignore weather_changed
        True
    """

    def __init__(self) -> None:
        self._handlers: dict[type[Event], EventHandler[Any]] = {}
        self._default: EventHandler[Event] | None = None

    @overload
    def on(self, kind: type[E], /) -> Registration[E]: ...
    @overload
    def on(self, kind: type[A], second: type[B], /) -> Registration[A | B]: ...
    @overload
    def on(self, kind: type[A], second: type[B], third: type[C], /) -> Registration[A | B | C]: ...
    def on(self, *kinds: type[Event]) -> Registration[Any]:
        """Register a handler; used as a decorator.

        Args:
            kinds: Event classes that the function handles: one, two or three.

        Returns:
            Decorator that registers a function and returns it unchanged.

        Raises:
            ConfigurationError: A class is missing, is not an event class, or already has a handler.
        """
        if not kinds:
            raise ConfigurationError(
                "router.on must get at least one event class, got none; for all other events, use router.default"
            )
        for kind in kinds:
            if not (inspect.isclass(kind) and issubclass(kind, Event)) or kind is Event:
                raise ConfigurationError(
                    f"each argument of router.on must be an event class, got {_describe_kind(kind)}; "
                    "pass one such as InvoiceCreated"
                )
        _check_free(self._handlers, kinds)
        return Registration(self._handlers, kinds)

    def default(self, handler: Callable[[Event], R]) -> Callable[[Event], R]:
        """Register the handler of all other events, including unknown ones; used as a decorator.

        Args:
            handler: Function of one event, plain or async.

        Returns:
            The same function.

        Raises:
            ConfigurationError: The router already has a default handler, or the argument is not callable.
        """
        check_handler(handler)
        if self._default is not None:
            raise ConfigurationError("the router already has a default handler; call both functions from one handler")
        self._default = handler
        return handler

    async def dispatch(self, event: Event) -> bool:
        """Run the handler of an event and wait for it; a plain function runs in a worker thread.

        Args:
            event: Event to handle.

        Returns:
            Whether the event has a handler.

        Raises:
            Exception: Any error that the handler raised.
        """
        handler = self._find_handler(event)
        if handler is not None:
            await run_handler(handler, event)
        return handler is not None

    def run(self, event: Event) -> bool:
        """Run the handler of an event from blocking code; a plain function runs in the calling thread.

        Args:
            event: Event to handle.

        Returns:
            Whether the event has a handler.

        Raises:
            Exception: Any error that the handler raised.
        """
        handler = self._find_handler(event)
        if handler is not None:
            run_handler_blocking(handler, event)
        return handler is not None

    def _find_handler(self, event: Event) -> EventHandler[Any] | None:
        handler = self._handlers.get(type(event), self._default)
        if handler is None:
            _log.debug("event %s of type %s does not have a handler", event.id, event.type)
        return handler


class Registration(Generic[E]):
    """Decorator that ``router.on(…)`` returns, for a function that accepts those events."""

    def __init__(self, handlers: dict[type[Event], EventHandler[Any]], kinds: tuple[type[Event], ...]) -> None:
        self._handlers = handlers
        self._kinds = kinds

    def __call__(self, handler: Callable[[E], R]) -> Callable[[E], R]:
        """Register a function and return it unchanged.

        Args:
            handler: Function of one event, plain or async.

        Returns:
            The same function.

        Raises:
            ConfigurationError: An event class already has a handler, or the argument is not callable.
        """
        check_handler(handler)
        # Again, because a registration can be used twice.
        _check_free(self._handlers, self._kinds)
        self._handlers.update(dict.fromkeys(self._kinds, handler))
        return handler


def _check_free(handlers: dict[type[Event], EventHandler[Any]], kinds: tuple[type[Event], ...]) -> None:
    for kind in kinds:
        if kind in handlers:
            raise ConfigurationError(f"{kind.__name__} already has a handler; call both functions from one handler")


def _describe_kind(kind: object) -> str:
    return f"the class {kind.__name__}" if inspect.isclass(kind) else describe_text(kind)
