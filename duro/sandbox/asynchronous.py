"""``AsyncSandbox``: the sandbox for asynchronous code, derived from ``Sandbox``.

A declaration names the blocking attribute or method and nothing else. The
arguments, the result and the docstring are those of the blocking original.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Coroutine
from types import FunctionType, TracebackType
from typing import TYPE_CHECKING, Any, Concatenate, Final, Generic, ParamSpec, Self, TypeVar, cast, get_args, overload

import anyio

from .._misuse import unsupported
from ..http.event_loop import run_to_completion
from .billing.clock_control import ClockControl
from .invariants.errors import StrictError
from .modes.controls import ModeControls
from .modes.live_mode import LiveMode
from .sandbox import Sandbox

__all__ = ["AsyncClockControl", "AsyncLiveMode", "AsyncSandbox", "asynchronous_docstring"]

B = TypeVar("B")
B_co = TypeVar("B_co", covariant=True)
P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

# A call of a method that waits, and the attribute of its result that follows.
_WAITING_CALL: Final = re.compile(r"\bsandbox\.(?:start|stop|save|wait_for_deliveries|clock\.advance)\([^()]*\)(\.)?")
_REPLACEMENTS: Final = (
    ("with Sandbox(", "async with AsyncSandbox("),
    ("with sandbox.branch(", "async with sandbox.branch("),
    ("``Sandbox``", "``AsyncSandbox``"),
)


def asynchronous_docstring(docstring: str | None) -> str | None:
    """Return the docstring of an asynchronous method or class.

    Args:
        docstring: Docstring of the blocking one.

    Returns:
        The docstring, with the examples in asynchronous code.
    """
    if docstring is None:
        return None
    for blocking, asynchronous in _REPLACEMENTS:
        docstring = docstring.replace(blocking, asynchronous)
    return _WAITING_CALL.sub(_add_await, docstring)


def _add_await(call: re.Match[str]) -> str:
    return f"(await {call[0][:-1]})." if call[1] else f"await {call[0]}"


class _Asynchronous(Generic[B_co]):
    """Asynchronous form of a blocking object.

    Args:
        blocking: Object that does the work.
    """

    def __init__(self, blocking: B_co) -> None:
        self._blocking = blocking

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        bases: tuple[object, ...] = getattr(cls, "__orig_bases__", ())
        (original,) = (each for base in bases for each in get_args(base))
        _derive_docstrings(cls, original)


def _derive_docstrings(cls: type[object], original: type[object]) -> None:
    """Set the docstrings of a class and its attributes to those of the blocking original."""
    if cls.__doc__ is None:
        cls.__doc__ = asynchronous_docstring(original.__doc__)
    for name, value in vars(cls).items():
        if isinstance(value, _shared):
            value.__doc__ = getattr(original, name).__doc__
        elif isinstance(value, FunctionType) and value.__doc__ is None and not name.startswith("_"):
            value.__doc__ = asynchronous_docstring(getattr(original, name).__doc__)
        elif hasattr(value, "__wrapped__"):
            value.__module__, value.__qualname__ = cls.__module__, f"{cls.__qualname__}.{name}"


def _unwrap(instance: _Asynchronous[B]) -> B:
    return instance._blocking  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the class is above


class _shared(property, Generic[T]):  # noqa: N801 - it is read as a declaration, like property
    """Property of the blocking object, which can be read without waiting.

    Args:
        read: Function that reads the property of the blocking object.
    """

    def __init__(self, read: Callable[[ModeControls], T]) -> None:
        def read_blocking(controls: _Asynchronous[ModeControls]) -> T:
            return read(_unwrap(controls))

        super().__init__(read_blocking)

    if TYPE_CHECKING:

        @overload
        def __get__(self, instance: None, owner: type[object], /) -> Self: ...
        @overload
        def __get__(self, instance: object, owner: type[object] | None = None, /) -> T: ...
        def __get__(self, instance: object, owner: type[object] | None = None, /) -> Self | T: ...


def _of_sandbox(read: Callable[[Sandbox], T]) -> _shared[T]:
    """Declare a property of ``Sandbox`` that other classes do not have.

    Args:
        read: Function that reads the property of the blocking sandbox.
    """
    return _shared(lambda controls: read(cast("Sandbox", controls)))


def _immediate(method: Callable[Concatenate[B, P], R]) -> Callable[Concatenate[_Asynchronous[B], P], R]:
    """Declare a method that does not wait, and therefore is not awaited.

    Args:
        method: Blocking method, for example ``Sandbox.reset``.
    """

    @functools.wraps(method)
    def call(self: _Asynchronous[B], /, *args: P.args, **kwargs: P.kwargs) -> R:
        return method(_unwrap(self), *args, **kwargs)

    call.__doc__ = asynchronous_docstring(method.__doc__)
    return call


def _awaited(
    method: Callable[Concatenate[B, P], R], *, to_end: bool = False
) -> Callable[Concatenate[_Asynchronous[B], P], Coroutine[Any, Any, R]]:
    """Declare the asynchronous form of a method that waits. A worker thread runs it.

    Args:
        method: Blocking method, for example ``Sandbox.start``.
        to_end: Whether a cancellation waits for the end of the method. Otherwise the method continues in its thread.
    """

    @functools.wraps(method)
    async def call(self: _Asynchronous[B], /, *args: P.args, **kwargs: P.kwargs) -> R:
        work = functools.partial(method, _unwrap(self), *args, **kwargs)
        if to_end:
            return await run_to_completion(lambda: anyio.to_thread.run_sync(work))
        return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)

    call.__doc__ = asynchronous_docstring(method.__doc__)
    return call


def _with_arguments_of(
    blocking_class: Callable[P, Sandbox],
) -> Callable[[Callable[[AsyncSandbox, Sandbox], None]], Callable[Concatenate[AsyncSandbox, P], None]]:
    """Return a decorator that adds the arguments of the blocking sandbox to a constructor."""

    def decorate(
        initialize: Callable[[AsyncSandbox, Sandbox], None],
    ) -> Callable[Concatenate[AsyncSandbox, P], None]:
        @functools.wraps(Sandbox.__init__)
        def __init__(self: AsyncSandbox, /, *args: P.args, **kwargs: P.kwargs) -> None:  # noqa: N807
            initialize(self, blocking_class(*args, **kwargs))

        return __init__

    return decorate


class AsyncClockControl(_Asynchronous[ClockControl]):  # noqa: D101 - derived
    now = _immediate(ClockControl.now)
    next_due = _immediate(ClockControl.next_due)
    advance = _awaited(ClockControl.advance)


class _AsyncModeControls:
    wait_for_deliveries = _awaited(ModeControls.wait_for_deliveries)
    revoke_tokens = _immediate(ModeControls.revoke_tokens)
    subscription = _immediate(ModeControls.subscription)
    invoices_of = _immediate(ModeControls.invoices_of)
    events_of = _immediate(ModeControls.events_of)
    trace = _immediate(ModeControls.trace)
    checkout = _immediate(ModeControls.checkout)
    portal_link = _immediate(ModeControls.portal_link)
    assert_charged_once = _immediate(ModeControls.assert_charged_once)
    assert_delivered = _immediate(ModeControls.assert_delivered)

    clock = _shared(lambda controls: AsyncClockControl(controls.clock))
    endpoints = _shared(lambda controls: controls.endpoints)
    faults = _shared(lambda controls: controls.faults)
    ledger = _shared(lambda controls: controls.ledger)
    refunds = _shared(lambda controls: controls.refunds)
    events = _shared(lambda controls: controls.events)
    deliveries = _shared(lambda controls: controls.deliveries)
    requests = _shared(lambda controls: controls.requests)
    decisions = _shared(lambda controls: controls.decisions)
    cards = _shared(lambda controls: controls.cards)
    transfers = _shared(lambda controls: controls.transfers)
    fixtures = _shared(lambda controls: controls.fixtures)
    codes = _shared(lambda controls: controls.codes)
    stats = _shared(lambda controls: controls.stats)
    violations = _shared(lambda controls: controls.violations)


_derive_docstrings(_AsyncModeControls, ModeControls)


class AsyncLiveMode(_AsyncModeControls, _Asynchronous[LiveMode]):  # noqa: D101 - derived
    url = _shared(lambda live: live.url)
    options = _shared(lambda live: live.options)
    secret_key = _shared(lambda live: live.secret_key)

    def __repr__(self) -> str:
        return f"<AsyncLiveMode {self.url}>"


class AsyncSandbox(_AsyncModeControls, _Asynchronous[Sandbox]):  # noqa: D101 - derived
    @_with_arguments_of(Sandbox)
    def __init__(self, blocking: Sandbox) -> None:
        super().__init__(blocking)

    # A start or stop that a cancellation leaves alone could leave a server running.
    start = _awaited(Sandbox.start, to_end=True)
    stop = _awaited(Sandbox.stop, to_end=True)
    save = _awaited(Sandbox.save, to_end=True)
    reset = _immediate(Sandbox.reset)

    url = _shared(lambda sandbox: sandbox.url)
    options = _shared(lambda sandbox: sandbox.options)
    secret_key = _shared(lambda sandbox: sandbox.secret_key)
    live = _of_sandbox(lambda sandbox: AsyncLiveMode(sandbox.live))
    ca_file = _of_sandbox(lambda sandbox: sandbox.ca_file)
    ssl_context = _of_sandbox(lambda sandbox: sandbox.ssl_context)
    is_alive = _of_sandbox(lambda sandbox: sandbox.is_alive)

    async def __aenter__(self) -> Self:
        try:
            await self.start()
        except BaseException:
            # A cancelled block does not reach its end.
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self.stop()
        except StrictError:
            if error is None:
                raise

    if not TYPE_CHECKING:
        __enter__ = __exit__ = unsupported("is asynchronous; write 'async with', or use Sandbox")

    def branch(self) -> AsyncSandbox:  # noqa: D102 - derived
        copy = object.__new__(type(self))
        copy._blocking = self._blocking.branch()
        return copy

    def __repr__(self) -> str:
        return repr(self._blocking).replace("Sandbox", "AsyncSandbox", 1)
