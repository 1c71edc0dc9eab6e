"""Base classes of the exceptions: errors in general, and failures of calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["CallError", "ClientClosedError", "ConfigurationError", "DuroError", "FailedCall", "InvalidArgumentError"]

# Length of a text in a repr, in characters.
MAX_REPR_CHARS: Final = 100


class FailedCall(NamedTuple):
    """Name of a call in the message of its error.

    Attributes:
        operation: ``operationId`` of the contract, or ``request`` and the method for ``client.request``.
        method: HTTP method.
        path: Path with secrets masked, without the query.
    """

    operation: str
    method: str
    path: str

    def __str__(self) -> str:
        request = f"{self.method} {self.path}"
        return request if self.operation == f"request {self.method}" else f"{self.operation} ({request})"


class DuroError(Exception):
    """Base class of all errors of this package."""

    @property
    def is_transient(self) -> bool:
        """Whether it may help to run the job again, with the same idempotency key for a write."""
        return False

    def __repr__(self) -> str:
        fields = [f"{name}={_shorten(value)}" for name, value in self._get_fields().items() if _is_set(value)]
        return f"{type(self).__name__}({', '.join([*map(repr, self.args), *fields])})"

    def _get_fields(self) -> dict[str, object]:
        return {name: value for name, value in vars(self).items() if not name.startswith("_")}

    def __reduce__(self) -> tuple[Callable[..., DuroError], tuple[object, ...]]:
        # Task queues pickle errors. The default of Exception would call the
        # class with args alone and lose the keyword-only arguments.
        state = dict(self.__dict__)
        if "__notes__" in state:
            # A note on a copy must not appear on the original.
            state["__notes__"] = list(state["__notes__"])
        return _restore, (type(self), self.args, state)


def _restore(kind: type[DuroError], args: tuple[object, ...], state: Mapping[str, object]) -> DuroError:
    error = kind.__new__(kind, *args)
    error.args = args
    error.__dict__.update(state)
    return error


def _is_set(value: object) -> bool:
    return value is not None and value not in ("", b"", (), {})


def _shorten(value: object) -> str:
    if isinstance(value, bytes):
        # They may contain a secret.
        return f"<{len(value)} bytes>"
    is_long = isinstance(value, str) and len(value) > MAX_REPR_CHARS
    return repr(f"{str(value)[:MAX_REPR_CHARS]}…" if is_long else value)


class ConfigurationError(DuroError):
    """Invalid settings of a client; nothing was sent."""


class InvalidArgumentError(ConfigurationError, ValueError):
    """Invalid argument of a call; nothing was sent."""


class ClientClosedError(DuroError):
    """Call of a client that is closed."""


class CallError(DuroError):
    """Failure of a call whose settings and arguments are valid.

    Attributes:
        call: Operation, method and path, ``None`` for an error that no call raised.
        attempts: Number of times that the request was sent or tried.
        give_up_reason: Reason why the client stopped retrying, ``None`` if a retry cannot help.
    """

    call: FailedCall | None = None
    attempts: int = 0
    give_up_reason: str | None = None

    # Word between the name of the call and the description of the failure.
    _verb: ClassVar[str] = "failed:"

    @property
    def operation(self) -> str | None:
        """``operationId`` of the contract, or ``request`` and the method for ``client.request``."""
        return None if self.call is None else self.call.operation

    @property
    def description(self) -> str:
        """Message without the name of the call."""
        description = self._describe()
        return f"{description.rstrip('.')}; {self.give_up_reason}" if self.give_up_reason else description

    def __str__(self) -> str:
        return self.description if self.call is None else f"{self.call} {self._verb} {self.description}"

    def _describe(self) -> str:
        return super().__str__()
