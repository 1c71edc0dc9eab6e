"""Signature scheme ``t=…,v1=…``: create, parse and compare signatures of raw bytes.

A signature is the hex HMAC-SHA256 of ``<t>.<raw body>``, where ``t`` is the
time of signing in whole seconds since the epoch.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final, NamedTuple, NoReturn

from .._secrets import SecretBytes
from ..errors import SignatureMissingError, TimestampError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Key", "SignatureHeader", "compose_header", "find_signer", "parse_header"]

SCHEME: Final = b"v1"
# Seconds since the epoch have 10 digits today. The bound keeps int() from parsing thousands of digits.
MAX_TIMESTAMP_DIGITS: Final = 15


class Key:
    """HMAC key made of one webhook secret.

    Args:
        secret: The secret exactly as Duro shows it, encoded as UTF-8.
    """

    __slots__ = ("_secret",)

    def __init__(self, secret: bytes) -> None:
        # Wrapped, so that a traceback with locals does not show the secret.
        self._secret = SecretBytes(secret)

    def sign(self, timestamp: bytes, body: bytes) -> bytes:
        """Return the signature of a body.

        Args:
            timestamp: Time of signing in seconds since the epoch, as digits.
            body: Raw body.

        Returns:
            64 lower-case hex digits.
        """
        return hmac.digest(self._secret, timestamp + b"." + body, "sha256").hex().encode()

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Key must not be pickled, because it holds a secret; create one in each process")


class SignatureHeader(NamedTuple):
    """Parsed ``Duro-Signature`` header.

    Attributes:
        timestamp: Time of signing, with the digits of the header; these are the bytes that were signed.
        signatures: All ``v1`` signatures, in lower case.
    """

    timestamp: bytes
    signatures: tuple[bytes, ...]


def parse_header(value: bytes) -> SignatureHeader:
    """Parse a ``Duro-Signature`` header; schemes other than ``v1`` are ignored.

    Args:
        value: Value of the header.

    Returns:
        Timestamp and signatures of the header.

    Raises:
        SignatureMissingError: The header does not contain a ``v1`` signature.
        TimestampError: The timestamp is missing, repeated or not a whole number.

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
        raise SignatureMissingError(
            "the Duro-Signature header must contain a v1 signature, got none; pass the header's value unchanged"
        )
    if len(timestamps) != 1:
        raise TimestampError(
            f"the Duro-Signature header must contain one timestamp t=, got {len(timestamps)}; "
            "pass the header's value unchanged"
        )
    (timestamp,) = timestamps
    if not timestamp.isdigit() or len(timestamp) > MAX_TIMESTAMP_DIGITS:
        raise TimestampError(
            "the timestamp t= of the Duro-Signature header must be in whole seconds since the epoch; "
            "pass the header's value unchanged"
        )
    return SignatureHeader(timestamp, tuple(signatures))


def compose_header(timestamp: bytes, body: bytes, keys: Sequence[Key]) -> str:
    """Return the ``Duro-Signature`` header of a body, with one signature for each key."""
    signatures = (f"v1={key.sign(timestamp, body).decode()}" for key in keys)
    return ",".join((f"t={timestamp.decode()}", *signatures))


def find_signer(header: SignatureHeader, body: bytes, keys: Sequence[Key]) -> int | None:
    """Find the key that signed a body; each comparison takes constant time.

    Args:
        header: Parsed signature header.
        body: Raw body.
        keys: Keys to try.

    Returns:
        Index of the first key that signed the body, or ``None``.
    """
    for index, key in enumerate(keys):
        expected = key.sign(header.timestamp, body)
        for signature in header.signatures:
            if hmac.compare_digest(expected, signature):
                return index
    return None
