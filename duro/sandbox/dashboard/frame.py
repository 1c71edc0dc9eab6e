"""Frame: turns the declarations of pages and forms into routes with common headers, notices and error pages."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Final
from urllib.parse import quote

import anyio.to_thread
from attrs import evolve
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ..backend import Backend
from ..checkout.forms import read_form
from ..clock import timestamp
from ..errors import ApiError, ResponseError
from .live import read_version
from .navigation import ROOT, select_navigation
from .notices import Notices
from .page import DashboardForm, DashboardPage, Visit
from .templating import render_template

__all__ = ["HEADERS", "Frame"]

# Pages show text from requests. Only the scripts and styles of the sandbox run, and no page may frame another.
HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_TOKEN_FIELD: Final = "token"
_NOTICE: Final = "notice"
_NOT_FOUND: Final = ApiError(404, "This address does not exist. Use the navigation to find the page.")


class Frame:
    """Frame of the pages of one sandbox.

    Each form contains a token that only the pages have. Pages of other sites
    cannot read it, also in a browser that does not mark its requests.

    Args:
        backend: Backend to show and to change.
        pages: Pages of the dashboard.
    """

    def __init__(self, backend: Backend, pages: Iterable[DashboardPage]) -> None:
        self._backend = backend
        self._pages = tuple(pages)
        self._navigation = select_navigation(page.path for page in self._pages)
        self._token = secrets.token_urlsafe(16)
        self._notices = Notices()

    def build_routes(self, forms: Iterable[DashboardForm]) -> list[BaseRoute]:
        """Build the routes of the pages and their forms.

        Args:
            forms: Forms of the pages.
        """
        forms = tuple(forms)
        paths = {page.path for page in self._pages}
        return [
            *(Route(page.path, self._show(page), methods=["GET"]) for page in self._pages),
            *(Route(form.path, self._handle(form), methods=["POST"]) for form in forms),
            *(Route(form.path, _redirect_to_page(form), methods=["GET"]) for form in forms if form.path not in paths),
            Route(f"{ROOT}/{{rest:path}}", self._show_not_found, methods=["GET", "POST"]),
        ]

    def _show(self, page: DashboardPage) -> Callable[..., object]:
        async def endpoint(request: Request) -> Response:
            visit = Visit(request.path_params, request.query_params, origin=str(request.base_url).rstrip("/"))
            # In a worker thread, because the event loop serves the API and must not wait for a page.
            return await anyio.to_thread.run_sync(self.respond, page, visit)

        return endpoint

    def _handle(self, form: DashboardForm) -> Callable[..., object]:
        async def endpoint(request: Request) -> Response:
            visit = Visit(request.path_params, request.query_params, await read_form(request))
            # In a worker thread: an advance can take seconds, and its deliveries need the event loop.
            return await anyio.to_thread.run_sync(self._run, form, visit)

        return endpoint

    async def _show_not_found(self, _request: Request) -> Response:
        return await anyio.to_thread.run_sync(partial(self._respond_with_error, _NOT_FOUND))

    def _run(self, form: DashboardForm, visit: Visit) -> Response:
        """Run the action of a form, and redirect, so that a reload does not repeat the form."""
        try:
            self._check_token(visit)
            result = form.action(self._backend, visit)
        except ResponseError as error:
            return self.respond(form.page, evolve(visit, error=error))
        key = self._notices.add(result.notice)
        separator = "&" if "?" in result.path else "?"
        return RedirectResponse(f"{result.path}{separator}{_NOTICE}={key}", 303, HEADERS)

    def _check_token(self, visit: Visit) -> None:
        if not hmac.compare_digest(visit.form.get(_TOKEN_FIELD, "").encode(), self._token.encode()):
            raise ApiError(403, "The sandbox was restarted since the page was loaded. Nothing was changed. Try again.")

    def respond(self, page: DashboardPage, visit: Visit) -> Response:
        """Read the data of a page, and render it.

        Args:
            page: Page to show.
            visit: Request for the page.
        """
        # Read before the data, so that a change in between makes the page load itself again.
        version = read_version(self._backend)
        try:
            variables = page.view(self._backend, visit)
        except ResponseError as error:
            return self._respond_with_error(error, page.section)
        status = 200 if visit.error is None else visit.error.status
        return self._render(page.template, status, page.section, visit, {**variables, "version": version})

    def _respond_with_error(self, error: ResponseError, section: str = "") -> Response:
        heading = "Page not found" if error.status == 404 else "This page cannot be shown"
        variables = {"heading": heading, "message": error.message, "version": ""}
        return self._render("error.html", error.status, section, Visit(), variables)

    def _render(
        self, template: str, status: int, section: str, visit: Visit, variables: Mapping[str, object]
    ) -> Response:
        now = self._backend.clock.now()
        common = {
            "navigation": self._navigation,
            "section": section,
            "now": now,
            "now_text": timestamp(now),
            "clock_mode": self._backend.time.mode,
            "token": self._token,
            "notice": self._notices.take(visit.query.get(_NOTICE, "")),
            "error": visit.error,
            "form": visit.form,
            "query": visit.query,
        }
        return HTMLResponse(render_template(template, {**common, **variables}), status, HEADERS)


def _redirect_to_page(form: DashboardForm) -> Callable[..., object]:
    """Build the endpoint of the address that a browser shows after an error of a form, for reloads and links."""

    async def endpoint(request: Request) -> Response:
        path = form.page.path.format_map({name: quote(text, safe="") for name, text in request.path_params.items()})
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"{path}{query}", 303, HEADERS)

    return endpoint
