"""The scheme ``t=…,v1=…``: making, reading and comparing signatures; bytes in, bytes out.

A signature is the hex HMAC-SHA256 of ``<t>.<raw body>``, where ``t`` is the
time of signing in whole seconds since the epoch.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from .._secrets import SecretBytes
from ..errors import SignatureMissingError, TimestampError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Key", "SignatureHeader", "compose_header", "find_signer", "parse_header"]

SCHEME: Final = b"v1"
# Seconds since the epoch have ten digits; more than fifteen are no time that a calendar has.
_LONGEST_TIMESTAMP: Final = 15


class Key:
    """What one secret signs with.

    Args:
        secret: The secret exactly as it is shown, as UTF-8.
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        # Whatever frame it gets into, its repr shows nothing of it.
        self._secret = SecretBytes(secret)

    def sign(self, timestamp: bytes, body: bytes) -> bytes:
        """Make the signature of a body.

        Args:
            timestamp: The time, as digits.
            body: The raw body.

        Returns:
            64 hex digits in lower case.
        """
        return hmac.new(self._secret, timestamp + b"." + body, hashlib.sha256).hexdigest().encode()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a key cannot be pickled, it is a secret")


class SignatureHeader(NamedTuple):
    """What a ``Duro-Signature`` header says.

    Attributes:
        timestamp: The time as it stands there, which is what was signed.
        signatures: Every ``v1`` signature, in lower case.
    """

    timestamp: bytes
    signatures: tuple[bytes, ...]


def parse_header(value: bytes) -> SignatureHeader:
    """Read a ``Duro-Signature`` header; schemes other than ``v1`` are ignored.

    Args:
        value: The header's value.

    Returns:
        What it says.

    Raises:
        SignatureMissingError: It has no ``v1`` signature.
        TimestampError: It has no time, two of them, or one that is no number.

    Example:
        >>> parse_header(b"t=1767225600,v0=no,v1=c0ffee")
        SignatureHeader(timestamp=b'1767225600', signatures=(b'c0ffee',))
    """
    timestamps: list[bytes] = []
    signatures: list[bytes] = []
    for element in value.split(b","):
        name, equals, text = element.strip().partition(b"=")
        if name == SCHEME and equals:
            signatures.append(text.lower())
        elif name == b"t":
            timestamps.append(text)
    if not signatures:
        raise SignatureMissingError("the Duro-Signature header has no v1 signature, the one that can be checked")
    if len(timestamps) != 1:
        raise TimestampError(f"the Duro-Signature header has {len(timestamps)} times t=, where one belongs")
    (timestamp,) = timestamps
    if not timestamp.isdigit() or len(timestamp) > _LONGEST_TIMESTAMP:
        raise TimestampError("the time t= of the Duro-Signature header is not in whole seconds since the epoch")
    return SignatureHeader(timestamp, tuple(signatures))


def compose_header(timestamp: bytes, body: bytes, keys: Sequence[Key]) -> str:
    """Write the ``Duro-Signature`` header of a body, signed with each key."""
    signatures = (f"v1={key.sign(timestamp, body).decode()}" for key in keys)
    return ",".join((f"t={timestamp.decode()}", *signatures))


def find_signer(header: SignatureHeader, body: bytes, keys: Sequence[Key]) -> int | None:
    """Find out which key signed a body, in constant time for each comparison.

    Args:
        header: The signatures.
        body: The raw body.
        keys: The keys that may have signed it.

    Returns:
        The position of the first key that did, ``None`` if none did.
    """
    for position, key in enumerate(keys):
        expected = key.sign(header.timestamp, body)
        for signature in header.signatures:
            if hmac.compare_digest(expected, signature):
                return position
    return None
