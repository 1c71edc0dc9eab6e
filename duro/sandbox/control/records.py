"""``Records``: what has happened in a sandbox, as attributes."""

from __future__ import annotations

from abc import ABC, abstractmethod

from ..._ids import check_id
from ...errors import InvalidArgumentError
from ..auth.otp import OneTimeCode, list_codes
from ..backend import Backend, Stats
from ..billing.ledger import Charge, Refund, list_charges, list_refunds
from ..billing.subscription_records import (
    InvoiceRecord,
    SubscriptionRecord,
    find_subscription_record,
    list_invoice_records,
)
from ..events import EventEntry, list_events, list_events_of_subscription
from ..fixtures.ids import FixtureIds, read_fixture_ids
from ..invariants.errors import Violation
from ..recovery.decision_log import list_decisions
from ..recovery.decisions import Decision
from ..request_log import RequestEntry
from ..traces.build import find_trace
from ..traces.trace import Trace

__all__ = ["Records"]


class Records(ABC):
    """Records of a sandbox, oldest first, and their counts."""

    @property
    @abstractmethod
    def _backend(self) -> Backend: ...

    @property
    def stats(self) -> Stats:
        """Current counts."""
        return self._backend.stats()

    @property
    def ledger(self) -> tuple[Charge, ...]:
        """All charges, newest last."""
        return self._backend.transact(list_charges)

    @property
    def refunds(self) -> tuple[Refund, ...]:
        """All refunds, newest last."""
        return self._backend.transact(list_refunds)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """All decisions about failed renewals, newest last."""
        return self._backend.transact(list_decisions)

    @property
    def events(self) -> tuple[EventEntry, ...]:
        """All events, newest last. These are what webhooks deliver."""
        return self._backend.transact(list_events)

    @property
    def codes(self) -> tuple[OneTimeCode, ...]:
        """All one-time passwords, newest last. The sandbox sends them neither by phone nor by e-mail."""
        return self._backend.transact(list_codes)

    @property
    def violations(self) -> tuple[Violation, ...]:
        """Violations of the invariants in a strict sandbox, newest last. Another sandbox does not have any."""
        return self._backend.violations

    @property
    def fixtures(self) -> FixtureIds:
        """Ids of the objects that fixtures created: ``fixtures.plans["pro"]``."""
        return self._backend.transact(read_fixture_ids)

    def subscription(self, identifier: str) -> SubscriptionRecord:
        """Return the present state of a subscription, with what the API does not show: credit, anchor and flags.

        Args:
            identifier: Id of the subscription (``sub_…``).

        Raises:
            InvalidArgumentError: The subscription does not exist.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create()
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> record = sandbox.subscription(subscription.id)
            >>> record.status, record.credit, record.cancel_at_period_end
            ('active', 0, False)
        """
        check_id("identifier", identifier)
        record = self._backend.transact(lambda db: find_subscription_record(db, identifier))
        if record is None:
            raise InvalidArgumentError(
                "identifier must be the id of a subscription of this sandbox, got an unknown one; pass subscription.id"
            )
        return record

    def invoices_of(self, identifier: str) -> tuple[InvoiceRecord, ...]:
        """Return the invoices of a subscription, newest last.

        Args:
            identifier: Id of the subscription (``sub_…``).

        Raises:
            InvalidArgumentError: The subscription does not exist.
        """
        subscription = self.subscription(identifier)
        return self._backend.transact(lambda db: list_invoice_records(db, subscription.id))

    def events_of(self, identifier: str) -> tuple[EventEntry, ...]:
        """Return the events of a subscription, newest last.

        Args:
            identifier: Id of the subscription (``sub_…``).

        Raises:
            InvalidArgumentError: The subscription does not exist.
        """
        subscription = self.subscription(identifier)
        return self._backend.transact(lambda db: list_events_of_subscription(db, subscription.id))

    def trace(self, identifier: str) -> Trace:
        """Return everything that a request caused: events, deliveries, and the requests of their handlers.

        A request that repeats an idempotency key has the events of the one that was processed.

        Args:
            identifier: Id of one of the latest 10,000 requests (``req_…``), or of an event (``evt_…``).

        Raises:
            InvalidArgumentError: The request or event does not exist.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month", trial_days=7)
            >>> customer = await client.customers.create()
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> trace = sandbox.trace(sandbox.requests[-1].request_id)
            >>> trace.record.path, [event.record.type for event in trace.children]
            ('/v1/subscriptions', ['subscription_created'])
        """
        check_id("identifier", identifier)
        trace = find_trace(self._backend, identifier)
        if trace is None:
            raise InvalidArgumentError(
                "identifier must be the id of a request or event of this sandbox, got an unknown one; "
                "pass sandbox.requests[-1].request_id"
            )
        return trace

    @property
    def requests(self) -> tuple[RequestEntry, ...]:
        """Latest 10,000 API requests, newest last."""
        return self._backend.request_log.entries()
