"""Plans (``/v1/plans``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ..._unset import UNSET, Unset
from ...http.operation import Operation
from ..arguments import check_integers, check_strings
from ..models.plans import Interval, Plan
from ..pages import Page
from .base import AsyncResource

if TYPE_CHECKING:
    from ..options import CallOptions
    from ..pages import AsyncPages

__all__ = ["AsyncPlans"]

LIST: Final = Operation("listPlans", "GET", "/v1/plans")
CREATE: Final = Operation("createPlan", "POST", "/v1/plans")
UPDATE: Final = Operation("updatePlan", "PATCH", "/v1/plans/{id}")
ARCHIVE: Final = Operation("archivePlan", "DELETE", "/v1/plans/{id}")


class AsyncPlans(AsyncResource):
    """What customers subscribe to."""

    def list(
        self, *, limit: int | Unset = UNSET, cursor: str | None = None, **options: Unpack[CallOptions]
    ) -> AsyncPages[Plan]:
        """Page through the merchant's plans, newest first (``listPlans``, ``GET /v1/plans``).

        Args:
            limit: Plans a page, 1 to 100; the API's default is 20.
            cursor: Where to resume, from ``.cursor`` of an earlier walk.
            **options: What may be said with every call.

        Returns:
            The pages; walking them sends the requests.

        Raises:
            InvalidArgumentError: The limit or cursor breaks the contract.
            APIError: The API refused, while the pages are walked.

        Example:
            >>> [plan.name async for plan in client.plans.list(limit=100)]
            []
        """
        return self._requester.pages(LIST, into=Page[Plan], limit=limit, cursor=cursor, options=options)

    async def create(
        self,
        *,
        name: str,
        amount: int,
        interval: Interval | str,
        currency: str | Unset = UNSET,
        interval_count: int | Unset = UNSET,
        trial_days: int | Unset = UNSET,
        max_cycles: int | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> Plan:
        """Create a plan that customers can subscribe to (``createPlan``, ``POST /v1/plans``).

        Args:
            name: What people call it.
            amount: The price of one period, in minor units (kobo).
            interval: The unit of a period.
            currency: The currency of the amount; the API's default is ``NGN``.
            interval_count: How many units a period has.
            trial_days: Days before the first charge.
            max_cycles: Charges after which a subscription ends; leave out for no end.
            **options: What may be said with every call.

        Returns:
            The new plan.

        Raises:
            ValidationError: The API refused the body; see ``details``.
            OutcomeUnknownError: The plan may have been created.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> plan.amount, plan.currency, plan.interval == "month"
            (500000, 'NGN', True)
        """
        body = {
            **check_strings(name=name, currency=currency, interval=interval),
            **check_integers(
                amount=amount, interval_count=interval_count, trial_days=trial_days, max_cycles=max_cycles
            ),
        }
        return await self._requester.call(CREATE, into=Plan, body=body, options=options)

    async def update(
        self,
        plan_id: str,
        /,
        *,
        name: str | Unset = UNSET,
        amount: int | Unset = UNSET,
        interval: Interval | str | Unset = UNSET,
        interval_count: int | Unset = UNSET,
        trial_days: int | Unset = UNSET,
        max_cycles: int | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> Plan:
        """Change some attributes of a plan (``updatePlan``, ``PATCH /v1/plans/{id}``).

        Args:
            plan_id: The plan.
            name: What people call it.
            amount: The price of one period, in minor units (kobo).
            interval: The unit of a period.
            interval_count: How many units a period has.
            trial_days: Days before the first charge.
            max_cycles: Charges after which a subscription ends.
            **options: What may be said with every call.

        Returns:
            The plan after the change.

        Raises:
            NotFoundError: There is no such plan in this tenant and mode.
            ValidationError: The API refused the body; see ``details``.
            OutcomeUnknownError: The plan may have been changed.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> (await client.plans.update(plan.id, name="Pro Monthly")).name
            'Pro Monthly'
        """
        body = {
            **check_strings(name=name, interval=interval),
            **check_integers(
                amount=amount, interval_count=interval_count, trial_days=trial_days, max_cycles=max_cycles
            ),
        }
        return await self._requester.call(UPDATE, plan_id, into=Plan, body=body, options=options)

    async def archive(self, plan_id: str, /, **options: Unpack[CallOptions]) -> Plan:
        """Archive a plan: it takes no new subscriptions (``archivePlan``, ``DELETE /v1/plans/{id}``).

        Args:
            plan_id: The plan.
            **options: What may be said with every call.

        Returns:
            The plan that was archived.

        Raises:
            NotFoundError: There is no such plan in this tenant and mode.
            OutcomeUnknownError: The plan may have been archived.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> (await client.plans.archive(plan.id)).id == plan.id
            True
        """
        return await self._requester.call(ARCHIVE, plan_id, into=Plan, options=options)
