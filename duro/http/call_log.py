"""Messages of the logger ``duro.http``: INFO for each retry, DEBUG for each call.

They contain the operation with its path template. Values, headers and bodies are left out.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from .request import Response

if TYPE_CHECKING:
    from .observe import Call
    from .operation import Operation

__all__ = ["is_logging_calls", "log_call", "log_exchange_retry", "log_retry"]

_logger = logging.getLogger("duro.http")


def is_logging_calls() -> bool:
    """Return whether calls are logged."""
    return _logger.isEnabledFor(logging.DEBUG)


def log_call(operation: Operation, call: Call) -> None:
    """Log a call that has ended.

    Args:
        operation: Operation of the call.
        call: Record of the call.
    """
    _logger.debug(
        "%s: %s, %.3f s, attempts: %d%s%s",
        _name(operation),
        "no response" if call.status is None else call.status,
        call.elapsed,
        call.attempts,
        f", request {call.request_id}" if call.request_id else "",
        f", idempotency key {call.idempotency_key}" if call.idempotency_key else "",
    )


def log_retry(operation: Operation, outcome: Response | Exception, *, attempt: int, delay: float) -> None:
    """Log that a failed attempt will be repeated.

    Args:
        operation: Operation of the call.
        outcome: Error response, or the failure without a response.
        attempt: Number of the failed attempt; the first is 1.
        delay: Seconds until the next attempt.
    """
    if _logger.isEnabledFor(logging.INFO):
        reason = outcome.status if isinstance(outcome, Response) else outcome
        _logger.info("%s: attempt %d failed (%s); retry in %.2f s", _name(operation), attempt, reason, delay)


def log_exchange_retry(failure: Exception, *, delay: float) -> None:
    """Log that a call waits for another token exchange.

    Args:
        failure: Error of the failed exchange.
        delay: Seconds until the next exchange may start.
    """
    _logger.info("a call waits for an access token (%s); retry in %.2f s", failure, delay)


def _name(operation: Operation) -> str:
    return f"{operation.id} ({operation.method} {operation.path})"
