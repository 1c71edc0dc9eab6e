"""Small types that every floor shares."""

from __future__ import annotations

import enum
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Final, Self, TypeAlias, TypeVar, cast, overload

import anyio
from attrs import field, frozen

from .errors import redact

__all__ = ["UNSET", "Body", "Clock", "JSONObject", "JSONValue", "Masked", "Secret", "Unset", "lazy", "members"]

JSONValue: TypeAlias = "Mapping[str, JSONValue] | Sequence[JSONValue] | str | int | float | bool | None"
JSONObject: TypeAlias = Mapping[str, JSONValue]


T = TypeVar("T")


class lazy(cached_property[T]):  # noqa: N801 - it is read as a declaration, like property
    """``cached_property`` without the lock that it has on Python 3.11.

    One lock serves the property of all instances there. Held by another
    thread at a fork, it would never be free in the child. Here two threads
    that come at once may both make a value, and get the same one.
    """

    @overload
    def __get__(self, instance: None, owner: type[Any] | None = None) -> Self: ...
    @overload
    def __get__(self, instance: object, owner: type[Any] | None = None) -> T: ...
    def __get__(self, instance: object, owner: type[Any] | None = None) -> Self | T:
        if instance is None:
            return self
        value: T = instance.__dict__.setdefault(cast("str", self.attrname), self.func(instance))
        return value


def members(value: object) -> dict[str, Any]:
    """Give the members of a decoded JSON object, and none of anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


class Unset(enum.Enum):
    """The type of :data:`UNSET`, which says *leave this out*, as ``None`` says *send null*."""

    UNSET = "UNSET"

    def __repr__(self) -> str:
        return "UNSET"

    def __bool__(self) -> bool:
        return False


UNSET: Final = Unset.UNSET


class Secret:
    """A text that no repr, log, traceback or pickle shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Give the text itself, to the one place that sends it."""
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash((Secret, self._text))

    def __reduce__(self) -> str:
        raise TypeError("a secret cannot be pickled; read it again where it is needed")


class Body(bytes):
    """Bytes that no repr shows: they may hold a token or a code, as the body of an answer, or a secret."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<{len(self)} bytes>"


class Masked(str):
    """A path or address, whose repr masks the tokens and passwords in it."""

    __slots__ = ()

    @classmethod
    def of(cls, text: str) -> str:
        """Mask a text; leave what is none as it is, for the check that will refuse it."""
        return cls(text) if isinstance(text, str) else text

    def __repr__(self) -> str:
        return redact(super().__repr__())


@frozen
class Clock:
    """Time and chance, in one place so that tests can put their own in.

    Attributes:
        monotonic: Seconds that never run back, from an arbitrary start.
        wall: Seconds since the epoch, as the machine's calendar has it.
        sleep: Waits for a number of seconds.
        uniform: Draws a number between two bounds.
    """

    monotonic: Callable[[], float] = field(default=time.monotonic)
    wall: Callable[[], float] = field(default=time.time)
    sleep: Callable[[float], Awaitable[None]] = field(default=anyio.sleep)
    uniform: Callable[[float, float], float] = field(default=random.uniform)
