"""Routes of the hosted checkout: the page of a session, its forms, and the page of a payment link."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Final
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from ..backend import Backend
from ..billing.checkout_sessions import HOSTED_PATH, find_checkout_session, open_checkout_session, price_plan
from ..billing.payment_links import find_payment_link
from ..errors import ResponseError
from ..storage.rows import find
from . import steps
from .forms import check_email, check_rail, find_failure, read_form
from .pages import render_error, render_session
from .return_url import add_reference, find_form_target

__all__ = ["build_checkout_routes"]

STATIC: Final = Path(__file__).parent / "static"

_HEADERS: Final = {
    "Cache-Control": "no-store",
    # The address of the page contains the token.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)

Form = Mapping[str, str]
Step = Callable[[Backend, str, Form], None]


def build_checkout_routes(backend: Backend, url: str) -> list[BaseRoute]:
    """Build the routes of the hosted checkout.

    Args:
        backend: Backend of the sessions.
        url: URL of the server, without a trailing slash.
    """
    page = f"{HOSTED_PATH}/{{token}}"

    async def show(request: Request) -> Response:
        return _show_session(backend, request.path_params["token"])

    async def open_link(request: Request) -> Response:
        with backend.unit_of_work(f"link {request.path_params['slug']}") as uow:
            link = find_payment_link(uow.db, request.path_params["slug"])
            session = open_checkout_session(uow, price_plan(find(uow.db, "plans", link["plan_id"])), url)
        return RedirectResponse(session["url"], 303, _HEADERS)

    async def show_again(request: Request) -> Response:
        # A browser shows the address of a form after its error, and opens it again later.
        return RedirectResponse(f"{HOSTED_PATH}/{quote(request.path_params['token'], safe='')}", 303, _HEADERS)

    return [
        Route("/_sandbox/links/{slug}", _report_errors(open_link), methods=["GET"]),
        Route(page, _report_errors(show), methods=["GET"]),
        *(
            Route(f"{page}/{name}", _report_errors(_handle_form(backend, step)), methods=["POST"])
            for name, step in _STEPS.items()
        ),
        *(Route(f"{page}/{name}", show_again, methods=["GET"]) for name in _STEPS),
        Mount("/_sandbox/checkout-assets", StaticFiles(directory=STATIC)),
    ]


def _pay(backend: Backend, token: str, form: Form) -> None:
    steps.pay(backend, token, check_rail(form), email=check_email(form), failure=find_failure(form))


def _settle(backend: Backend, token: str, form: Form) -> None:
    try:
        steps.settle(backend, token, failure=find_failure(form))
    except ResponseError:
        # After a double click, or in another tab. A payment has the same result each time, too.
        with backend.store.transaction() as db:
            is_settled = find_checkout_session(db, token)["status"] == "completed"
        if not is_settled:
            raise


def _enter_promo_code(backend: Backend, token: str, form: Form) -> None:
    steps.enter_promo_code(backend, token, form.get("code", ""))


_STEPS: Final[Mapping[str, Step]] = {"pay": _pay, "settle": _settle, "promo-code": _enter_promo_code}


def _handle_form(backend: Backend, step: Step) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        token, form = request.path_params["token"], await read_form(request)
        try:
            step(backend, token, form)
        except ResponseError as error:
            return _show_session(backend, token, error=error, form=form)
        return _redirect(backend, token)

    return endpoint


def _redirect(backend: Backend, token: str) -> Response:
    """Redirect to the shop after a payment, and otherwise to the page, so that a reload does not repeat the form."""
    with backend.store.transaction() as db:
        session = find_checkout_session(db, token)
    target = f"{HOSTED_PATH}/{token}"
    if session["status"] == "completed" and session["success_url"] is not None:
        target = add_reference(session["success_url"], session["id"])
    return RedirectResponse(target, 303, _HEADERS)


def _show_session(
    backend: Backend, token: str, *, error: ResponseError | None = None, form: Form | None = None
) -> Response:
    with backend.store.transaction() as db:
        session = find_checkout_session(db, token)
        html = render_session(db, session, now=backend.time.now(), alert=error.message if error else "", form=form)
    # A browser also applies the policy to the redirect that follows a form.
    target = f" {find_form_target(session['success_url'])}" if session["success_url"] else ""
    headers = {**_HEADERS, "Content-Security-Policy": _POLICY + target}
    return HTMLResponse(html, error.status if error else 200, headers)


def _report_errors(
    endpoint: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    """Show errors as a page, because people read it."""

    async def reporting(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ResponseError as error:
            heading = "Page not found" if error.status == 404 else "This page cannot be shown"
            headers = {**_HEADERS, "Content-Security-Policy": _POLICY}
            return HTMLResponse(render_error(heading, error.message), error.status, headers)

    return reporting
