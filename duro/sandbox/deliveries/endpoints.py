"""Webhook endpoints: the URLs that events are delivered to, and their signing secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final
from urllib.parse import urlsplit

from attrs import field, frozen

from ..._secrets import Secret
from ...config import find_url_problem
from ...errors import ConfigurationError, InvalidArgumentError, redact
from ...webhooks.webhook import Webhook
from ..clock import SandboxClock, timestamp
from ..errors import ApiError
from ..ids import IdGenerator
from ..storage.database import Database
from ..storage.rows import insert
from ..validation import InvalidValueError, structure
from .wakeup import Wakeup

__all__ = ["WEBHOOK_SECRET", "Endpoint", "EndpointCreate", "Endpoints"]

# Public, like the other credentials of a sandbox.
WEBHOOK_SECRET: Final = "whsec_sandbox"


def _check_url(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValueError("expected https:// URL, or http:// on loopback")
    if problem := find_url_problem(value):
        raise InvalidValueError(f"expected https:// URL, or http:// on loopback; this one {problem}")
    if urlsplit(value).fragment:
        raise InvalidValueError("expected URL without a fragment, because HTTP does not send it")
    return value


def _check_secret(value: object) -> Secret:
    secret = value if isinstance(value, Secret) else Secret(value if isinstance(value, str) else "")
    # A traceback can show the locals of its frames.
    del value
    try:
        Webhook(secret)
    except ConfigurationError:
        raise InvalidValueError("expected secret that begins with whsec_ and does not contain spaces") from None
    return secret


@frozen
class EndpointCreate:
    """Body of ``POST /_sandbox/endpoints``."""

    url: Annotated[str, _check_url]
    secret: Annotated[Secret, _check_secret] = field(factory=lambda: Secret(WEBHOOK_SECRET))


@frozen
class Endpoint:
    """Webhook endpoint. Its secret is not an attribute, so it cannot be shown.

    Attributes:
        id: Id of the endpoint.
        url: URL of the endpoint.
    """

    id: str
    url: str = field(repr=lambda url: repr(redact(url)))


class Endpoints:
    """Webhook endpoints of one sandbox, oldest first. Any thread may use them.

    Args:
        store: Database of the endpoints.
        clock: Time of the sandbox.
        ids: Generator of ids.
        wakeup: Signal that wakes the delivery worker.
    """

    def __init__(self, store: Database, clock: SandboxClock, ids: IdGenerator, wakeup: Wakeup) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._wakeup = wakeup

    def __iter__(self) -> Iterator[Endpoint]:
        with self._store.transaction() as db:
            rows = db.execute("SELECT id, url FROM endpoints ORDER BY created_at, id").fetchall()
        return iter([Endpoint(*row) for row in rows])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def add(self, url: str, *, secret: str | Secret = WEBHOOK_SECRET) -> Endpoint:
        """Deliver every later event to an endpoint.

        Args:
            url: URL of the endpoint, ``https://``, or ``http://`` on loopback.
            secret: Signing secret of the deliveries (``whsec_…``).

        Returns:
            The new endpoint.

        Raises:
            InvalidArgumentError: The URL or the secret cannot be used.

        Example:
            >>> endpoint = sandbox.endpoints.add("http://127.0.0.1:8000/webhooks/duro")
            >>> [each.url for each in sandbox.endpoints]
            ['http://127.0.0.1:8000/webhooks/duro']
        """
        members: dict[str, object] = {"url": url, "secret": Secret(secret) if isinstance(secret, str) else secret}
        # A traceback can show the locals of its frames.
        del secret
        try:
            return self.append(structure(EndpointCreate, members, str))
        except ApiError as error:
            issues = [f"{detail['path']}: {detail['issue']}" for detail in error.details]
        # Outside the except block, so that the context of the error does not lead to the secret.
        raise InvalidArgumentError(f"invalid endpoint: {'; '.join(issues)}")

    def append(self, body: EndpointCreate) -> Endpoint:
        """Append a validated endpoint."""
        with self._store.transaction() as db:
            now = self._clock.now()
            endpoint = Endpoint(self._ids.generate("we", now), body.url)
            values = {"id": endpoint.id, "url": endpoint.url, "created_at": timestamp(now)}
            insert(db, "endpoints", values | {"secret": body.secret.reveal()})
        return endpoint

    def clear(self) -> int:
        """Remove all endpoints, and withdraw their pending deliveries.

        Returns:
            Number of removed endpoints.
        """
        with self._store.transaction() as db:
            db.execute("DELETE FROM outbox")
            removed = db.execute("DELETE FROM endpoints").rowcount
            self._wakeup.notify()
        return removed
