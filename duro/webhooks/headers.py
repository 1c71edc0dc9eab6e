"""Names of Duro's webhook headers, and their values in any framework's headers object."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, Protocol, TypeAlias, cast

from .._sandbox_trace import TRACE_HEADER
from ..errors import SignatureMissingError

__all__ = ["EVENT_ID", "EVENT_TYPE", "SIGNATURE", "HeaderItems", "WebhookHeaders", "find_signature", "find_trace"]

SIGNATURE: Final = "Duro-Signature"
EVENT_ID: Final = "Duro-Event-Id"
EVENT_TYPE: Final = "Duro-Event-Type"

_SIGNATURE_LOWER: Final = SIGNATURE.lower()
_TRACE_LOWER: Final = TRACE_HEADER.lower()
# The headers of a delivery are not signed, and this one is sent again.
_TRACE: Final = re.compile(rb"[0-9]{1,18}")


class HeaderItems(Protocol):
    """Headers object of a web framework, with an ``items`` method."""

    def items(self) -> Iterable[tuple[str, str]]:
        """Return the headers as pairs of name and value."""
        ...


WebhookHeaders: TypeAlias = (
    Mapping[str, str] | Mapping[bytes, bytes] | HeaderItems | Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]
)


def find_trace(headers: WebhookHeaders) -> bytes | None:
    """Return the trace that a sandbox sent with a delivery. Duro does not send one.

    Args:
        headers: Mapping, pairs of name and value, or a framework's headers object.
    """
    values = _list_values(headers, _TRACE_LOWER)
    return values[0] if values and _TRACE.fullmatch(values[0]) else None


def find_signature(headers: WebhookHeaders) -> bytes:
    """Return the value of the ``Duro-Signature`` header; its name matches in any case.

    Args:
        headers: Mapping, pairs of name and value, or a framework's headers object.

    Returns:
        Value of the header. Several such headers are joined by commas, as HTTP defines it.

    Raises:
        SignatureMissingError: The header is missing, or the headers are unreadable.
    """
    values = _list_values(headers, _SIGNATURE_LOWER)
    if not values:
        raise SignatureMissingError(
            "the Duro-Signature header is missing; pass all headers of the request, as a mapping or as pairs"
        )
    return b",".join(values)


def _list_values(headers: WebhookHeaders, sought: str) -> list[bytes]:
    """Return the values of all header lines with a name in lower case, none if the headers are unreadable."""
    try:
        items = getattr(headers, "items", None)
        lines = cast("Iterable[tuple[str | bytes, object]]", headers if items is None else items())
        # The length is compared first: it is cheap, and rejects nearly all other headers.
        return [
            _to_bytes(value) for name, value in lines if len(name) == len(sought) and _to_text(name).lower() == sought
        ]
    except (AttributeError, TypeError, ValueError):
        return []


def _to_text(name: str | bytes) -> str:
    return name.decode("latin-1") if isinstance(name, bytes) else name


def _to_bytes(value: object) -> bytes:
    if isinstance(value, str):
        # Characters outside ASCII are not valid in a signature, so their replacement matches none.
        return value.encode("ascii", "replace")
    if isinstance(value, bytes):
        return value
    raise TypeError(f"a header value must be a string or bytes, got {type(value).__name__}")
