"""Deliveries in Starlette; FastAPI has :mod:`duro.webhooks.adapters.fastapi` besides."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from ...api.models.events import Event
from ..handlers import Handler
from ..inbox.base import Inbox
from ..receiver import LONGEST_BODY, TOO_LONG, AnswerTime, Receiver
from ..webhook import Webhook
from .needs import needs

with needs("starlette", extra="fastapi"):
    from starlette.background import BackgroundTask
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["Endpoint", "body_of", "receive"]

# FastAPI reads the annotations of what these functions give while the program runs, so here they are no texts.
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


def receive(
    webhook: Webhook, handler: Handler[Event], *, inbox: Inbox | None = None, answer: AnswerTime = "before"
) -> Endpoint:
    """Make an endpoint that receives deliveries (``receiveEvent``).

    The handler works as a background task: on the event loop if it is async, else in a worker thread.

    Args:
        webhook: Verifies them.
        handler: Handles an event; ``router.dispatch``, or a function.
        inbox: Remembers what was handled; without one, the memory of this process does.
        answer: ``before`` the handler works, or ``after`` it; see :mod:`duro.webhooks.adapters`.

    Returns:
        The endpoint, for ``Route("/webhooks/duro", endpoint, methods=["POST"])``.

    Raises:
        ConfigurationError: An argument is of no use.
    """
    receiver = Receiver(webhook, handler, inbox=inbox, answer=answer)

    async def endpoint(request: Request) -> Response:
        body = await body_of(request)
        reply, work = (TOO_LONG, None) if body is None else await receiver.receive(body, request.headers)
        background = None if work is None else BackgroundTask(work)
        return Response(reply.body, reply.status, media_type="application/json", background=background)

    return endpoint


async def body_of(request: Request) -> bytes | None:
    """Read the raw body of a request, but for one that no delivery has."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_BODY:
            return None
    return bytes(body)
