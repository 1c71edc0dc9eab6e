"""``duro webhooks``: sign or verify a delivery, from a file or standard input."""

from __future__ import annotations

import sys
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING

from .._clock import Clock
from .._secrets import Secret
from ..errors import InvalidArgumentError
from ..webhooks.headers import SIGNATURE
from ..webhooks.webhook import Webhook
from .output import print_json, printable

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["sign_body", "verify_body"]


def sign_body(file: str, secrets: Sequence[str], *, at: int | None, as_json: bool = False) -> None:
    """Print the headers of a delivery.

    Args:
        file: Path of the body, or ``-`` for standard input.
        secrets: Secrets to sign with. If empty, those of the environment.
        at: Time of signing in seconds since the epoch; ``None`` for now.
        as_json: Whether to print the headers as one JSON object.

    Raises:
        InvalidArgumentError: The file cannot be read.
        ConfigurationError: A secret is missing or malformed.
    """
    webhook = Webhook(*map(Secret, secrets), clock=_clock(at))
    headers = webhook.sign(_read_body(file))
    if as_json:
        print_json(headers)
        return
    for name, value in headers.items():
        print(f"{name}: {value}")


def verify_body(
    file: str, secrets: Sequence[str], *, signature: str, tolerance: float, at: int | None, as_json: bool = False
) -> None:
    """Verify a delivery, and print its event.

    Args:
        file: Path of the body, or ``-`` for standard input.
        secrets: Secrets of the endpoint. If empty, those of the environment.
        signature: Value of the ``Duro-Signature`` header, the whole header line, or ``@file`` with the headers.
        tolerance: Largest accepted difference between the time of signing and the clock, in seconds.
        at: Time to verify at in seconds since the epoch; ``None`` for now.
        as_json: Whether to print the event as one JSON object.

    Raises:
        InvalidArgumentError: The file cannot be read.
        ConfigurationError: A secret is missing or malformed, or the tolerance is out of range.
        WebhookError: The verification failed.
    """
    webhook = Webhook(*map(Secret, secrets), tolerance=tolerance, clock=_clock(at))
    event = webhook.verify(_read_body(file), {SIGNATURE: _read_signature(signature)})
    number = (event.secret_index or 0) + 1
    if as_json:
        print_json({**event.to_dict(wire=True), "secret": number})
        return
    print(f"event    {printable(event.id)}")
    print(f"type     {printable(event.type)}{'' if event.type.is_known else ' (unknown to this release)'}")
    print(f"created  {event.created_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")
    print(f"secret   number {number} of the given secrets")


def _clock(at: int | None) -> Clock:
    return Clock() if at is None else Clock(wall=lambda: at)


def _read_body(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise InvalidArgumentError(f"the body cannot be read from {file}: {error.strerror}") from error


def _read_signature(signature: str) -> str:
    """Return the value of the header, also from a header line or from a file with the headers of ``sign``."""
    lines = _read_body(signature[1:]).decode("latin-1") if signature.startswith("@") else signature
    for line in lines.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip().lower() == SIGNATURE.lower():
            return value.strip()
    return lines.strip()
