"""``Webhook``: verifies deliveries and returns typed events; signs bodies for tests."""

from __future__ import annotations

import os
import re
from datetime import datetime
from typing import TYPE_CHECKING, Final, NoReturn

from .._checks import check_number
from .._clock import Clock
from .._json_types import as_object
from .._secrets import Secret
from ..api.codec import decode_json, structure
from ..api.models.events import Event
from ..errors import (
    ConfigurationError,
    DecodingError,
    InvalidArgumentError,
    PayloadError,
    SignatureMismatchError,
    TimestampError,
)
from .headers import EVENT_ID, EVENT_TYPE, SIGNATURE, find_signature
from .signature import Key, compose_header, find_signer, parse_header

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .headers import WebhookHeaders

__all__ = ["DEFAULT_TOLERANCE_SECONDS", "SECRET_VARIABLE", "Webhook"]

SECRET_VARIABLE: Final = "DURO_WEBHOOK_SECRET"
DEFAULT_TOLERANCE_SECONDS: Final = 300.0
# A longer tolerance would not stop replays: an attacker could send a recorded delivery much later.
MAX_TOLERANCE_SECONDS: Final = 24 * 3600

_SECRET: Final = re.compile(r"whsec_[!-~]+")


class Webhook:
    """Webhook endpoint of a merchant: verifies deliveries with the endpoint's secrets.

    Args:
        secrets: Secret of the endpoint (``whsec_…``), exactly as Duro shows it. During a rotation, the new and
            the old secret. Default: the environment variable ``DURO_WEBHOOK_SECRET``, with commas between
            several secrets.
        tolerance: Largest accepted difference between the time of signing and this machine's clock, in seconds;
            above 0 and at most 86,400 (one day).
        clock: Clock that tests can replace.

    Raises:
        ConfigurationError: A secret is missing or malformed, or the tolerance is out of range.

    Example:
        >>> webhook = Webhook("whsec_example")
        >>> body = b'{"id": "evt_1", "type": "invoice_created", "createdAt": "2026-06-28T09:00:00Z", "data": {}}'
        >>> event = webhook.verify(body, webhook.sign(body))
        >>> event.id, type(event).__name__, event.secret_index
        ('evt_1', 'InvoiceCreated', 0)
    """

    def __init__(
        self, *secrets: str | Secret, tolerance: float = DEFAULT_TOLERANCE_SECONDS, clock: Clock | None = None
    ) -> None:
        # Set first: a traceback with locals calls this object's repr, also when a check below fails.
        self._keys: tuple[Key, ...] = ()
        self._tolerance = DEFAULT_TOLERANCE_SECONDS
        wrapped = _wrap_secrets(secrets) or _read_environment()
        del secrets
        self._keys = tuple(_create_key(secret) for secret in wrapped)
        self._tolerance = check_number(
            "tolerance",
            tolerance,
            above=0,
            maximum=MAX_TOLERANCE_SECONDS,
            advice="pass seconds; a larger tolerance would accept replays of recorded deliveries",
        )
        self._clock = clock or Clock()

    def verify(self, body: bytes, headers: WebhookHeaders, *, at: datetime | None = None) -> Event:
        """Verify a delivery and return its event (``receiveEvent``). The body is parsed only after that.

        Args:
            body: Raw body, exactly as it was received.
            headers: Headers of the request: a mapping, pairs of name and value, or the framework's headers object.
            at: Time at which the delivery was received, for one that waited in a queue. The tolerance is then
                measured from this time. Default: now.

        Returns:
            Event of the class of its type, or an ``UnknownEvent`` if this release does not know the type.
            ``event.secret_index`` is the index of the secret that signed the delivery.

        Raises:
            SignatureMissingError: The delivery does not have a ``v1`` signature.
            SignatureMismatchError: None of the secrets made a signature of this body.
            TimestampError: The time of signing is outside the tolerance, missing or malformed.
            PayloadError: The body is not bytes, or not an event of the contract.
            InvalidArgumentError: ``at`` does not have a time zone, or is in the future by more than the tolerance.
        """
        raw = _check_body(body)
        secret_index = self.check(raw, headers, at=at)
        return _parse_event(raw, secret_index)

    def check(self, body: bytes, headers: WebhookHeaders, *, at: datetime | None = None) -> int:
        """Verify the signature of a delivery without parsing its body.

        Args:
            body: Raw body, exactly as it was received.
            headers: Headers of the request: a mapping, pairs of name and value, or the framework's headers object.
            at: Time at which the delivery was received, for one that waited in a queue. The tolerance is then
                measured from this time. Default: now.

        Returns:
            Index of the secret that signed the delivery, 0 for the first.

        Raises:
            SignatureMissingError: The delivery does not have a ``v1`` signature.
            SignatureMismatchError: None of the secrets made a signature of this body.
            TimestampError: The time of signing is outside the tolerance, missing or malformed.
            PayloadError: The body is not bytes.
            InvalidArgumentError: ``at`` does not have a time zone, or is in the future by more than the tolerance.

        Example:
            >>> webhook = Webhook("whsec_new", "whsec_old")
            >>> webhook.check(b"{}", Webhook("whsec_old").sign(b"{}"))
            1
        """
        raw = _check_body(body)
        received = None if at is None else self._check_receipt(at)
        header = parse_header(find_signature(headers))
        secret_index = find_signer(header, raw, self._keys)
        if secret_index is None:
            raise SignatureMismatchError(
                "the signature does not match the body and any of the webhook's secrets; use the secret of this "
                "endpoint, and pass the raw body as it was received, before any parsing"
            )
        self._check_time(int(header.timestamp), received)
        return secret_index

    def sign(self, body: bytes) -> dict[str, str]:
        """Sign a body as Duro does, for tests.

        Args:
            body: Raw body.

        Returns:
            Headers of a delivery: ``Duro-Signature`` with one signature for each secret, and ``Duro-Event-Id``
            and ``Duro-Event-Type`` if the body contains them.

        Raises:
            PayloadError: The body is not bytes.

        Example:
            >>> list(Webhook("whsec_example").sign(b'{"id": "evt_1", "type": "invoice_created"}'))
            ['Duro-Signature', 'Duro-Event-Id', 'Duro-Event-Type']
        """
        raw = _check_body(body)
        timestamp = str(int(self._clock.wall())).encode()
        return {SIGNATURE: compose_header(timestamp, raw, self._keys), **_event_headers(raw)}

    def _check_receipt(self, at: datetime) -> float:
        if not isinstance(at, datetime):
            raise InvalidArgumentError(
                f"at must be a datetime, got {type(at).__name__}; pass the time at which the delivery was received"
            )
        if at.utcoffset() is None:
            raise InvalidArgumentError(
                "at must have a time zone, got a naive datetime; store datetime.now(UTC) at receipt"
            )
        received = at.timestamp()
        ahead = received - self._clock.wall()
        if ahead > self._tolerance:
            raise InvalidArgumentError(
                f"at must not be in the future, got a time {ahead:.0f} s ahead; pass the time at which the delivery "
                "was received, and compare the clocks of both machines"
            )
        return received

    def _check_time(self, timestamp: int, received: float | None) -> None:
        age = (self._clock.wall() if received is None else received) - timestamp
        if abs(age) <= self._tolerance:
            return
        if received is None:
            when = f"{age:.0f} s ago" if age > 0 else f"{-age:.0f} s in the future"
            advice = "it may be a replay, or this machine's clock is wrong"
        else:
            when = f"{abs(age):.0f} s {'before' if age > 0 else 'after'} it"
            advice = "it may be a replay, or the clock of the receiver was wrong"
        reference = "now" if received is None else "the time at="
        raise TimestampError(
            f"the delivery must be signed within {self._tolerance:g} s of {reference}, got one signed {when}; {advice}"
        )

    def __repr__(self) -> str:
        return f"<Webhook with {len(self._keys)} secret{'s' * (len(self._keys) != 1)}, tolerance {self._tolerance:g} s>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Webhook cannot be pickled, because it holds a secret; create one in each process")


def _check_body(body: bytes | bytearray | memoryview) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, bytearray | memoryview):
        # A copy, because another thread could change the bytes between verifying and parsing.
        return bytes(body)
    raise PayloadError(
        f"body must be bytes, got {type(body).__name__}; pass the raw bytes as they were received: "
        "a decoded or parsed body differs from the bytes that were signed"
    )


def _parse_event(body: bytes, secret_index: int) -> Event:
    try:
        event = structure(decode_json(body, source="delivery"), Event, body=body, source="delivery")
    except DecodingError as error:
        message, path = str(error), error.path
    else:
        object.__setattr__(event, "secret_index", secret_index)
        return event
    # Outside the except block: a DecodingError as context would carry the body into logs.
    raise PayloadError(message, path=path)


def _event_headers(body: bytes) -> Mapping[str, str]:
    try:
        event = as_object(decode_json(body))
    except DecodingError:
        return {}
    values = {EVENT_ID: event.get("id"), EVENT_TYPE: event.get("type")}
    return {
        name: text for name, text in values.items() if isinstance(text, str) and text.isascii() and text.isprintable()
    }


def _wrap_secrets(secrets: tuple[str | Secret, ...]) -> list[Secret]:
    return [secret if isinstance(secret, Secret) else Secret(secret) for secret in secrets]


def _read_environment() -> list[Secret]:
    secrets = [Secret(text.strip()) for text in os.environ.get(SECRET_VARIABLE, "").split(",") if text.strip()]
    if not secrets:
        raise ConfigurationError(f"the webhook's secret is missing; pass it (whsec_…), or set {SECRET_VARIABLE}")
    return secrets


def _create_key(secret: Secret) -> Key:
    # The text is never a local variable, so that a traceback with locals cannot show it.
    if not isinstance(secret.reveal(), str) or not _SECRET.fullmatch(secret.reveal()):
        raise ConfigurationError(
            "a webhook secret must begin with whsec_ and contain only printable ASCII without spaces; "
            "pass it exactly as Duro shows it"
        )
    return Key(secret.reveal().encode())
