"""Header lines of requests and responses."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, NoReturn, TypeAlias, cast

from .._secrets import sanitize
from ..errors import InvalidArgumentError

if TYPE_CHECKING:
    from typing import Self

__all__ = ["NO_HEADERS", "Headers", "HeadersInput"]

HeadersInput: TypeAlias = Mapping[str, str] | Mapping[bytes, bytes] | Iterable[tuple[str | bytes, str | bytes]]

MAX_VALUE_CHARS: Final = 200

# Headers whose values may appear in a log, an error, a repr or a traceback. Of all others only the name appears.
_SAFE_NAMES: Final = frozenset(
    {
        b"accept",
        b"allow",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"date",
        b"idempotency-key",
        b"ratelimit-limit",
        b"ratelimit-remaining",
        b"ratelimit-reset",
        b"request-id",
        b"retry-after",
        b"server",
        b"user-agent",
        b"via",
        b"x-ratelimit-limit",
        b"x-ratelimit-remaining",
        b"x-ratelimit-reset",
        b"x-request-id",
    }
)
_NAME: Final = re.compile(rb"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_CONTROL: Final = re.compile(rb"[\r\n\0]")
_ADVICE: Final = "pass a mapping, or pairs of names and values, each of type str or bytes"


class Headers(tuple[tuple[bytes, bytes], ...]):
    """Header lines with names in lower case. The repr does not show secrets.

    Args:
        lines: Mapping, or pairs of names and values, each a ``str`` or ``bytes``. The headers of a response of httpx,
            or of aiohttp, are accepted as they are, with all lines of a name.

    Raises:
        InvalidArgumentError: A name or a value is not valid in a header.

    Example:
        >>> Headers({"Content-Type": "application/json"}).get("content-type")
        'application/json'
        >>> Headers([("X-Request-Id", b"req_1"), ("Set-Cookie", "session=1")])
        Headers({'x-request-id': 'req_1', 'set-cookie': '…'})
    """

    __slots__ = ()

    def __new__(cls, lines: HeadersInput = ()) -> Self:  # noqa: D102 - described by the class
        if isinstance(lines, cls):
            return lines
        return cls.from_lines([_normalize(pair) for pair in _iterate_pairs(lines)])

    @classmethod
    def from_lines(cls, lines: Iterable[tuple[bytes, bytes]]) -> Self:
        """Create headers without a check.

        Args:
            lines: Valid lines with names in lower case.
        """
        return super().__new__(cls, lines)  # pyright: ignore[reportUnknownMemberType]

    def __reduce__(self) -> NoReturn:
        raise TypeError("headers cannot be pickled, because they may contain a secret")

    def get(self, name: str) -> str | None:
        """Return the first value of a header, or ``None`` without one.

        Args:
            name: Name in any case.
        """
        encoded = name.lower().encode("ascii", "replace")
        for each, value in self:
            if each == encoded:
                return value.decode("latin-1")
        return None

    def extract_secret(self) -> bytes:
        """Return the secret of the first header, without its scheme. Only for the headers of an `Authorizer`."""
        return self[0][1].rpartition(b" ")[2] if self else b""

    def merge(self, others: Headers) -> Headers:
        """Return these headers and others. The others replace headers of the same name."""
        names = {name for name, _ in others}
        return Headers.from_lines((*(line for line in self if line[0] not in names), *others))

    def to_redacted_dict(self) -> dict[str, str]:
        """Return all names, with ``…`` in place of each value that may contain a secret."""
        return {name.decode("latin-1"): value.decode("latin-1") if name in _SAFE_NAMES else "…" for name, value in self}

    def to_safe_dict(self) -> dict[str, str]:
        """Return the headers that cannot contain a secret, with values of printable text."""
        return {
            name.decode("ascii"): sanitize(value.decode("latin-1"), max_chars=MAX_VALUE_CHARS)
            for name, value in self
            if name in _SAFE_NAMES
        }

    def __repr__(self) -> str:
        return f"Headers({self.to_redacted_dict()})"


NO_HEADERS: Final = Headers.from_lines(())


def _iterate_pairs(lines: object) -> Iterable[object]:
    # httpx joins the lines of a name in "items", and multidicts of aiohttp do not.
    iterate = getattr(lines, "multi_items", None) or getattr(lines, "items", None)
    if callable(iterate):
        return cast("Iterable[object]", iterate())
    if isinstance(lines, Iterable) and not isinstance(lines, str | bytes):
        return cast("Iterable[object]", lines)
    raise InvalidArgumentError(f"headers must be header lines, got {type(lines).__name__}; {_ADVICE}")


def _normalize(pair: object) -> tuple[bytes, bytes]:
    kind: type[object] = type(pair)
    members = cast("tuple[object, ...] | list[object]", pair if isinstance(pair, tuple | list) else ())
    if len(members) != 2:
        received = f"{len(members)} members" if members else kind.__name__
        raise InvalidArgumentError(f"headers must contain pairs of a name and a value, got {received}; {_ADVICE}")
    name, value = _encode(members[0], "name"), _encode(members[1], "value")
    if not _NAME.fullmatch(name):
        raise InvalidArgumentError("headers must have valid names; use letters, digits and hyphens")
    if _CONTROL.search(value):
        # Only the length is shown, because a secret may have been passed as the name.
        raise InvalidArgumentError(
            f"headers must have values without line breaks and NUL, got one of {len(value)} bytes; split or encode it"
        )
    return name.lower(), value


def _encode(member: object, kind: str) -> bytes:
    if isinstance(member, bytes):
        return member
    if not isinstance(member, str):
        raise InvalidArgumentError(f"headers must have a {kind} of type str or bytes, got {type(member).__name__}")
    try:
        # aiohttp decodes values in this way.
        return member.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        pass
    # Outside the except block, so that no traceback shows the text.
    raise InvalidArgumentError(f"headers must have a {kind} of valid Unicode, got a lone surrogate; encode the text")
