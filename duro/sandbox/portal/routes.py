"""Routes of the customer portal: its page, and the forms of the page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from ..auth.portal_links import read_link_token
from ..backend import Backend
from ..checkout.forms import read_form
from ..errors import ApiError, ResponseError
from .links import PORTAL_PATH
from .pages import render_account, render_sign_in
from .steps import PortalVisitor

__all__ = ["build_portal_routes"]

COOKIE: Final = "duro_portal_session"
_ADDRESS: Final = ("token", "email")
_HEADERS: Final = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; frame-ancestors 'none'; "
        "form-action 'self'"
    ),
    # The address of the page contains the token of the link.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
}

# The API names the invalid field. These sentences are for customers.
_ADVICE: Final = {
    "email": "Enter an e-mail address, such as ada@example.com.",
    "code": "Enter the code from the e-mail.",
    "amount": "Enter an amount in whole naira, at least 100.",
    "bvn": "Enter the 11 digits of your BVN.",
}

Form = Mapping[str, str]
Step = Callable[[PortalVisitor, Form], Response]


def build_portal_routes(backend: Backend, url: str) -> list[BaseRoute]:
    """Build the routes of the customer portal.

    Args:
        backend: Backend of the portal.
        url: URL of the server, without a trailing slash.
    """

    def identify(request: Request) -> PortalVisitor:
        return PortalVisitor(backend, url, request.cookies.get(COOKIE, ""))

    async def show(request: Request) -> Response:
        return _show(identify(request), request.query_params)

    def handle(step: Step) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            visitor, form = identify(request), await read_form(request)
            try:
                return step(visitor, form)
            except ResponseError as error:
                return _show(visitor, form, error)

        return endpoint

    async def show_again(_request: Request) -> Response:
        # A browser shows the address of a form after its error, and opens it again later.
        return _redirect(PORTAL_PATH)

    return [
        Route(PORTAL_PATH, show, methods=["GET"]),
        *(Route(f"{PORTAL_PATH}/{name}", handle(step), methods=["POST"]) for name, step in _STEPS.items()),
        *(Route(f"{PORTAL_PATH}/{name}", show_again, methods=["GET"]) for name in _STEPS),
    ]


def _show(visitor: PortalVisitor, fields: Form, error: ResponseError | None = None) -> Response:
    """Show the account of a signed-in customer, and the sign-in to others or for another address."""
    address, status = _find_address(fields), error.status if error else 200
    alert = _describe(error) if error else ""
    email = address.get("email", "")
    if "token" in address:
        try:
            email = read_link_token(visitor.backend.work.seed, address["token"], visitor.backend.mode)
        except ApiError as invalid:
            address, alert, status = {}, invalid.message, invalid.status
    account = visitor.find_account()
    if account is not None and email.casefold() in {"", account["email"].casefold()}:
        return HTMLResponse(render_account(visitor, account, alert=alert), status, _HEADERS)
    is_sent = bool(address) and "sent" in fields
    return HTMLResponse(render_sign_in(address, email=email, is_sent=is_sent, alert=alert), status, _HEADERS)


def _find_address(fields: Form) -> dict[str, str]:
    """Return the token of the link, or the e-mail address, or nothing."""
    for name in _ADDRESS:
        if value := fields.get(name, "").strip():
            return {name: value}
    return {}


def _describe(error: ResponseError) -> str:
    paths = [detail["path"] for detail in error.details]
    return next((_ADVICE[path] for path in paths if path in _ADVICE), error.message)


def _send_code(visitor: PortalVisitor, form: Form) -> Response:
    address = _find_address(form)
    visitor.send_code(address, resend="resend" in form)
    return _redirect(f"{PORTAL_PATH}?{urlencode({**address, 'sent': '1'})}")


def _sign_in(visitor: PortalVisitor, form: Form) -> Response:
    session = visitor.sign_in(_find_address(form), form.get("code", ""))
    response = _redirect(PORTAL_PATH)
    response.set_cookie(
        COOKIE, session, path=PORTAL_PATH, httponly=True, samesite="lax", secure=visitor.url.startswith("https:")
    )
    return response


def _sign_out(_visitor: PortalVisitor, _form: Form) -> Response:
    response = _redirect(PORTAL_PATH)
    response.delete_cookie(COOKIE, path=PORTAL_PATH)
    return response


def _pause(visitor: PortalVisitor, form: Form) -> Response:
    visitor.pause(form.get("id", ""))
    return _redirect(PORTAL_PATH)


def _top_up(visitor: PortalVisitor, form: Form) -> Response:
    return _redirect(visitor.open_top_up(form.get("amount", "").strip()))


def _request_virtual_account(visitor: PortalVisitor, form: Form) -> Response:
    visitor.request_virtual_account(form.get("bvn", ""))
    return _redirect(PORTAL_PATH)


def _redirect(target: str) -> Response:
    """Redirect after a form, so that a reload does not repeat it."""
    return RedirectResponse(target, 303, _HEADERS)


_STEPS: Final[Mapping[str, Step]] = {
    "code": _send_code,
    "sign-in": _sign_in,
    "sign-out": _sign_out,
    "pause": _pause,
    "top-up": _top_up,
    "virtual-account": _request_virtual_account,
}
