"""Exceptions of webhook deliveries that are rejected."""

from __future__ import annotations

from typing import ClassVar

from .base import DuroError

__all__ = ["PayloadError", "SignatureMismatchError", "SignatureMissingError", "TimestampError", "WebhookError"]


class WebhookError(DuroError):
    """Webhook delivery that was rejected.

    Attributes:
        code: Error code for programs, which the adapters put into their response.
    """

    code: ClassVar[str] = "webhook_refused"


class SignatureMissingError(WebhookError):
    """Delivery without a ``Duro-Signature`` header that can be checked."""

    code = "signature_missing"


class SignatureMismatchError(WebhookError):
    """Delivery whose signature does not match its body under any of the secrets."""

    code = "signature_mismatch"


class TimestampError(WebhookError):
    """Delivery whose timestamp is not a number, or is outside the tolerance."""

    code = "timestamp_refused"


class PayloadError(WebhookError):
    """Delivery whose body is not a valid event.

    Attributes:
        path: Path of the invalid value, such as ``$.data.invoice.amount``.
    """

    code = "payload_refused"

    def __init__(self, message: str, *, path: str = "$") -> None:
        super().__init__(message)
        self.path = path
