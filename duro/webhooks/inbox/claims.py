"""Claims on events: acquire, and complete or release even if the handler is cancelled."""

from __future__ import annotations

import asyncio
import logging
import uuid
from contextlib import AbstractAsyncContextManager
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

from anyio.lowlevel import checkpoint_if_cancelled
from attrs import frozen

from ...http.event_loop import run_to_completion

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

    from ...api.models.events import Event

__all__ = ["Claim", "ClaimBlock", "ClaimStatus", "HoldBlock", "acquire_claim", "new_holder"]

T = TypeVar("T")

_log: Final = logging.getLogger("duro.webhooks")


class ClaimStatus(Enum):
    """Result of claiming an event; only ``CLAIMED`` is true in a boolean context."""

    CLAIMED = "claimed"
    """The event is new, and is now claimed for the caller."""

    IN_PROGRESS = "in_progress"
    """Another holder is handling the event, and may still fail."""

    HANDLED = "handled"
    """The event was handled before."""

    def __bool__(self) -> bool:
        return self is ClaimStatus.CLAIMED


@frozen
class Claim:
    """Attempt to claim an event; true in a boolean context if the event was claimed.

    Attributes:
        status: Result of the attempt. The block handles the event only if it is ``CLAIMED``.
    """

    status: ClaimStatus

    def __bool__(self) -> bool:
        return bool(self.status)


class ClaimStorage(Protocol):
    """Atomic steps of an inbox."""

    async def acquire(self, event_id: str, holder: str) -> ClaimStatus: ...
    async def complete(self, event_id: str, holder: str) -> bool: ...
    async def release(self, event_id: str, holder: str | None) -> None: ...


def new_holder() -> str:
    """Return a new unique identifier for a claim."""
    return uuid.uuid4().hex


async def acquire_claim(inbox: ClaimStorage, event_id: str, holder: str) -> ClaimStatus:
    """Acquire a claim, and release it if the caller is cancelled before it gets the result.

    Args:
        inbox: Inbox to acquire the claim in.
        event_id: Id of the event.
        holder: Unique identifier of the new claim.

    Returns:
        ``CLAIMED`` if the claim was created, else the reason why it was not.
    """
    try:
        status = await inbox.acquire(event_id, holder)
        await checkpoint_if_cancelled()
    except Exception:
        raise
    except BaseException:
        # The claim may exist. Its holder is unique, so no other claim is deleted.
        await run_to_completion(partial(_release, inbox, event_id, holder))
        raise
    return status


# Classes and not generators: the blocking twins enter and leave them in different tasks of the portal.
class HoldBlock(AbstractAsyncContextManager[None]):
    """Context manager that completes or releases an acquired claim, once.

    Args:
        inbox: Inbox that has the claim.
        event: Event that is claimed.
        holder: Identifier of the claim.
    """

    def __init__(self, inbox: ClaimStorage, event: Event, holder: str) -> None:
        self._inbox = inbox
        self._event = event
        self._holder = holder
        self._is_settling = False

    async def __aenter__(self) -> None:
        pass

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        # A blocking caller that was interrupted leaves again, because its first call may not have begun.
        if self._is_settling:
            return
        self._is_settling = True
        # To completion: a cancelled handler must release its claim, or the event stays blocked until the lease ends.
        if error is None:
            await run_to_completion(partial(_complete, self._inbox, self._event, self._holder))
        else:
            await run_to_completion(partial(_release, self._inbox, self._event.id, self._holder))


class ClaimBlock(AbstractAsyncContextManager[Claim]):
    """Context manager that acquires a claim; if it was acquired, it completes or releases it, once.

    Args:
        inbox: Inbox to acquire the claim in.
        event: Event to claim.
        holder: Unique identifier of the new claim.
    """

    def __init__(self, inbox: ClaimStorage, event: Event, holder: str) -> None:
        self._inbox = inbox
        self._event = event
        self._holder = holder
        self._hold: HoldBlock | None = None

    async def __aenter__(self) -> Claim:
        claim = Claim(await acquire_claim(self._inbox, self._event.id, self._holder))
        if claim:
            self._hold = HoldBlock(self._inbox, self._event, self._holder)
        return claim

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._hold is not None:
            await self._hold.__aexit__(kind, error, traceback)


async def _complete(inbox: ClaimStorage, event: Event, holder: str) -> None:
    completed, was_repeated = await _run_again_if_cancelled(partial(inbox.complete, event.id, holder))
    # A repeated step finds the completion of the first one.
    if not completed and not was_repeated:
        _log.warning(
            "the claim on event %s of type %s ended before its handler did; the event may have been handled "
            "twice: increase the inbox's lease",
            event.id,
            event.type,
        )


async def _release(inbox: ClaimStorage, event_id: str, holder: str) -> None:
    try:
        await _run_again_if_cancelled(partial(inbox.release, event_id, holder))
    except Exception:  # noqa: BLE001 - logged, because it would replace the error or the cancellation of the handler
        _log.exception(
            "the claim on event %s could not be released; the event is blocked until its lease ends", event_id
        )


async def _run_again_if_cancelled(step: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
    """Run a step of an inbox in a task that only the end of ``asyncio.run`` cancels, which happens once."""
    try:
        return await step(), False
    except asyncio.CancelledError:
        return await step(), True
