"""``Webhook``: from a delivery to a typed event, and back for tests."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Final, NoReturn

from .._clock import Clock
from .._json import as_object
from .._secrets import Secret
from ..api.codec import decode_json, structure
from ..api.models.events import Event
from ..errors import ConfigurationError, DecodingError, PayloadError, SignatureMismatchError, TimestampError
from .headers import EVENT_ID, EVENT_TYPE, SIGNATURE, find_signature
from .signature import Key, compose_header, find_signer, parse_header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .headers import Headers

__all__ = ["DEFAULT_TOLERANCE", "VARIABLE", "Webhook"]

VARIABLE: Final = "DURO_WEBHOOK_SECRET"
DEFAULT_TOLERANCE: Final = 300.0
# A longer one would be none: whoever has recorded a delivery could send it again at leisure.
LONGEST_TOLERANCE: Final = 24 * 3600.0

_SECRET: Final = re.compile(r"whsec_[!-~]+")


class Webhook:
    """A webhook endpoint: it knows its secrets, and believes only what is signed with one of them.

    Args:
        secrets: The endpoint's secret (``whsec_…``), exactly as Duro shows it; while it is
            rotated, the new and the old one. Without any, ``DURO_WEBHOOK_SECRET`` of the
            environment, where a comma stands between several.
        tolerance: How old a delivery may be, and how far ahead of this machine's clock,
            in seconds; above 0 and at most a day.
        clock: Time, for tests.

    Raises:
        ConfigurationError: A secret is missing or malformed, or the tolerance is no such number.

    Example:
        >>> webhook = Webhook("whsec_example")
        >>> body = b'{"id": "evt_1", "type": "invoice_created", "createdAt": "2026-06-28T09:00:00Z", "data": {}}'
        >>> event = webhook.verify(body, webhook.sign(body))
        >>> event.id, type(event).__name__, event.secret_index
        ('evt_1', 'InvoiceCreated', 0)
    """

    def __init__(
        self, *secrets: str | Secret, tolerance: float = DEFAULT_TOLERANCE, clock: Clock | None = None
    ) -> None:
        # A traceback shows the locals of the frame that raises, this object among them.
        self._keys: tuple[Key, ...] = ()
        self._tolerance = DEFAULT_TOLERANCE
        concealed = _concealed(secrets) or _concealed_in_environment()
        del secrets
        self._keys = tuple(_key_of(secret) for secret in concealed)
        self._tolerance = _tolerance_of(tolerance)
        self._clock = clock or Clock()

    def verify(self, body: bytes, headers: Headers) -> Event:
        """Turn a delivery into a typed event (``receiveEvent``); nothing is parsed before its signature is verified.

        Args:
            body: The raw body, exactly as it was received.
            headers: The request's headers: a mapping, pairs, or the framework's headers object.

        Returns:
            The event, of the class of its type; an ``UnknownEvent`` if this release does not know the type.
            Its ``secret_index`` tells which secret signed it.

        Raises:
            SignatureMissingError: The delivery has no signature that could be checked.
            SignatureMismatchError: No signature fits the body and any of the secrets.
            TimestampError: It was signed too long ago, or in the future, or nobody knows when.
            PayloadError: The body is a ``str``, or no event.
        """
        raw = _raw(body)
        signer = self.check(raw, headers)
        return _read(raw, signer)

    def check(self, body: bytes, headers: Headers) -> int:
        """Verify the signature of a delivery, and leave its body unread.

        Args:
            body: The raw body, exactly as it was received.
            headers: The request's headers: a mapping, pairs, or the framework's headers object.

        Returns:
            The position of the secret that signed it, 0 for the first.

        Raises:
            SignatureMissingError: The delivery has no signature that could be checked.
            SignatureMismatchError: No signature fits the body and any of the secrets.
            TimestampError: It was signed too long ago, or in the future, or nobody knows when.
            PayloadError: The body is a ``str``.
        """
        raw = _raw(body)
        header = parse_header(find_signature(headers))
        signer = find_signer(header, raw, self._keys)
        if signer is None:
            raise SignatureMismatchError(
                "no signature fits the body and any of the webhook's secrets; give the secret of this very endpoint, "
                "and the raw body as it was received, before anything parses it"
            )
        self._check_time(int(header.timestamp))
        return signer

    def sign(self, body: bytes) -> dict[str, str]:
        """Sign a body as Duro does, for tests.

        Args:
            body: The raw body.

        Returns:
            The headers of a delivery. ``Duro-Signature`` has a signature by each of the secrets;
            ``Duro-Event-Id`` and ``Duro-Event-Type`` are there as far as the body tells them.

        Raises:
            PayloadError: The body is a ``str``.
        """
        raw = _raw(body)
        timestamp = str(int(self._clock.wall())).encode()
        return {SIGNATURE: compose_header(timestamp, raw, self._keys), **_event_headers(raw)}

    def _check_time(self, timestamp: int) -> None:
        age = self._clock.wall() - timestamp
        if abs(age) > self._tolerance:
            when = f"{age:.0f} s ago" if age > 0 else f"{-age:.0f} s in the future"
            raise TimestampError(
                f"the delivery was signed {when}, and the tolerance is {self._tolerance:g} s; "
                "it may be an old one sent again, or this machine's clock is wrong"
            )

    def __repr__(self) -> str:
        return f"<Webhook with {len(self._keys)} secret{'s' * (len(self._keys) != 1)}, tolerance {self._tolerance:g} s>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Webhook cannot be pickled, it holds a secret; make one in each process")


def _raw(body: bytes | bytearray | memoryview) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, bytearray | memoryview):
        # A copy, since another thread could change what was verified.
        return bytes(body)
    raise PayloadError(
        f"the body is a {type(body).__name__}; give the raw bytes as they were received, which are what was signed: "
        "decoded or parsed, they would not be the same again"
    )


def _read(body: bytes, signer: int) -> Event:
    try:
        event = structure(decode_json(body, source="delivery"), Event, body=body, source="delivery")
    except DecodingError as error:
        message, path = str(error), error.path
    else:
        object.__setattr__(event, "secret_index", signer)
        return event
    raise PayloadError(message, path=path)


def _event_headers(body: bytes) -> Mapping[str, str]:
    try:
        event = as_object(decode_json(body))
    except DecodingError:
        return {}
    told = {EVENT_ID: event.get("id"), EVENT_TYPE: event.get("type")}
    return {
        name: text for name, text in told.items() if isinstance(text, str) and text.isascii() and text.isprintable()
    }


def _concealed(secrets: tuple[str | Secret, ...]) -> list[Secret]:
    return [secret if isinstance(secret, Secret) else Secret(secret) for secret in secrets]


def _concealed_in_environment() -> list[Secret]:
    secrets = [Secret(text.strip()) for text in os.environ.get(VARIABLE, "").split(",") if text.strip()]
    if not secrets:
        raise ConfigurationError(f"a Webhook needs its secret (whsec_…); give it, or set {VARIABLE}")
    return secrets


def _key_of(secret: Secret) -> Key:
    if not isinstance(secret.reveal(), str) or not _SECRET.fullmatch(secret.reveal()):
        raise ConfigurationError(
            "a webhook's secret begins with whsec_ and has no spaces; give it exactly as Duro shows it"
        )
    return Key(secret.reveal().encode())


def _tolerance_of(tolerance: float) -> float:
    if isinstance(tolerance, bool) or not isinstance(tolerance, int | float) or not 0 < tolerance <= LONGEST_TOLERANCE:
        raise ConfigurationError(
            f"tolerance is {tolerance!r}; give seconds, above 0 and at most {LONGEST_TOLERANCE:g}: "
            "without one, a recorded delivery could be sent again for ever"
        )
    return float(tolerance)
