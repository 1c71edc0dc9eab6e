"""Webhook endpoint for FastAPI, and a dependency that verifies a delivery and provides its event."""

import json
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from ..._sandbox_trace import begin_trace
from ...api.models.events import Event
from ...errors import WebhookError
from ..headers import find_trace
from ..receiver import BODY_TOO_LARGE
from ..webhook import Webhook
from .extras import require_extra

with require_extra("fastapi", "starlette", extra="fastapi"):
    from fastapi import HTTPException, Request

    from .starlette import StarletteEndpoint, read_body, webhook_endpoint

__all__ = ["EventDependency", "StarletteEndpoint", "verified_event", "webhook_endpoint"]

# FastAPI evaluates these annotations at runtime, so they are imported and this module does not postpone them.
EventDependency: TypeAlias = Callable[[Request], Awaitable[Event]]


def verified_event(webhook: Webhook) -> EventDependency:
    """Create a dependency that provides the verified event of a delivery (``receiveEvent``).

    The dependency does not drop repeats. Use an inbox in the path function, or
    ``webhook_endpoint``.

    Args:
        webhook: Webhook that verifies the deliveries.

    Returns:
        Dependency for ``Annotated[Event, Depends(verified_event(webhook))]``. It raises an ``HTTPException``
        with status 400 if the verification fails, and 413 if the body is larger than 1 MiB.

    Example:
        >>> from typing import Annotated
        >>> from fastapi import Depends, FastAPI
        >>> from duro.webhooks import Event, Webhook
        >>> from duro.webhooks.adapters.fastapi import verified_event
        >>> VerifiedEvent = Annotated[Event, Depends(verified_event(Webhook("whsec_example")))]
        >>> application = FastAPI()
        >>> @application.post("/webhooks/duro")
        ... async def receive_event(event: VerifiedEvent) -> dict[str, str]:
        ...     return {"event": event.id}
    """

    async def dependency(request: Request) -> Event:
        body = await read_body(request)
        if body is None:
            raise HTTPException(BODY_TOO_LARGE.status, detail=json.loads(BODY_TOO_LARGE.body)["error"])
        try:
            event = webhook.verify(body, request.headers)
        except WebhookError as error:
            detail = {"code": error.code, "message": str(error)}
        else:
            # The path function runs in the task of the request, in which the trace therefore ends too.
            begin_trace(find_trace(request.headers))
            return event
        raise HTTPException(400, detail=detail)

    return dependency
