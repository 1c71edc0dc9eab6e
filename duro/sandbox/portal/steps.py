"""Steps of a customer in the portal: operations of the contract, each in a transaction of its own."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from attrs import frozen

from ..._json_types import JSONObject, as_object
from ..api.operations import customer_portal as operations
from ..api.request_context import RequestContext
from ..api.responses import ApiResponse
from ..auth.audience import Audience
from ..auth.sessions import find_person
from ..backend import Backend
from ..errors import ApiError
from ..representation import encode_json
from ..storage.rows import find
from .links import PORTAL_PATH

__all__ = ["PortalVisitor"]

T = TypeVar("T")


@frozen
class PortalVisitor:
    """Browser at the portal, which is signed in or not.

    Attributes:
        backend: Backend of the portal.
        url: URL of the server, without a trailing slash.
        session: Session token from the browser's cookie. It is empty for a visitor who has not signed in.
    """

    backend: Backend
    url: str
    session: str = ""

    def find_account(self) -> sqlite3.Row | None:
        """Return the account of the visitor, or ``None`` for one who is not signed in."""
        with self.backend.store.transaction() as db:
            try:
                person = find_person(db, Audience.PORTAL, self.session, self.backend.time.now())
            except ApiError:
                return None
            return find(db, "accounts", person)

    def send_code(self, address: JSONObject, *, resend: bool) -> None:
        """Send a one-time code.

        Args:
            address: ``email``, or the ``token`` of a portal link.
            resend: Whether to send another code within a minute.

        Raises:
            ApiError: The address or the link is invalid (401, 422), or got too many codes (429).
        """
        self._perform(operations.start, {**address, "resend": resend}, audience=Audience.PUBLIC)

    def sign_in(self, address: JSONObject, code: str) -> str:
        """Open a session with a one-time code.

        Args:
            address: ``email``, or the ``token`` of a portal link.
            code: Code as the customer entered it.

        Returns:
            The session token.

        Raises:
            ApiError: The code, the address or the link is invalid (401, 422), or was tried too often (429).
        """
        result = self._perform(operations.verify, {**address, "code": code.strip()}, audience=Audience.PUBLIC)
        if isinstance(result, ApiResponse):
            # Not raised by the operation, which would roll back the count of attempts.
            raise ApiError(result.status, as_object(json.loads(result.body)["error"])["message"])
        return str(result["sessionToken"])

    def read(self) -> tuple[JSONObject, JSONObject, JSONObject]:
        """Return the subscriptions by merchant, the cards and the wallet of the account."""
        return (
            self._perform(operations.list_subscriptions),
            self._perform(operations.list_account_cards),
            self._perform(operations.retrieve_wallet),
        )

    def pause(self, subscription_id: str) -> None:
        """Pause a subscription.

        Raises:
            ApiError: The subscription belongs to somebody else (403), does not exist (404), or is not active (409).
        """
        self._perform(operations.pause, path={"mode": "test", "id": subscription_id})

    def open_top_up(self, naira: str) -> str:
        """Open the checkout of a top-up, and return its URL.

        Args:
            naira: Amount in whole naira, as the customer entered it.

        Raises:
            ApiError: The amount is invalid (422).
        """
        amount = int(naira) if naira.isascii() and naira.isdigit() and len(naira) <= 15 else naira
        handler = partial(operations.open_top_up, success_url=f"{self.url}{PORTAL_PATH}")
        url: str = self._perform(handler, {"amount": amount})["url"]
        return url

    def request_virtual_account(self, bvn: str) -> None:
        """Request the virtual account of the wallet.

        Args:
            bvn: Bank verification number of 11 digits.

        Raises:
            ApiError: The number is invalid (422).
        """
        self._perform(operations.request_virtual_account, {"bvn": bvn.strip()})

    def _perform(
        self,
        handler: Callable[[RequestContext], T],
        body: JSONObject | None = None,
        path: Mapping[str, str] | None = None,
        audience: Audience = Audience.PORTAL,
    ) -> T:
        with self.backend.scheduler.transaction() as db:
            now, raw_body = self.backend.time.now(), encode_json(body or {})
            person_id = find_person(db, audience, self.session, now) if audience is Audience.PORTAL else ""
            context = RequestContext(
                uow=self.backend.work.for_request(db, now, b"portal " + raw_body),
                path=path or {},
                query={},
                raw_body=raw_body,
                person_id=person_id,
                origin=self.url,
                token_lifetime=self.backend.token_lifetime,
            )
            return handler(context)
