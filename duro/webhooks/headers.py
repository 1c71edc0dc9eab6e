"""One header out of whatever a web framework calls headers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Protocol, TypeAlias, cast

from ..errors import SignatureMissingError

__all__ = ["EVENT_ID", "EVENT_TYPE", "SIGNATURE", "HeaderItems", "Headers", "find_signature"]

SIGNATURE: Final = "Duro-Signature"
EVENT_ID: Final = "Duro-Event-Id"
EVENT_TYPE: Final = "Duro-Event-Type"

_WANTED: Final = SIGNATURE.lower()


class HeaderItems(Protocol):
    """The headers object of a framework: its items are pairs."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Give the headers as pairs of name and value."""
        ...


Headers: TypeAlias = (
    Mapping[str, str] | Mapping[bytes, bytes] | HeaderItems | Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]
)


def find_signature(headers: Headers) -> bytes:
    """Find the value of ``Duro-Signature``, its name in any case.

    Args:
        headers: A mapping, pairs, or a framework's headers object.

    Returns:
        The value; that of a header given several times is joined by commas, as HTTP has it.

    Raises:
        SignatureMissingError: It is not among them.
    """
    found: list[bytes] = []
    try:
        items = getattr(headers, "items", None)
        for name, value in cast("Iterable[tuple[str | bytes, object]]", headers if items is None else items()):
            if len(name) == len(_WANTED) and _as_text(name).lower() == _WANTED:
                found.append(_as_bytes(value))
    except (AttributeError, TypeError, ValueError):
        found = []
    if not found:
        raise SignatureMissingError(
            "there is no Duro-Signature header; hand over all headers of the request, as a mapping or as pairs"
        )
    return b",".join(found)


def _as_text(name: str | bytes) -> str:
    return name.decode("latin-1") if isinstance(name, bytes) else name


def _as_bytes(value: object) -> bytes:
    if isinstance(value, str):
        # A character that no header can have matches no signature either.
        return value.encode("ascii", "replace")
    if isinstance(value, bytes):
        return value
    raise TypeError(f"a header's value is a {type(value).__name__}")
