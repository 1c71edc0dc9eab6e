"""Deliveries in aiohttp's server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from ..receiver import Receiver
from .needs import needs

with needs("aiohttp", extra="aiohttp"):
    from aiohttp import web

if TYPE_CHECKING:
    from ...api.models.events import Event
    from ..handlers import Handler
    from ..inbox.base import Inbox
    from ..receiver import AnswerTime, Work
    from ..webhook import Webhook

__all__ = ["Deliveries"]

# So long a server that shuts down waits for handlers; what is left is cancelled, and its claims released.
SHUTDOWN_PATIENCE: Final = 30.0


class Deliveries:
    """Receives deliveries in an aiohttp application (``receiveEvent``).

    The handler works in a task of its own; the application waits for it when it shuts down.

    Args:
        webhook: Verifies them.
        handler: Handles an event; ``router.dispatch``, or a function.
        inbox: Remembers what was handled; without one, the memory of this process does.
        answer: ``before`` the handler works, or ``after`` it; see :mod:`duro.webhooks.adapters`.

    Raises:
        ConfigurationError: An argument is of no use.
    """

    def __init__(
        self, webhook: Webhook, handler: Handler[Event], *, inbox: Inbox | None = None, answer: AnswerTime = "before"
    ) -> None:
        self._receiver = Receiver(webhook, handler, inbox=inbox, answer=answer)
        # The event loop itself refers to its tasks only weakly.
        self._tasks: set[asyncio.Task[None]] = set()
        self._shutting_down = False

    def add_to(self, application: web.Application, path: str) -> None:
        """Let an application receive deliveries.

        Args:
            application: The application, before it is started.
            path: Where Duro posts to.
        """
        application.router.add_post(path, self.handle)
        application.on_shutdown.append(self.finish)

    async def handle(self, request: web.Request) -> web.Response:
        """Response a delivery; a handler of aiohttp, for a POST route."""
        reply, work = await self._receiver.receive(await request.read(), request.headers)
        if work is not None:
            await self._start(work)
        return web.Response(body=reply.body, status=reply.status, content_type="application/json")

    async def finish(self, _: web.Application | None = None) -> None:
        """Wait for the handlers at work, for 30 s, then cancel them; for ``application.on_shutdown``."""
        self._shutting_down = True
        if self._tasks:
            _done, late = await asyncio.wait(self._tasks, timeout=SHUTDOWN_PATIENCE)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _start(self, work: Work) -> None:
        if self._shutting_down:
            # Nobody would wait for a task any more.
            await work()
            return
        task = asyncio.ensure_future(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
