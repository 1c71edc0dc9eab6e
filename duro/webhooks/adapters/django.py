"""Deliveries in Django."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING

from ..receiver import BlockingReceiver
from .needs import needs

with needs("django", extra="django"):
    from django.http import HttpRequest, HttpResponse
    from django.views.decorators.csrf import csrf_exempt
    from django.views.decorators.http import require_POST

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...api.models.events import Event
    from ..handlers import Handler
    from ..inbox.base import Inbox
    from ..receiver import AnswerTime, BlockingWork
    from ..webhook import Webhook

__all__ = ["receives"]


def receives(
    webhook: Webhook, *, inbox: Inbox | None = None, answer: AnswerTime = "before"
) -> Callable[[Handler[Event]], Callable[[HttpRequest], HttpResponse]]:
    """Make a view that receives deliveries out of a handler (``receiveEvent``); a decorator.

    The view takes POST alone, and needs no CSRF token: the signature says more. The handler
    works in the request's thread, once the answer is out; the thread is free again when it is
    done. An async handler works in the SDK's own event loop.

    Args:
        webhook: Verifies them.
        inbox: Remembers what was handled; without one, the memory of this process does.
        answer: ``before`` the handler works, or ``after`` it; see :mod:`duro.webhooks.adapters`.

    Returns:
        The decorator; what it gives is for ``path("webhooks/duro", view)``.

    Raises:
        ConfigurationError: An argument is of no use.
    """

    def decorate(handler: Handler[Event]) -> Callable[[HttpRequest], HttpResponse]:
        receiver = BlockingReceiver(webhook, handler, inbox=inbox, answer=answer)

        @csrf_exempt
        @require_POST
        @wraps(handler)
        def view(request: HttpRequest) -> HttpResponse:
            reply, work = receiver.receive(request.body, request.headers)
            return _Answer(reply.body, work, status=reply.status, content_type="application/json")

        return view

    return decorate


class _Answer(HttpResponse):
    """A response with work to do when the server has sent it, and closes it."""

    def __init__(self, content: bytes, work: BlockingWork | None, *, status: int, content_type: str) -> None:
        super().__init__(content, status=status, content_type=content_type)
        self._work = work

    def close(self) -> None:
        work, self._work = self._work, None
        try:
            if work is not None:
                work()
        finally:
            # Ends the request for Django too, which closes what the work has opened, such as database connections.
            super().close()
