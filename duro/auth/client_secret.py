"""Client secrets: a fixed one, or a function of the user that returns the present one."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import anyio.to_thread

from .._secrets import Secret
from ..errors import ClientSecretError

if TYPE_CHECKING:
    from types import MethodType

__all__ = ["ClientSecret", "SecretSource"]

# Unions of their own, because a lambda is matched with each member in turn.
ClientSecret: TypeAlias = str | Callable[[], str] | Callable[[], Awaitable[str]]


class SecretSource:
    """Function that returns a client secret, called for each token exchange.

    Two sources are equal if they hold the same function, or the same method of
    the same object.

    Args:
        function: Function of the user, plain or asynchronous.
    """

    __slots__ = ("_function", "_identity")

    def __init__(self, function: Callable[[], Any]) -> None:
        self._function = function
        # Each access to a method creates another object.
        method: MethodType | None = function if inspect.ismethod(function) else None
        self._identity = (id(function),) if method is None else (id(method.__self__), id(method.__func__))

    async def read(self) -> object:
        """Call the function.

        A plain function runs in a worker thread, because it may wait for a
        network. The thread is abandoned if the caller is cancelled.

        Returns:
            The result, wrapped if it is a string.

        Raises:
            ClientSecretError: The function raised an exception, which is the cause.
        """
        outcome = await self._call()
        if isinstance(outcome, Exception):
            # The text of the exception may contain the secret.
            raise ClientSecretError(
                f"client_secret() raised {type(outcome).__name__}, and no request was sent; see the cause"
            ) from outcome
        return outcome

    async def _call(self) -> object:
        try:
            if _is_asynchronous(self._function):
                return _wrap(await self._function())
            # A limiter of its own, because the shared one may be exhausted by threads that wait for this client.
            (outcome,) = await anyio.to_thread.run_sync(
                self._call_in_thread, abandon_on_cancel=True, limiter=anyio.CapacityLimiter(1)
            )
            # A plain function may return a coroutine, such as a lambda that calls an asynchronous function.
            return _wrap(await outcome) if inspect.isawaitable(outcome) else outcome
        except Exception as error:  # noqa: BLE001 - the caller raises it as the cause of a documented error
            return error

    def _call_in_thread(self) -> tuple[object]:
        # An exception is returned, because a future cannot hold a StopIteration. The result
        # is in a tuple, because trio does not accept a coroutine from a thread.
        try:
            return (_wrap(self._function()),)
        except Exception as error:  # noqa: BLE001 - the caller raises it as the cause of a documented error
            return (error,)

    def __repr__(self) -> str:
        return "SecretSource(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, SecretSource) and self._identity == other._identity

    def __hash__(self) -> int:
        return hash((SecretSource, self._identity))


def _is_asynchronous(function: Callable[[], Any]) -> bool:
    return inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(type(function).__call__)


def _wrap(value: object) -> object:
    # No variable holds the string, because a traceback can show local variables.
    return Secret(value) if isinstance(value, str) else value
