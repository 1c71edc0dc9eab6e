"""Webhook endpoints: the URLs that events are delivered to, their event filters and signing secrets."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Annotated, Final, cast

from attrs import field, frozen

from ..._ids import is_plain
from ..._secrets import Secret
from ...api.models.event_data import EventType
from ...errors import ConfigurationError, InvalidArgumentError, redact
from ...webhooks.webhook import Webhook
from ..clock import SandboxClock, timestamp
from ..errors import ApiError
from ..ids import IdGenerator
from ..storage.database import Database
from ..storage.rows import insert
from ..validation import InvalidValueError, structure
from .endpoint_url import check_endpoint_url
from .event_filters import forget_filters
from .wakeup import Wakeup

__all__ = ["WEBHOOK_SECRET", "Endpoint", "EndpointCreate", "Endpoints", "insert_endpoint"]

# Public, like the other credentials of a sandbox.
WEBHOOK_SECRET: Final = "whsec_sandbox"


def _check_secret(value: object) -> Secret:
    secret = value if isinstance(value, Secret) else Secret(value if isinstance(value, str) else "")
    # A traceback can show the locals of its frames.
    del value
    try:
        Webhook(secret)
    except ConfigurationError:
        raise InvalidValueError("expected secret that begins with whsec_ and does not contain spaces") from None
    return secret


def _check_events(value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise InvalidValueError("expected list of event types")
    types = cast("list[object] | tuple[object, ...]", value)
    # The sandbox has no other types, so that an endpoint with a misspelt one would wait in vain.
    if unknown := [each for each in types if not isinstance(each, str) or not EventType(each).is_known]:
        shown = redact(unknown[0]) if isinstance(unknown[0], str) else type(unknown[0]).__name__
        raise InvalidValueError(f"expected event types such as subscription_created, got {shown}")
    return tuple(dict.fromkeys(str(each) for each in types))


@frozen
class EndpointCreate:
    """Body of ``POST /_sandbox/endpoints``."""

    url: Annotated[str, check_endpoint_url]
    secret: Annotated[Secret, _check_secret] = field(factory=lambda: Secret(WEBHOOK_SECRET))
    events: Annotated[tuple[str, ...], _check_events] = ()


@frozen
class Endpoint:
    """Webhook endpoint. Its secret is not an attribute, so it cannot be shown.

    Attributes:
        id: Id of the endpoint.
        url: URL of the endpoint.
        events: Event types that it receives. Empty for all.
    """

    id: str
    url: str = field(repr=lambda url: repr(redact(url)))
    events: tuple[str, ...] = ()


def insert_endpoint(db: sqlite3.Connection, identifier: str, body: EndpointCreate, at: str) -> None:
    """Insert a validated endpoint.

    Args:
        db: Open transaction.
        identifier: Id of the endpoint.
        body: Validated members.
        at: Current sandbox time, in the API's format.
    """
    forget_filters(db)
    values = {"id": identifier, "url": body.url, "events": json.dumps(body.events), "created_at": at}
    insert(db, "endpoints", values | {"secret": body.secret.reveal()})


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
            rows = db.execute(
                "SELECT id, url, events FROM endpoints WHERE removed_at IS NULL ORDER BY created_at, id"
            ).fetchall()
        return iter([Endpoint(row["id"], row["url"], tuple(json.loads(row["events"]))) for row in rows])

    def __len__(self) -> int:
        return len(list(iter(self)))

    def add(self, url: str, *, secret: str | Secret = WEBHOOK_SECRET, events: Iterable[str] = ()) -> Endpoint:
        """Deliver every later event to an endpoint.

        Args:
            url: URL of the endpoint, ``https://``, or ``http://`` on loopback.
            secret: Signing secret of the deliveries (``whsec_…``).
            events: Event types to deliver, such as ``subscription_created``. Empty for all.

        Returns:
            The new endpoint.

        Raises:
            InvalidArgumentError: The URL, the secret or an event type cannot be used.
            OSError: The disk is full.

        Example:
            >>> endpoint = sandbox.endpoints.add("http://127.0.0.1:8000/webhooks/duro", events=["invoice_created"])
            >>> [(each.url, each.events) for each in sandbox.endpoints]
            [('http://127.0.0.1:8000/webhooks/duro', ('invoice_created',))]
        """
        members: dict[str, object] = {
            "url": url,
            "secret": Secret(secret) if isinstance(secret, str) else secret,
            # The rule refuses a string, whose items would be its characters.
            "events": events if isinstance(events, str) or not isinstance(events, Iterable) else list(events),
        }
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
            endpoint = Endpoint(self._ids.generate("we", now), body.url, body.events)
            insert_endpoint(db, endpoint.id, body, timestamp(now))
        return endpoint

    def remove(self, endpoint: Endpoint | str) -> None:
        """Remove one endpoint, and withdraw its pending deliveries. The attempts already made stay listed.

        Args:
            endpoint: Endpoint, or its id.

        Raises:
            InvalidArgumentError: The endpoint does not exist.

        Example:
            >>> endpoint = sandbox.endpoints.add("http://127.0.0.1:8000/webhooks/duro")
            >>> sandbox.endpoints.remove(endpoint)
            >>> len(sandbox.endpoints)
            0
        """
        identifier = endpoint.id if isinstance(endpoint, Endpoint) else endpoint
        # SQLite raises other errors for values that it cannot store.
        if not (isinstance(identifier, str) and is_plain(identifier) and self.discard(identifier)):
            raise InvalidArgumentError(
                "endpoint must be one of the sandbox, got one that does not exist; pass an item of sandbox.endpoints"
            )

    def discard(self, identifier: str) -> bool:
        """Remove an endpoint if it exists, and return whether it did."""
        with self._store.transaction() as db:
            return self._remove(db, "id = ?", identifier) == 1

    def clear(self) -> int:
        """Remove all endpoints, and withdraw their pending deliveries.

        Returns:
            Number of removed endpoints.
        """
        with self._store.transaction() as db:
            return self._remove(db, "1")

    def _remove(self, db: sqlite3.Connection, condition: str, *parameters: str) -> int:
        forget_filters(db)
        removed = db.execute(
            # The secret is of no further use.
            "UPDATE endpoints SET removed_at = ?, secret = '' "  # noqa: S608 - conditions of this class
            f"WHERE removed_at IS NULL AND {condition}",
            (timestamp(self._clock.now()), *parameters),
        ).rowcount
        db.execute(
            "DELETE FROM deliveries WHERE state = 'pending'"
            " AND endpoint_id IN (SELECT id FROM endpoints WHERE removed_at IS NOT NULL)"
        )
        self._wakeup.notify()
        return removed
