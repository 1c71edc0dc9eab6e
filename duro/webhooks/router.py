"""Which function handles which event."""

from __future__ import annotations

import inspect
import logging
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar, overload

from ..api.models.events import Event
from ..errors import ConfigurationError
from .handlers import run_handler, run_handler_blocking

if TYPE_CHECKING:
    from collections.abc import Callable

    from .handlers import Handler

__all__ = ["Registration", "Router"]

E = TypeVar("E", bound=Event)
A = TypeVar("A", bound=Event)
B = TypeVar("B", bound=Event)
C = TypeVar("C", bound=Event)
R = TypeVar("R")

_log: Final = logging.getLogger("duro.webhooks")


class Router:
    """A dispatcher: each event goes to the one handler of its class.

    Handlers are plain or async functions; a type checker sees that each takes
    the events that it is registered for.

    Example:
        >>> from duro.webhooks import InvoiceCreated, Router
        >>> router = Router()
        >>> @router.on(InvoiceCreated)
        ... async def book(event: InvoiceCreated) -> None:
        ...     print("to book:", event.invoice_id)
        >>> @router.default
        ... def let_go(event: Event) -> None:
        ...     print("nothing to do for", event.type)
        >>> wire = {"id": "evt_1", "createdAt": "2026-06-28T09:00:00Z", "data": {"invoiceId": "inv_1"}}
        >>> await router.dispatch(Event.from_dict({**wire, "type": "invoice_created"}))
        to book: inv_1
        True
        >>> await router.dispatch(Event.from_dict({**wire, "type": "weather_changed"}))
        nothing to do for weather_changed
        True
    """

    def __init__(self) -> None:
        self._handlers: dict[type[Event], Handler[Any]] = {}
        self._default: Handler[Event] | None = None

    @overload
    def on(self, kind: type[E], /) -> Registration[E]: ...
    @overload
    def on(self, kind: type[A], second: type[B], /) -> Registration[A | B]: ...
    @overload
    def on(self, kind: type[A], second: type[B], third: type[C], /) -> Registration[A | B | C]: ...
    def on(self, *kinds: type[Event]) -> Registration[Any]:
        """Register a handler, as a decorator.

        Args:
            kinds: The classes of the events it handles: one, two or three.

        Returns:
            The decorator, which leaves the function as it is.

        Raises:
            ConfigurationError: A class is none of an event, or has a handler already.
        """
        if not kinds:
            raise ConfigurationError("name at least one class of events; for all others, there is router.default")
        for kind in kinds:
            if not (inspect.isclass(kind) and issubclass(kind, Event)) or kind is Event:
                raise ConfigurationError(f"{kind!r} is no class of events; name one such as InvoiceCreated")
            if kind in self._handlers:
                raise ConfigurationError(f"{kind.__name__} has a handler already; let one function do both")
        return Registration(self._handlers, kinds)

    def default(self, handler: Callable[[Event], R]) -> Callable[[Event], R]:
        """Register the handler of all other events, unknown ones among them; a decorator.

        Args:
            handler: The function.

        Returns:
            The same function.

        Raises:
            ConfigurationError: There is one already.
        """
        if self._default is not None:
            raise ConfigurationError("this router has a default handler already; let one function do both")
        self._default = handler
        return handler

    async def dispatch(self, event: Event) -> bool:
        """Hand an event to its handler, and wait for it; a plain function runs in a worker thread.

        Args:
            event: The event.

        Returns:
            Whether there was a handler.

        Raises:
            Exception: What the handler raised.
        """
        handler = self._handler_of(event)
        if handler is not None:
            await run_handler(handler, event)
        return handler is not None

    def run(self, event: Event) -> bool:
        """Hand an event to its handler from blocking code; a plain function runs in the calling thread.

        Args:
            event: The event.

        Returns:
            Whether there was a handler.

        Raises:
            Exception: What the handler raised.
        """
        handler = self._handler_of(event)
        if handler is not None:
            run_handler_blocking(handler, event)
        return handler is not None

    def _handler_of(self, event: Event) -> Handler[Any] | None:
        handler = self._handlers.get(type(event), self._default)
        if handler is None:
            _log.debug("no handler for event %s of type %s", event.id, event.type)
        return handler


class Registration(Generic[E]):
    """What ``router.on(…)`` gives: a decorator for a function that takes those events."""

    def __init__(self, handlers: dict[type[Event], Handler[Any]], kinds: tuple[type[Event], ...]) -> None:
        self._handlers = handlers
        self._kinds = kinds

    def __call__(self, handler: Callable[[E], R]) -> Callable[[E], R]:
        """Register a function, and give it back as it is."""
        self._handlers.update(dict.fromkeys(self._kinds, handler))
        return handler
