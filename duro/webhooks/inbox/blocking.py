"""Blocking twin of an inbox, derived from the asynchronous class."""

from __future__ import annotations

import inspect
from contextlib import contextmanager
from functools import partial, update_wrapper
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

from ...blocking import portal
from ...blocking.declare import BlockingResource, blocking, unwrap
from ...blocking.docstrings import blocking_docstring
from .base import Inbox, check_inbox

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Generator
    from contextlib import AbstractAsyncContextManager, AbstractContextManager

__all__ = ["BlockingInbox"]

P = ParamSpec("P")
T = TypeVar("T")


def _blocking_block(
    method: Callable[Concatenate[Inbox, P], AbstractAsyncContextManager[T]],
) -> Callable[Concatenate[BlockingInbox, P], AbstractContextManager[T]]:
    """Declare the blocking twin of a method that returns an asynchronous context manager."""

    @contextmanager
    def block(self: BlockingInbox, /, *args: P.args, **kwargs: P.kwargs) -> Generator[T]:
        manager: AbstractAsyncContextManager[T] = getattr(unwrap(self), method.__name__)(*args, **kwargs)
        try:
            # Inside, because an interrupt can come when the claim is acquired and its result is not yet returned.
            yield portal.run(manager.__aenter__)
        except BaseException as error:
            # A lambda would keep the error and this frame alive as a cycle.
            _leave(partial(manager.__aexit__, type(error), error, error.__traceback__))
            raise
        _leave(partial(manager.__aexit__, None, None, None))

    signature = inspect.signature(method)
    # Documentation tools show this signature; the one of the method names the asynchronous context manager.
    annotation = str(signature.return_annotation).replace("AbstractAsync", "Abstract")
    declared: Any = update_wrapper(block, method)
    declared.__doc__ = _with_blocking_inbox(blocking_docstring(method.__doc__))
    declared.__signature__ = signature.replace(return_annotation=annotation)
    return block


def _with_blocking_inbox(docstring: str | None) -> str | None:
    """Wrap the inboxes of the examples."""
    if docstring is None:
        return None
    wrapped = docstring.replace("MemoryInbox()", "BlockingInbox(MemoryInbox())")
    return wrapped.replace("import Event, MemoryInbox", "import BlockingInbox, Event, MemoryInbox")


def _leave(leave: Callable[[], Awaitable[bool | None]]) -> None:
    try:
        portal.run(leave)
    except Exception:
        raise
    except BaseException:
        # Interrupted, perhaps before the call began. Without a second one, the claim would stay until its lease ends.
        portal.run(leave)
        raise


class BlockingInbox(BlockingResource[Inbox]):
    """Inbox for blocking code: Flask, Django, Celery, scripts.

    Args:
        inbox: Inbox that stores the events. Asynchronous code can use it at the same time.

    Raises:
        ConfigurationError: The argument is not an ``Inbox``.

    Example:
        >>> from duro.webhooks import BlockingInbox, Event, MemoryInbox
        >>> wire = {"id": "evt_1", "type": "invoice_created", "createdAt": "2026-06-28T09:00:00Z", "data": {}}
        >>> inbox = BlockingInbox(MemoryInbox())
        >>> inbox.accept(Event.from_dict(wire)), inbox.accept(Event.from_dict(wire))
        (True, False)
    """

    def __init__(self, inbox: Inbox) -> None:
        super().__init__(check_inbox(inbox))

    acquire = blocking(Inbox.acquire)
    complete = blocking(Inbox.complete)
    release = blocking(Inbox.release)
    claim = _blocking_block(Inbox.claim)
    hold = _blocking_block(Inbox.hold)
    accept = blocking(Inbox.accept)
    forget = blocking(Inbox.forget)
