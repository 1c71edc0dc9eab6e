"""Webhook endpoints: where events are delivered to, and what signs them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Final
from urllib.parse import urlsplit

from attrs import field, frozen

from ..._secrets import Secret
from ...config import find_url_problem
from ...errors import ConfigurationError, InvalidArgumentError, redact
from ...webhooks.webhook import Webhook
from ..clock import Clock, timestamp
from ..errors import ApiError
from ..ids import IdGenerator
from ..storage.database import Database
from ..storage.rows import insert
from ..validation import InvalidValueError, structure
from .wakeup import Wakeup

__all__ = ["WEBHOOK_SECRET", "Endpoint", "EndpointCreate", "Endpoints"]

# Known to everybody, as the other credentials of a sandbox are.
WEBHOOK_SECRET: Final = "whsec_sandbox"


def _address(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidValueError("expected https:// address, or http:// on loopback")
    if fault := find_url_problem(value):
        raise InvalidValueError(f"expected https:// address, or http:// on loopback; this one {fault}")
    if urlsplit(value).fragment:
        raise InvalidValueError("expected address without a fragment, which is never sent")
    return value


def _secret(value: object) -> Secret:
    secret = value if isinstance(value, Secret) else Secret(value if isinstance(value, str) else "")
    del value
    try:
        Webhook(secret)
    except ConfigurationError:
        raise InvalidValueError("expected secret that begins with whsec_ and has no spaces") from None
    return secret


@frozen
class EndpointCreate:
    """The body of ``POST /_sandbox/endpoints``."""

    url: Annotated[str, _address]
    secret: Annotated[Secret, _secret] = field(factory=lambda: Secret(WEBHOOK_SECRET))


@frozen
class Endpoint:
    """Where events are delivered to; its secret is shown nowhere.

    Attributes:
        id: The endpoint's id.
        url: Its address.
    """

    id: str
    url: str = field(repr=lambda url: repr(redact(url)))


class Endpoints:
    """The webhook endpoints of one sandbox, in the order in which they were added; any thread may use them.

    They are kept with the rest of the state.

    Args:
        store: Where they are kept.
        clock: The sandbox's time.
        identifiers: Makes their ids.
        bell: Is rung when there is less to deliver.
    """

    def __init__(self, store: Database, clock: Clock, ids: IdGenerator, wakeup: Wakeup) -> None:
        self._store = store
        self._clock = clock
        self._identifiers = ids
        self._wakeup = wakeup

    def __iter__(self) -> Iterator[Endpoint]:
        with self._store.transaction() as db:
            rows = db.execute("SELECT id, url FROM endpoints ORDER BY created_at, id").fetchall()
        return iter([Endpoint(*row) for row in rows])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def add(self, url: str, *, secret: str | Secret = WEBHOOK_SECRET) -> Endpoint:
        """Deliver every event that is recorded from now on to an address.

        Args:
            url: The address, ``https://``, or ``http://`` on loopback.
            secret: What signs the deliveries (``whsec_…``).

        Returns:
            The endpoint.

        Raises:
            InvalidArgumentError: The address or the secret cannot be used.

        Example:
            >>> endpoint = sandbox.endpoints.add("http://127.0.0.1:8000/webhooks/duro")
            >>> [each.url for each in sandbox.endpoints]
            ['http://127.0.0.1:8000/webhooks/duro']
        """
        given: dict[str, object] = {"url": url, "secret": Secret(secret) if isinstance(secret, str) else secret}
        # A traceback may show the locals of its frames.
        del secret
        try:
            return self.append(structure(EndpointCreate, given, str))
        except ApiError as refusal:
            issues = [f"{detail['path']}: {detail['issue']}" for detail in refusal.details]
        raise InvalidArgumentError(f"no such endpoint can be added: {'; '.join(issues)}")

    def append(self, body: EndpointCreate) -> Endpoint:
        """Put an endpoint behind the others."""
        with self._store.transaction() as db:
            now = self._clock.now()
            endpoint = Endpoint(self._identifiers.generate("we", now), body.url)
            insert(
                db,
                "endpoints",
                {
                    "id": endpoint.id,
                    "url": endpoint.url,
                    "secret": body.secret.reveal(),
                    "created_at": timestamp(now),
                },
            )
        return endpoint

    def clear(self) -> int:
        """Take all endpoints away; what was still to be delivered to them never will be.

        Returns:
            How many there were.
        """
        with self._store.transaction() as db:
            db.execute("DELETE FROM outbox")
            cleared = db.execute("DELETE FROM endpoints").rowcount
            self._wakeup.ring()
        return cleared
