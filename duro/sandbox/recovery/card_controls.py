"""``sandbox.cards``: determines the outcomes of charges, and replaces cards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final, Literal

from ..._checks import describe_text
from ...errors import InvalidArgumentError
from ..billing.scheduler import Scheduler
from ..clock import SandboxClock
from ..errors import ApiError
from ..unit_of_work import WorkFactory
from ..validation import structure
from .card_commands import AnyCommand, CardCommand, DeclineCommand, ProfileCommand, ReplaceCommand, ScriptCommand
from .failure_codes import FailureCategory

__all__ = ["Cards"]


# Members of the commands whose arguments have other names.
_MEMBERS: Final = {"code": "decline", "shares": "profile"}
_ADVICE: Final = {
    "customer_id": "pass customer.id",
    "code": "pass a category, such as 'insufficient_funds'",
    "times": "pass None for all charges",
    "rail": "pass None for every rail",
    "outcomes": "pass a list, such as ['insufficient_funds', 'ok']",
    "shares": "pass a mapping, such as {'insufficient_funds': 0.35}",
    "seed": "omit it for the seed of the sandbox",
}


class Cards:
    """Cards of the customers of one sandbox, and the outcomes of their charges. Any thread may use them.

    The first of these sources that has an outcome for a charge decides: the
    customer's script, the customer's declines, an expired card, an e-mail
    address such as ``decline+expired_card@example.com``, and the profile.
    Otherwise the charge succeeds.

    Failure categories are ``insufficient_funds`` (code 51), ``expired_card``
    (54), ``card_not_supported``, ``do_not_honor`` (05), ``hard_decline``
    (stolen_card) and ``processor_error`` (timeout). The code is accepted in
    place of the category.

    Args:
        scheduler: Queue of due items.
        clock: Time of the sandbox.
        work: Factory of units of work.
    """

    def __init__(self, scheduler: Scheduler, clock: SandboxClock, work: WorkFactory) -> None:
        self._scheduler = scheduler
        self._clock = clock
        self._work = work

    def decline(
        self,
        customer_id: str,
        code: FailureCategory | str,
        *,
        times: int | None = 1,
        rail: Literal["card", "transfer", "ussd", "virtual_account", "direct_debit"] | None = "card",
    ) -> None:
        """Decline the next charges of a customer.

        Declines of a checkout token apply to the customer who pays the session.

        Args:
            customer_id: Id of the customer (``cus_…``), or token of a checkout session (``cs_…``).
            code: Failure category such as ``insufficient_funds``, or code such as ``51``.
            times: Number of charges, from 1 to 1000. ``None`` declines all later charges.
            rail: Rail of the charges. ``None`` declines charges over every rail.

        Raises:
            InvalidArgumentError: A value is invalid, or the customer does not exist.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> sandbox.cards.decline(customer.id, "insufficient_funds")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> subscription.status, [(charge.status, charge.failure_code) for charge in sandbox.ledger]
            (<SubscriptionStatus.INCOMPLETE: 'incomplete'>, [('failed', '51')])
        """
        self._run(DeclineCommand, {"customer_id": customer_id, "code": code, "times": times, "rail": rail})

    def script(self, customer_id: str, outcomes: Sequence[str]) -> None:
        """Determine the outcomes of the next charges of a customer, over any rail.

        A new script replaces the previous one. An empty one removes it.

        Args:
            customer_id: Id of the customer (``cus_…``), or token of a checkout session (``cs_…``).
            outcomes: Outcome of each charge: ``ok``, or a failure category or code. At most 1000.

        Raises:
            InvalidArgumentError: A value is invalid, or the customer does not exist.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> sandbox.cards.script(customer.id, ["insufficient_funds", "expired_card", "ok"])
        """
        self._run(ScriptCommand, {"customer_id": customer_id, "outcomes": outcomes})

    def profile(self, shares: Mapping[FailureCategory, float], *, seed: int | None = None) -> None:
        """Fail a share of all charges.

        The outcome of a charge is a pure function of the seed, subscription,
        period, attempt and rail. All attempts for one invoice fail in the same
        category. A new profile replaces the previous one.

        Args:
            shares: Share of the charges that fail in each category, from 0 to 1. The sum is at most 1. An empty
                mapping removes the profile.
            seed: Seed of the outcomes. ``None`` is the seed of the sandbox.

        Raises:
            InvalidArgumentError: A value is invalid.

        Example:
            >>> sandbox.cards.profile({"insufficient_funds": 0.35, "expired_card": 0.05}, seed=7)
        """
        self._run(ProfileCommand, {"shares": shares, "seed": seed})

    def replace(self, customer_id: str) -> None:
        """Replace the card of a customer, as the customer does after a request for a new card.

        The new card ends the customer's declines for ``expired_card`` and
        ``card_not_supported``. Invoices that wait for it are charged at once.

        Args:
            customer_id: Id of the customer (``cus_…``).

        Raises:
            InvalidArgumentError: The customer does not exist.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> sandbox.cards.decline(customer.id, "expired_card", times=None)
            >>> sandbox.cards.replace(customer.id)
        """
        self._run(ReplaceCommand, {"customer_id": customer_id})

    def apply(self, command: CardCommand) -> None:
        """Run a validated command."""
        with self._scheduler.transaction() as db:
            command.run(self._work.for_request(db, self._clock.now(), repr(command).encode()))

    def _run(self, shape: type[AnyCommand], arguments: Mapping[str, object]) -> None:
        """Validate the arguments of a method, and run its command.

        Args:
            shape: Class of the command.
            arguments: Arguments by name.
        """
        members = {_MEMBERS.get(name, name): value for name, value in arguments.items()}
        try:
            return self.apply(structure(shape, members, str))
        except ApiError as error:
            message = _describe(error, arguments)
        # Outside the except block, so that the context of the error does not lead to a checkout token.
        raise InvalidArgumentError(message)


def _describe(error: ApiError, arguments: Mapping[str, object]) -> str:
    """Return the message for an argument that a command refuses."""
    if not error.details:
        return "customer_id must be that of a customer of this sandbox, got an unknown one; pass customer.id"
    member, issue = error.details[0]["path"], error.details[0]["issue"]
    name = next(name for name in arguments if _MEMBERS.get(name, name) == member)
    expected = issue.removeprefix("expected ")
    return f"{name} must be {expected}, got {describe_text(arguments[name])}; {_ADVICE[name]}"
