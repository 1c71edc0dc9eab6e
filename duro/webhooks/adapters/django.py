"""Webhook view for Django."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from ..receiver import BlockingReceiver
from .extras import require_extra

with require_extra("django", extra="django"):
    from django.http import HttpRequest, HttpResponse
    from django.views.decorators.csrf import csrf_exempt
    from django.views.decorators.http import require_POST

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...api.models.events import Event
    from ..handlers import EventHandler
    from ..inbox.base import Inbox
    from ..receiver import Acknowledge, BlockingBackgroundWork
    from ..webhook import Webhook

__all__ = ["webhook_view"]


def webhook_view(
    webhook: Webhook, *, inbox: Inbox | None = None, acknowledge: Acknowledge = "late"
) -> Callable[[EventHandler[Event]], Callable[[HttpRequest], HttpResponse]]:
    """Turn an event handler into a Django view that receives deliveries (``receiveEvent``); used as a decorator.

    The view accepts POST only, and is exempt from CSRF checks because the signature authenticates the request.
    The handler runs in the request's thread, with ``acknowledge="early"`` after the response was sent. The thread
    is busy until the handler ends. An async handler runs in the SDK's own event loop.

    Args:
        webhook: Webhook that verifies the deliveries.
        inbox: Record of handled events. Default: a new ``MemoryInbox``.
        acknowledge: ``"late"`` to respond after the handler, ``"early"`` to respond before it; see
            ``duro.webhooks.adapters``.

    Returns:
        Decorator that returns the view, for ``path("webhooks/duro", view)``.

    Raises:
        ConfigurationError: An argument has the wrong type or value.

    Example:
        >>> from duro.webhooks import Event, Webhook
        >>> from duro.webhooks.adapters.django import webhook_view
        >>> @webhook_view(Webhook("whsec_example"))
        ... def receive_event(event: Event) -> None:
        ...     print(event.type)
        >>> receive_event.csrf_exempt
        True
    """

    def decorate(handler: EventHandler[Event]) -> Callable[[HttpRequest], HttpResponse]:
        receiver = BlockingReceiver(webhook, handler, inbox=inbox, acknowledge=acknowledge)

        @csrf_exempt
        @require_POST
        @wraps(handler)
        def view(request: HttpRequest) -> HttpResponse:
            response, work = receiver.receive(request.body, request.headers)
            return _WorkingResponse(response.body, work, status=response.status, content_type="application/json")

        return view

    return decorate


class _WorkingResponse(HttpResponse):
    """Response with work to do when the server has sent it and closes it."""

    def __init__(self, content: bytes, work: BlockingBackgroundWork | None, *, status: int, content_type: str) -> None:
        super().__init__(content, status=status, content_type=content_type)
        self._work = work

    def close(self) -> None:
        work, self._work = self._work, None
        try:
            if work is not None:
                work()
        finally:
            # Django ends the request here and closes its database connections, so the handler runs before that.
            super().close()
