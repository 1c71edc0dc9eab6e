"""Deliveries in FastAPI: a dependency that gives the whole answer, and one that gives the event."""

import json
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from ...api.models.events import Event
from ...errors import WebhookError
from ..receiver import TOO_LONG
from ..webhook import Webhook
from .needs import needs

with needs("fastapi", "starlette", extra="fastapi"):
    from fastapi import HTTPException, Request

    from .starlette import Endpoint, body_of, receive

__all__ = ["Endpoint", "EventDependency", "receive", "verified_event"]

# FastAPI reads the annotations of what these functions give while the program runs, so here they are no texts.
EventDependency: TypeAlias = Callable[[Request], Awaitable[Event]]


def verified_event(webhook: Webhook) -> EventDependency:
    """Make a dependency that gives a path function the event of a delivery (``receiveEvent``).

    Repeats are the path function's own affair; :func:`~duro.webhooks.adapters.starlette.receive` sees to them.

    Args:
        webhook: Verifies the delivery.

    Returns:
        The dependency, for ``Annotated[Event, Depends(verified_event(webhook))]``. It raises an
        ``HTTPException``: 400 for what is refused, 413 for what no delivery is as long as.
    """

    async def dependency(request: Request) -> Event:
        body = await body_of(request)
        if body is None:
            raise HTTPException(TOO_LONG.status, detail=json.loads(TOO_LONG.body)["error"])
        try:
            return webhook.verify(body, request.headers)
        except WebhookError as refusal:
            detail = {"code": refusal.code, "message": str(refusal)}
        raise HTTPException(400, detail=detail)

    return dependency
