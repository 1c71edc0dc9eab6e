"""Webhook view for Flask."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from ..receiver import MAX_BODY_BYTES, BlockingReceiver
from .extras import require_extra

with require_extra("flask", "werkzeug", extra="flask"):
    from flask import Response, copy_current_request_context, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...api.models.events import Event
    from ..handlers import EventHandler
    from ..inbox.base import Inbox
    from ..receiver import Acknowledge
    from ..webhook import Webhook

__all__ = ["webhook_view"]


def webhook_view(
    webhook: Webhook, *, inbox: Inbox | None = None, acknowledge: Acknowledge = "late"
) -> Callable[[EventHandler[Event]], Callable[[], Response]]:
    """Turn an event handler into a Flask view that receives deliveries (``receiveEvent``); used as a decorator.

    The handler runs in the request's thread and context, with ``acknowledge="early"`` after the response was sent.
    The thread is busy until the handler ends. An async handler runs in the SDK's own event loop.

    Args:
        webhook: Webhook that verifies the deliveries.
        inbox: Record of handled events. Default: a new ``MemoryInbox``.
        acknowledge: ``"late"`` to respond after the handler, ``"early"`` to respond before it; see
            ``duro.webhooks.adapters``.

    Returns:
        Decorator that returns the view, for ``@app.post("/webhooks/duro")``.

    Raises:
        ConfigurationError: An argument has the wrong type or value.

    Example:
        >>> from flask import Flask
        >>> from duro.webhooks import Event, Webhook
        >>> from duro.webhooks.adapters.flask import webhook_view
        >>> app, webhook = Flask("shop"), Webhook("whsec_example")
        >>> @app.post("/webhooks/duro")
        ... @webhook_view(webhook)
        ... def receive_event(event: Event) -> None:
        ...     print(event.type)
        >>> body = b'{"id": "evt_1", "type": "invoice_created", "createdAt": "2026-06-28T09:00:00Z", "data": {}}'
        >>> app.test_client().post("/webhooks/duro", data=body, headers=webhook.sign(body)).status
        invoice_created
        '200 OK'
    """

    def decorate(handler: EventHandler[Event]) -> Callable[[], Response]:
        receiver = BlockingReceiver(webhook, handler, inbox=inbox, acknowledge=acknowledge)

        @wraps(handler)
        def view() -> Response:
            if request.max_content_length is None:
                request.max_content_length = MAX_BODY_BYTES
            result, work = receiver.receive(request.get_data(), request.headers)
            response = Response(result.body, result.status, mimetype="application/json")
            if work is not None:
                # The server closes the response after sending it. Flask has left the request context by then.
                response.call_on_close(copy_current_request_context(work))
            return response

        return view

    return decorate
