"""Receiver of deliveries, shared by all adapters: verify, claim, respond, run the handler."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from attrs import frozen

from .._checks import describe_text
from .._sandbox_trace import follow_trace
from ..blocking import portal
from ..errors import ConfigurationError, WebhookError
from .handlers import check_handler, run_handler, run_handler_blocking
from .headers import find_trace
from .inbox.base import check_inbox
from .inbox.blocking import BlockingInbox
from .inbox.claims import ClaimStatus, acquire_claim, new_holder
from .inbox.memory import MemoryInbox
from .webhook import Webhook

if TYPE_CHECKING:
    from ..api.models.events import Event
    from .handlers import EventHandler
    from .headers import WebhookHeaders
    from .inbox.base import Inbox

__all__ = ["BODY_TOO_LARGE", "MAX_BODY_BYTES", "Acknowledge", "BlockingReceiver", "DeliveryResponse", "Receiver"]

Acknowledge: TypeAlias = Literal["early", "late"]
BackgroundWork: TypeAlias = Callable[[], Awaitable[None]]
BlockingBackgroundWork: TypeAlias = Callable[[], None]

# An event with all its embedded objects has about 2 KB.
MAX_BODY_BYTES: Final = 1024 * 1024

_log: Final = logging.getLogger("duro.webhooks")


@frozen
class DeliveryResponse:
    """Response to a delivery.

    Attributes:
        status: HTTP status. After any 2xx, Duro does not deliver the event again.
        body: JSON document.
    """

    status: int
    body: bytes


def _json_response(status: int, **members: object) -> DeliveryResponse:
    return DeliveryResponse(status, json.dumps(members).encode())


def _error_response(status: int, code: str, message: str) -> DeliveryResponse:
    return _json_response(status, error={"code": code, "message": message})


ACCEPTED: Final = _json_response(202, received=True)
HANDLED: Final = _json_response(200, received=True)
REPEATED: Final = _json_response(200, received=True, repeated=True)
IN_PROGRESS: Final = _error_response(
    503, "in_progress", "another worker is handling this event; deliver it again later"
)
HANDLER_FAILED: Final = _error_response(
    500, "handler_failed", "the handler of this event failed; deliver it again later"
)
BODY_TOO_LARGE: Final = _error_response(
    413, "payload_too_large", f"the body of a delivery must have at most {MAX_BODY_BYTES} bytes"
)


class _BaseReceiver:
    """Arguments and verification that both receivers share; see ``Receiver``."""

    def __init__(
        self,
        webhook: Webhook,
        handler: EventHandler[Event],
        *,
        inbox: Inbox | None = None,
        acknowledge: Acknowledge = "late",
    ) -> None:
        if not isinstance(webhook, Webhook):
            raise ConfigurationError(
                f"webhook must be a Webhook, got {type(webhook).__name__}; pass Webhook('whsec_…')"
            )
        check_handler(handler, advice="pass a function of one event, or router.dispatch")
        if acknowledge not in ("early", "late"):
            raise ConfigurationError(
                f"acknowledge must be 'late' or 'early', got {describe_text(acknowledge)}; "
                "pass 'late' to have Duro repeat events whose handler failed"
            )
        self._webhook = webhook
        self._handler = handler
        self._inbox = MemoryInbox() if inbox is None else check_inbox(inbox)
        self._acknowledges_early = acknowledge == "early"

    def _verify(self, body: bytes, headers: WebhookHeaders) -> Event | DeliveryResponse:
        try:
            return self._webhook.verify(body, headers)
        except WebhookError as error:
            _log.warning("rejected a delivery: %s", error)
            return _error_response(400, error.code, str(error))


class Receiver(_BaseReceiver):
    """Receiver of deliveries for asynchronous code.

    Args:
        webhook: Webhook that verifies the deliveries.
        handler: Function of one event. A plain function runs in a worker thread.
        inbox: Record of handled events. Default: a new ``MemoryInbox``.
        acknowledge: ``"late"`` to respond after the handler, ``"early"`` to respond before it. With ``"late"``,
            the response to a failed handler is 500, and Duro delivers the event again.

    Raises:
        ConfigurationError: An argument has the wrong type or value.
    """

    async def receive(self, body: bytes, headers: WebhookHeaders) -> tuple[DeliveryResponse, BackgroundWork | None]:
        """Receive a delivery.

        Args:
            body: Raw body.
            headers: Headers of the request.

        Returns:
            Response to send, and work to do after it was sent.
        """
        event = self._verify(body, headers)
        if isinstance(event, DeliveryResponse):
            return event, None
        holder, trace = new_holder(), find_trace(headers)
        status = await acquire_claim(self._inbox, event.id, holder)
        if status is not ClaimStatus.CLAIMED:
            return _response_to_repeat(status), None
        if not self._acknowledges_early:
            return HANDLED if await self._handle(event, holder, trace) else HANDLER_FAILED, None

        async def work() -> None:
            await self._handle(event, holder, trace)

        return ACCEPTED, work

    async def _handle(self, event: Event, holder: str, trace: bytes | None) -> bool:
        try:
            async with self._inbox.hold(event, holder):
                with follow_trace(trace, is_held=not self._acknowledges_early):
                    await run_handler(self._handler, event)
        except Exception:  # noqa: BLE001 - reported in the log, and by a late response
            _log_failure(event)
            return False
        return True


class BlockingReceiver(_BaseReceiver):
    """Receiver of deliveries for blocking code; same arguments as ``Receiver``.

    A plain handler runs in the thread of the request, an async one in the portal.
    """

    def receive(self, body: bytes, headers: WebhookHeaders) -> tuple[DeliveryResponse, BlockingBackgroundWork | None]:
        """Receive a delivery.

        Args:
            body: Raw body.
            headers: Headers of the request.

        Returns:
            Response to send, and work to do after it was sent.
        """
        event = self._verify(body, headers)
        if isinstance(event, DeliveryResponse):
            return event, None
        holder, trace = new_holder(), find_trace(headers)
        status = _acquire_blocking(self._inbox, event.id, holder)
        if status is not ClaimStatus.CLAIMED:
            return _response_to_repeat(status), None
        if not self._acknowledges_early:
            return HANDLED if self._handle(event, holder, trace) else HANDLER_FAILED, None

        def work() -> None:
            self._handle(event, holder, trace)

        return ACCEPTED, work

    def _handle(self, event: Event, holder: str, trace: bytes | None) -> bool:
        following = follow_trace(trace, is_held=not self._acknowledges_early)
        try:
            with BlockingInbox(self._inbox).hold(event, holder), following:
                run_handler_blocking(self._handler, event)
        except Exception:  # noqa: BLE001 - reported in the log, and by a late response
            _log_failure(event)
            return False
        return True


def _acquire_blocking(inbox: Inbox, event_id: str, holder: str) -> ClaimStatus:
    try:
        return portal.run(partial(acquire_claim, inbox, event_id, holder))
    except Exception:
        raise
    except BaseException:
        # An interrupt can come when the claim is acquired and its result is not yet returned.
        BlockingInbox(inbox).release(event_id, holder)
        raise


def _response_to_repeat(status: ClaimStatus) -> DeliveryResponse:
    # 503 and not 2xx for an event in progress: its worker may have crashed, and a 2xx would then lose the event.
    return REPEATED if status is ClaimStatus.HANDLED else IN_PROGRESS


def _log_failure(event: Event) -> None:
    _log.exception(
        "the handler of event %s of type %s failed; its claim was released, so the next delivery is handled again",
        event.id,
        event.type,
    )
