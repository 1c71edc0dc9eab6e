"""``duro webhooks``: sign a delivery, or verify one, from a file or standard input."""

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

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["sign_body", "verify_body"]


def sign_body(file: str, secrets: Sequence[str], *, at: int | None) -> None:
    """Print the headers of a delivery.

    Args:
        file: Where the body is: a path, or ``-``.
        secrets: What to sign with; without any, the environment's.
        at: The time of signing, in seconds since the epoch; ``None`` is now.

    Raises:
        InvalidArgumentError: The file cannot be read.
        ConfigurationError: A secret is missing or malformed.
    """
    webhook = Webhook(*map(Secret, secrets), clock=_clock(at))
    for name, value in webhook.sign(_body(file)).items():
        print(f"{name}: {value}")


def verify_body(file: str, secrets: Sequence[str], *, signature: str, tolerance: float, at: int | None) -> None:
    """Print what a delivery says, if it is signed.

    Args:
        file: Where the body is: a path, or ``-``.
        secrets: What may have signed it; without any, the environment's.
        signature: The header.
        tolerance: How old it may be, in seconds.
        at: The time to judge by, in seconds since the epoch; ``None`` is now.

    Raises:
        InvalidArgumentError: The file cannot be read.
        ConfigurationError: A secret is missing or malformed, or the tolerance is out of range.
        WebhookError: The delivery is refused.
    """
    webhook = Webhook(*map(Secret, secrets), tolerance=tolerance, clock=_clock(at))
    event = webhook.verify(_body(file), {SIGNATURE: signature})
    print(f"event    {_shown(event.id)}")
    print(f"type     {_shown(event.type)}{'' if event.type.is_known else ', which this release does not know'}")
    print(f"created  {event.created_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC")
    print(f"secret   number {(event.secret_index or 0) + 1} of those given")


def _clock(at: int | None) -> Clock:
    return Clock() if at is None else Clock(wall=lambda: at)


def _body(file: str) -> bytes:
    try:
        return sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
    except OSError as error:
        raise InvalidArgumentError(f"the body cannot be read from {file}: {error.strerror}") from error


def _shown(text: str) -> str:
    """Keep what could steer a terminal off it."""
    return "".join(mark if mark.isprintable() else "?" for mark in text)
