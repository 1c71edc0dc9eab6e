"""Log of the problems of pages: foreign hosts, errors in the console, exceptions, dialogs and policy violations."""

from __future__ import annotations

import re
from collections.abc import Iterable

from playwright.async_api import BrowserContext, ConsoleMessage, Dialog, Request, WebError

LOCAL_SCHEMES = ("data:", "blob:", "about:")
_STATUS = re.compile(r"Failed to load resource: the server responded with a status of (\d{3})")


class PageLog:
    """Problems of all pages of a browser context.

    Args:
        context: Browser context.
        origins: Origins that pages may load from and navigate to.

    Attributes:
        problems: Descriptions of the problems so far.
        allowed_statuses: HTTP statuses whose errors are not problems, because the test causes them.
    """

    def __init__(self, context: BrowserContext, origins: Iterable[str]) -> None:
        self.problems: list[str] = []
        self.allowed_statuses: set[int] = set()
        self._origins = tuple(origins)
        context.on("request", self._check_request)
        context.on("console", self._check_message)
        context.on("weberror", self._add_exception)
        context.on("dialog", self._dismiss)

    def _check_request(self, request: Request) -> None:
        allowed = any(request.url == origin or request.url.startswith(f"{origin}/") for origin in self._origins)
        if not allowed and not request.url.startswith(LOCAL_SCHEMES):
            self.problems.append(f"request to another host: {request.url}")

    def _check_message(self, message: ConsoleMessage) -> None:
        """Add an error or a warning. Browsers write policy violations to the console, too."""
        status = _STATUS.match(message.text)
        if status and int(status[1]) in self.allowed_statuses:
            return
        if message.type in {"error", "warning"}:
            self.problems.append(f"{message.type} in the console: {message.text} ({message.location['url']})")

    def _add_exception(self, error: WebError) -> None:
        self.problems.append(f"exception of a script: {error.error}")

    async def _dismiss(self, dialog: Dialog) -> None:
        self.problems.append(f"dialog: {dialog.message}")
        await dialog.dismiss()
