"""What every adapter does with a delivery: verify it, claim it, answer, and let the handler work."""

from __future__ import annotations

import json
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from attrs import frozen

from ..errors import ConfigurationError, WebhookError
from .handlers import run_handler, run_handler_blocking
from .inbox.base import Inbox, Standing, new_holder
from .inbox.blocking import BlockingInbox
from .inbox.memory import MemoryInbox
from .webhook import Webhook

if TYPE_CHECKING:
    from ..api.models.events import Event
    from .handlers import Handler
    from .headers import Headers

__all__ = ["LONGEST_BODY", "TOO_LONG", "AnswerTime", "BlockingReceiver", "Receiver", "Reply"]

AnswerTime: TypeAlias = Literal["before", "after"]
Work: TypeAlias = Callable[[], Awaitable[None]]
BlockingWork: TypeAlias = Callable[[], None]

# An event with all its objects has some 2 KB.
LONGEST_BODY: Final = 1024 * 1024

_log: Final = logging.getLogger("duro.webhooks")


@frozen
class Reply:
    """What a delivery is answered.

    Attributes:
        status: The HTTP status; any 2xx tells Duro not to deliver the event again.
        body: JSON.
    """

    status: int
    body: bytes


def _reply(status: int, **content: object) -> Reply:
    return Reply(status, json.dumps(content).encode())


def _refusal(status: int, code: str, message: str) -> Reply:
    return _reply(status, error={"code": code, "message": message})


ACCEPTED: Final = _reply(202, received=True)
HANDLED: Final = _reply(200, received=True)
REPEATED: Final = _reply(200, received=True, repeated=True)
UNDER_WAY: Final = _refusal(503, "under_way", "this event is being handled at this moment; deliver it again later")
FAILED: Final = _refusal(500, "handler_failed", "the event could not be handled; deliver it again later")
TOO_LONG: Final = _refusal(413, "payload_too_large", f"a delivery has at most {LONGEST_BODY} bytes")


class _Reception:
    """What a receiver needs; see :class:`Receiver`."""

    def __init__(
        self, webhook: Webhook, handler: Handler[Event], *, inbox: Inbox | None = None, answer: AnswerTime = "before"
    ) -> None:
        if not isinstance(webhook, Webhook):
            raise ConfigurationError(f"{type(webhook).__name__} is no Webhook; give Webhook('whsec_…')")
        if not callable(handler):
            raise ConfigurationError("the handler cannot be called; give a function of an event, or router.dispatch")
        if answer not in {"before", "after"}:
            raise ConfigurationError(f"answer is {answer!r}; answer 'before' the handler works, or 'after' it")
        self._webhook = webhook
        self._handler = handler
        self._inbox = MemoryInbox() if inbox is None else inbox
        self._answers_before = answer == "before"

    def _read(self, body: bytes, headers: Headers) -> Event | Reply:
        try:
            return self._webhook.verify(body, headers)
        except WebhookError as refusal:
            _log.warning("a delivery was refused: %s", refusal)
            return _refusal(400, refusal.code, str(refusal))


class Receiver(_Reception):
    """Receives deliveries in code that awaits.

    Args:
        webhook: Verifies them.
        handler: Handles an event; a plain function runs in a worker thread.
        inbox: Remembers what was handled; without one, the memory of this process does.
        answer: ``before`` the handler works, or ``after`` it: then a failure is
            answered 500, and Duro delivers the event again.

    Raises:
        ConfigurationError: An argument is of no use.
    """

    async def receive(self, body: bytes, headers: Headers) -> tuple[Reply, Work | None]:
        """Receive a delivery.

        Args:
            body: The raw body.
            headers: The request's headers.

        Returns:
            What to answer, and what to do once that is out.
        """
        event = self._read(body, headers)
        if isinstance(event, Reply):
            return event, None
        holder = new_holder()
        standing = await self._inbox.take(event.id, holder)
        if not standing:
            return _reply_to(standing), None
        if not self._answers_before:
            return HANDLED if await self._handle(event, holder) else FAILED, None

        async def work() -> None:
            await self._handle(event, holder)

        return ACCEPTED, work

    async def _handle(self, event: Event, holder: str) -> bool:
        try:
            async with self._inbox.holding(event, holder):
                await run_handler(self._handler, event)
        except Exception:  # noqa: BLE001 - told in the log, and in the answer where there is one to give yet
            _log_failure(event)
            return False
        return True


class BlockingReceiver(_Reception):
    """Receives deliveries in code that blocks; the arguments are those of :class:`Receiver`.

    A plain handler runs in the thread of the request, an async one in the portal.
    """

    def receive(self, body: bytes, headers: Headers) -> tuple[Reply, BlockingWork | None]:
        """Receive a delivery.

        Args:
            body: The raw body.
            headers: The request's headers.

        Returns:
            What to answer, and what to do once that is out.
        """
        event = self._read(body, headers)
        if isinstance(event, Reply):
            return event, None
        holder, inbox = new_holder(), BlockingInbox(self._inbox)
        standing = inbox.take(event.id, holder)
        if not standing:
            return _reply_to(standing), None
        if not self._answers_before:
            return HANDLED if self._handle(event, holder) else FAILED, None

        def work() -> None:
            self._handle(event, holder)

        return ACCEPTED, work

    def _handle(self, event: Event, holder: str) -> bool:
        try:
            with BlockingInbox(self._inbox).holding(event, holder):
                run_handler_blocking(self._handler, event)
        except Exception:  # noqa: BLE001 - told in the log, and in the answer where there is one to give yet
            _log_failure(event)
            return False
        return True


def _reply_to(standing: Standing) -> Reply:
    # A worker that crashed over an event has answered nothing, and its claim looks as one under way: a 2xx here would
    # lose the event.
    return REPEATED if standing is Standing.HANDLED else UNDER_WAY


def _log_failure(event: Event) -> None:
    _log.exception(
        "the handler of event %s of type %s failed; its next delivery is the first again", event.id, event.type
    )
