"""Links to the customer portal."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from attrs import field, frozen

from ..auth.portal_links import create_link_token
from ..backend import Backend
from ..errors import ApiError
from ..storage.rows import find

__all__ = ["PORTAL_PATH", "PortalLink", "build_link_path", "create_portal_link"]

PORTAL_PATH: Final = "/_sandbox/portal"


@frozen
class PortalLink:
    """Link that opens the customer portal. Its repr is empty, because clients treat the token as a secret.

    Attributes:
        token: Token for ``customer_portal.start(token=...)``.
        url: Address of the portal's page, for a browser.
    """

    token: str = field(repr=False)
    url: str = field(repr=False)


def create_portal_link(backend: Backend, customer_id: str, url: str) -> PortalLink:
    """Create the portal link of a customer.

    Args:
        backend: Backend of the customer.
        customer_id: Id of the customer.
        url: URL of the server, without a trailing slash.

    Raises:
        ApiError: The customer does not exist (404), or does not have an e-mail address (409).
    """
    with backend.store.transaction() as db:
        email: str | None = find(db, "customers", customer_id)["email"]
    if email is None:
        raise ApiError(409, "The customer does not have an e-mail address, which a portal link needs.")
    token = create_link_token(backend.work.seed, email, backend.mode)
    return PortalLink(token, f"{url}{build_link_path(token)}")


def build_link_path(token: str) -> str:
    """Return the path and query of a portal link.

    Args:
        token: Token of the link.
    """
    return f"{PORTAL_PATH}?token={quote(token)}"
