"""Resource of plans (``/v1/plans``)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, Literal, Unpack

from ...http.operation import Operation
from ..arguments import check_amounts, check_integers, check_open_enum, check_optional, check_strings
from ..models.plans import Interval, Plan
from ..page import Page
from .base import AsyncResource

if TYPE_CHECKING:
    from ..._unset import Unset
    from ..options import CallOptions
    from ..pages import AsyncPages

__all__ = ["AsyncPlans"]

LIST: Final = Operation("listPlans", "GET", "/v1/plans")
CREATE: Final = Operation("createPlan", "POST", "/v1/plans")
UPDATE: Final = Operation("updatePlan", "PATCH", "/v1/plans/{id}", arguments=("plan_id",))
ARCHIVE: Final = Operation("archivePlan", "DELETE", "/v1/plans/{id}", arguments=("plan_id",))

_check_interval: Final = partial(check_open_enum, Interval)


class AsyncPlans(AsyncResource):
    """Plans: prices and billing periods that customers subscribe to."""

    def list(
        self, *, page_size: int | Unset | None = None, cursor: str | Unset | None = None, **options: Unpack[CallOptions]
    ) -> AsyncPages[Plan]:
        """List the merchant's plans, newest first (``listPlans``, ``GET /v1/plans``).

        Args:
            page_size: Plans per page, 1 to 100. The API's default is 20.
            cursor: Cursor to resume from: ``.cursor`` of an earlier iteration. Starts at the first page if left out.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The pages. Requests are sent during iteration.

        Raises:
            InvalidArgumentError: ``page_size`` or ``cursor`` is invalid. No request was sent.
            APIError: The API rejected a request. Raised during iteration.

        Example:
            >>> [plan.name async for plan in client.plans.list(page_size=100)]
            []
        """
        return self._requester.paginate(LIST, into=Page[Plan], page_size=page_size, cursor=cursor, options=options)

    async def create(
        self,
        *,
        name: str,
        amount: int,
        interval: Literal["hour", "day", "week", "month", "quarter", "biannual", "year"] | Interval | str,
        currency: str | Unset | None = None,
        interval_count: int | Unset | None = None,
        trial_days: int | Unset | None = None,
        max_cycles: int | Unset | None = None,
        **options: Unpack[CallOptions],
    ) -> Plan:
        """Create a plan (``createPlan``, ``POST /v1/plans``).

        Args:
            name: Display name.
            amount: Price of one period in minor units (kobo).
            interval: Unit of a period: ``hour``, ``day``, ``week``, ``month``, ``quarter``, ``biannual`` or ``year``.
            currency: Currency of the amount, as an ISO 4217 code. The API's default is ``NGN``.
            interval_count: Number of intervals in a period.
            trial_days: Length of the free trial in days.
            max_cycles: Number of successful charges after which a subscription expires. Unlimited if left out.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The new plan.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            ValidationError: The API rejected the request body. ``details`` lists the invalid fields.
            OutcomeUnknownError: The plan may have been created, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> plan.amount, plan.currency, plan.interval == "month"
            (500000, 'NGN', True)
        """
        body = {
            **check_strings(name=name),
            **check_amounts(amount=amount),
            **_check_interval(interval=interval),
            **check_optional(check_strings, currency=currency),
            **check_optional(
                check_integers, interval_count=interval_count, trial_days=trial_days, max_cycles=max_cycles
            ),
        }
        return await self._requester.call(CREATE, into=Plan, body=body, options=options)

    async def update(
        self,
        plan_id: str,
        /,
        *,
        name: str | Unset | None = None,
        amount: int | Unset | None = None,
        interval: Literal["hour", "day", "week", "month", "quarter", "biannual", "year"]
        | Interval
        | str
        | Unset
        | None = None,
        interval_count: int | Unset | None = None,
        trial_days: int | Unset | None = None,
        max_cycles: int | Unset | None = None,
        **options: Unpack[CallOptions],
    ) -> Plan:
        """Update a plan (``updatePlan``, ``PATCH /v1/plans/{id}``).

        Arguments that are left out or ``None`` stay unchanged.

        Args:
            plan_id: Plan to update.
            name: Display name.
            amount: Price of one period in minor units (kobo).
            interval: Unit of a period: ``hour``, ``day``, ``week``, ``month``, ``quarter``, ``biannual`` or ``year``.
            interval_count: Number of intervals in a period.
            trial_days: Length of the free trial in days.
            max_cycles: Number of successful charges after which a subscription expires.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The updated plan.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The plan does not exist, or belongs to another merchant or mode.
            ValidationError: The API rejected the request body. ``details`` lists the invalid fields.
            OutcomeUnknownError: The plan may have been updated, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> (await client.plans.update(plan.id, name="Pro Monthly")).name
            'Pro Monthly'
        """
        body = {
            **check_optional(check_strings, name=name),
            **check_optional(check_amounts, amount=amount),
            **check_optional(_check_interval, interval=interval),
            **check_optional(
                check_integers, interval_count=interval_count, trial_days=trial_days, max_cycles=max_cycles
            ),
        }
        return await self._requester.call(UPDATE, plan_id, into=Plan, body=body, options=options)

    async def archive(self, plan_id: str, /, **options: Unpack[CallOptions]) -> Plan:
        """Archive a plan, which prevents new subscriptions (``archivePlan``, ``DELETE /v1/plans/{id}``).

        Args:
            plan_id: Plan to archive.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The archived plan.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The plan does not exist, or belongs to another merchant or mode.
            OutcomeUnknownError: The plan may have been archived, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> (await client.plans.archive(plan.id)).id == plan.id
            True
        """
        return await self._requester.call(ARCHIVE, plan_id, into=Plan, options=options)
