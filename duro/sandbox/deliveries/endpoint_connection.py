"""Endpoint connection: signs the deliveries to one endpoint, and posts them over one kept connection."""

from __future__ import annotations

import logging
import time
from functools import lru_cache
from typing import Final

from ..._sandbox_trace import TRACE_HEADER
from ..._secrets import sanitize
from ...http.event_loop import run_to_completion
from ...http.request import Headers, Request, Response
from ...http.transport import RequestNotSentError, ResponseTooLargeError, SendError
from ...http.transport.httpcore import HttpcoreTransport
from ...http.transport.proxies import find_proxy
from ...http.transport.tls import TlsContext
from ...webhooks.headers import EVENT_ID, EVENT_TYPE, SIGNATURE
from ...webhooks.signature import Key, compose_header
from .due_delivery import DueDelivery, Outcome

__all__ = ["EndpointConnection"]

_logger = logging.getLogger("duro.sandbox")

ATTEMPT_TIMEOUT_SECONDS: Final = 10.0
MAX_RESPONSE_BYTES: Final = 1_000_000
MAX_SHOWN_CHARS: Final = 200

_TLS: Final = TlsContext()
_SIGNATURE, _EVENT_ID, _EVENT_TYPE, _TRACE = (
    name.lower().encode() for name in (SIGNATURE, EVENT_ID, EVENT_TYPE, TRACE_HEADER)
)


class EndpointConnection:
    """Connection to one endpoint, opened by its first delivery and kept for the next ones.

    A connection that the endpoint closed is replaced before the next delivery. It sends one delivery at a time.
    """

    def __init__(self) -> None:
        self._transport: HttpcoreTransport | None = None
        self._key: Key | None = None

    async def deliver(self, due: DueDelivery) -> Outcome:
        """Make one attempt. Failures are outcomes too.

        Args:
            due: Delivery to the endpoint of this connection.
        """
        signature = self._sign(due)
        try:
            response = await self._post(due, signature)
        except ResponseTooLargeError:
            return Outcome(failure=f"the response is larger than {MAX_RESPONSE_BYTES:,} bytes", signature=signature)
        except RequestNotSentError as error:
            return Outcome(failure=str(error), was_sent=False)
        except SendError as error:
            failure = f"no response within {ATTEMPT_TIMEOUT_SECONDS:g} s" if _is_timeout(error) else str(error)
            return Outcome(failure=failure, signature=signature)
        except Exception:
            # For example a URL that cannot be written as HTTP. One failed delivery must not end the worker.
            _logger.exception("delivery of %s failed", due.event_id)
            return Outcome(failure="the sandbox failed; see the log of duro.sandbox", was_sent=False)
        # A character has at most four bytes. The rest of a large body need not be decoded.
        shown = _show(bytes(response.body[: 8 * MAX_SHOWN_CHARS]))
        return Outcome(response.status, _failure_of(response.status), shown, signature=signature)

    async def aclose(self) -> None:
        """Close the connection, even if the caller is cancelled meanwhile. Repeated calls are allowed."""
        transport, self._transport = self._transport, None
        if transport is not None:
            await run_to_completion(transport.aclose)

    def _sign(self, due: DueDelivery) -> str:
        key = self._key = self._key or Key(due.secret.reveal().encode())
        # Real time, because the receiver compares it with its own clock. The sandbox's clock may be advanced.
        return compose_header(b"%d" % time.time(), due.payload, [key])

    async def _post(self, due: DueDelivery, signature: str) -> Response:
        if self._transport is None:
            self._transport = HttpcoreTransport(due.url, _TLS, find_proxy(due.url))
        headers = _list_headers(due, signature)
        return await self._transport.send(
            Request("POST", due.url, headers, due.payload, ATTEMPT_TIMEOUT_SECONDS, MAX_RESPONSE_BYTES)
        )


def _is_timeout(error: SendError) -> bool:
    # An error of the operating system has a number.
    cause = error.__cause__
    return isinstance(cause, TimeoutError) and cause.errno is None


def _failure_of(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    return f"returned status {status}" + ("; redirects are not followed" if 300 <= status < 400 else "")


# An endpoint usually returns the same body each time.
@lru_cache(maxsize=16)
def _show(body: bytes) -> str:
    return sanitize(body.decode(errors="replace"), max_chars=MAX_SHOWN_CHARS)


def _list_headers(due: DueDelivery, signature: str) -> Headers:
    return Headers.from_lines(
        (
            (b"content-type", b"application/json"),
            (_SIGNATURE, signature.encode()),
            (_EVENT_ID, due.event_id.encode()),
            (_EVENT_TYPE, due.event_type.encode()),
            (_TRACE, b"%d" % due.id),
        )
    )
