"""Deliveries in Flask."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from ..receiver import LONGEST_BODY, BlockingReceiver
from .needs import needs

with needs("flask", "werkzeug", extra="flask"):
    from flask import Response, copy_current_request_context, request

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...api.models.events import Event
    from ..handlers import Handler
    from ..inbox.base import Inbox
    from ..receiver import AnswerTime
    from ..webhook import Webhook

__all__ = ["receives"]


def receives(
    webhook: Webhook, *, inbox: Inbox | None = None, answer: AnswerTime = "before"
) -> Callable[[Handler[Event]], Callable[[], Response]]:
    """Make a view that receives deliveries out of a handler (``receiveEvent``); a decorator.

    The handler works in the request's thread and context, once the answer is out; the thread
    is free again when it is done. An async handler works in the SDK's own event loop.

    Args:
        webhook: Verifies them.
        inbox: Remembers what was handled; without one, the memory of this process does.
        answer: ``before`` the handler works, or ``after`` it; see :mod:`duro.webhooks.adapters`.

    Returns:
        The decorator; what it gives is for ``@app.post("/webhooks/duro")``.

    Raises:
        ConfigurationError: An argument is of no use.
    """

    def decorate(handler: Handler[Event]) -> Callable[[], Response]:
        receiver = BlockingReceiver(webhook, handler, inbox=inbox, answer=answer)

        @wraps(handler)
        def view() -> Response:
            if request.max_content_length is None:
                request.max_content_length = LONGEST_BODY
            reply, work = receiver.receive(request.get_data(), request.headers)
            response = Response(reply.body, reply.status, mimetype="application/json")
            if work is not None:
                # The server closes a response when it has sent it, and Flask has left the request by then.
                response.call_on_close(copy_current_request_context(work))
            return response

        return view

    return decorate
