"""Webhook endpoint for Starlette and FastAPI; see also ``duro.webhooks.adapters.fastapi``."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from ...api.models.events import Event
from ..handlers import EventHandler
from ..inbox.base import Inbox
from ..receiver import BODY_TOO_LARGE, MAX_BODY_BYTES, Acknowledge, Receiver
from ..webhook import Webhook
from .extras import require_extra

with require_extra("starlette", extra="fastapi"):
    from starlette.background import BackgroundTask
    from starlette.requests import Request
    from starlette.responses import Response

__all__ = ["StarletteEndpoint", "read_body", "webhook_endpoint"]

# FastAPI evaluates these annotations at runtime, so they are imported and this module does not postpone them.
StarletteEndpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


def webhook_endpoint(
    webhook: Webhook, handler: EventHandler[Event], *, inbox: Inbox | None = None, acknowledge: Acknowledge = "late"
) -> StarletteEndpoint:
    """Create an endpoint that receives deliveries (``receiveEvent``).

    An async handler runs on the event loop, a plain one in a worker thread. With ``acknowledge="early"``, it runs
    as a background task.

    Args:
        webhook: Webhook that verifies the deliveries.
        handler: Function of one event, plain or async, or ``router.dispatch``.
        inbox: Record of handled events. Default: a new ``MemoryInbox``.
        acknowledge: ``"late"`` to respond after the handler, ``"early"`` to respond before it; see
            ``duro.webhooks.adapters``.

    Returns:
        Endpoint for ``Route("/webhooks/duro", endpoint, methods=["POST"])``.

    Raises:
        ConfigurationError: An argument has the wrong type or value.

    Example:
        >>> from starlette.applications import Starlette
        >>> from starlette.routing import Route
        >>> from duro.webhooks import Router, Webhook
        >>> from duro.webhooks.adapters.starlette import webhook_endpoint
        >>> endpoint = webhook_endpoint(Webhook("whsec_example"), Router().dispatch)
        >>> application = Starlette(routes=[Route("/webhooks/duro", endpoint, methods=["POST"])])
    """
    receiver = Receiver(webhook, handler, inbox=inbox, acknowledge=acknowledge)

    async def endpoint(request: Request) -> Response:
        body = await read_body(request)
        response, work = (BODY_TOO_LARGE, None) if body is None else await receiver.receive(body, request.headers)
        background = None if work is None else BackgroundTask(work)
        return Response(response.body, response.status, media_type="application/json", background=background)

    return endpoint


async def read_body(request: Request) -> bytes | None:
    """Read the raw body of a request.

    Args:
        request: Request whose body is not read yet.

    Returns:
        The body, or ``None`` if it is larger than 1 MiB.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return bytes(body)
