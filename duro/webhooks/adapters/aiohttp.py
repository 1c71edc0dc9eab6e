"""Webhook endpoint for aiohttp's server."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from ..receiver import Receiver
from .extras import require_extra

with require_extra("aiohttp", extra="aiohttp"):
    from aiohttp import web

if TYPE_CHECKING:
    from ...api.models.events import Event
    from ..handlers import EventHandler
    from ..inbox.base import Inbox
    from ..receiver import Acknowledge, BackgroundWork
    from ..webhook import Webhook

__all__ = ["WebhookEndpoint"]

# A server that shuts down waits this long for handlers, then cancels them. A cancelled handler releases its claim.
SHUTDOWN_TIMEOUT_SECONDS: Final = 30.0


class WebhookEndpoint:
    """Webhook endpoint of an aiohttp application (``receiveEvent``).

    With ``acknowledge="early"``, each handler runs in a task of its own, and the application waits for these
    tasks when it shuts down.

    Args:
        webhook: Webhook that verifies the deliveries.
        handler: Function of one event, plain or async, or ``router.dispatch``.
        inbox: Record of handled events. Default: a new ``MemoryInbox``.
        acknowledge: ``"late"`` to respond after the handler, ``"early"`` to respond before it; see
            ``duro.webhooks.adapters``.

    Raises:
        ConfigurationError: An argument has the wrong type or value.

    Example:
        >>> from aiohttp import web
        >>> from duro.webhooks import Router, Webhook
        >>> from duro.webhooks.adapters.aiohttp import WebhookEndpoint
        >>> router, application = Router(), web.Application()
        >>> WebhookEndpoint(Webhook("whsec_example"), router.dispatch).add_to(application, "/webhooks/duro")
        >>> [route.method for route in application.router.routes()]
        ['POST']
    """

    def __init__(
        self,
        webhook: Webhook,
        handler: EventHandler[Event],
        *,
        inbox: Inbox | None = None,
        acknowledge: Acknowledge = "late",
    ) -> None:
        self._receiver = Receiver(webhook, handler, inbox=inbox, acknowledge=acknowledge)
        # Strong references: the event loop keeps only weak ones to its tasks.
        self._tasks: set[asyncio.Task[None]] = set()
        self._shutting_down = False

    def add_to(self, application: web.Application, path: str) -> None:
        """Add the endpoint to an application, and wait for its handlers when the application shuts down.

        Args:
            application: Application that is not started yet.
            path: URL path to which Duro posts.
        """
        application.router.add_post(path, self.handle)
        application.on_shutdown.append(self.finish)

    async def handle(self, request: web.Request) -> web.Response:
        """Respond to a delivery; this is the aiohttp handler of the POST route.

        Args:
            request: Request of the delivery.

        Returns:
            Response with a JSON body.
        """
        response, work = await self._receiver.receive(await request.read(), request.headers)
        if work is not None:
            await self._start(work)
        return web.Response(body=response.body, status=response.status, content_type="application/json")

    async def finish(self, _: web.Application | None = None) -> None:
        """Wait at most 30 seconds for running handlers, then cancel them; for ``application.on_shutdown``."""
        self._shutting_down = True
        if self._tasks:
            _done, late = await asyncio.wait(self._tasks, timeout=SHUTDOWN_TIMEOUT_SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    async def _start(self, work: BackgroundWork) -> None:
        if self._shutting_down:
            # finish() has collected its tasks, and would not wait for a new one.
            await work()
            return
        task = asyncio.ensure_future(work())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
