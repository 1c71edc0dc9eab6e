"""Subscriptions (``/v1/subscriptions``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ..._unset import UNSET, Unset
from ...http.operation import Operation
from ..arguments import check_bools, check_ids, check_json_objects
from ..models.subscriptions import PlanChangeResult, Subscription
from .base import AsyncResource

if TYPE_CHECKING:
    from ..._json import JSONObject
    from ..options import CallOptions

__all__ = ["AsyncSubscriptions"]

CREATE: Final = Operation("createSubscription", "POST", "/v1/subscriptions")
CANCEL: Final = Operation("cancelSubscription", "POST", "/v1/subscriptions/{id}/cancel")
PAUSE: Final = Operation("pauseSubscription", "POST", "/v1/subscriptions/{id}/pause")
RESUME: Final = Operation("resumeSubscription", "POST", "/v1/subscriptions/{id}/resume")
CHANGE_PLAN: Final = Operation("changeSubscriptionPlan", "POST", "/v1/subscriptions/{id}/change-plan")


class AsyncSubscriptions(AsyncResource):
    """Who pays for what, and until when."""

    async def create(
        self,
        *,
        customer_id: str,
        plan_id: str,
        payment_method_id: str | Unset = UNSET,
        metadata: JSONObject | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> Subscription:
        """Start a subscription; without a trial this charges (``createSubscription``, ``POST /v1/subscriptions``).

        Args:
            customer_id: Who pays.
            plan_id: For what.
            payment_method_id: With which saved method.
            metadata: Anything that is JSON.
            **options: What may be said with every call.

        Returns:
            The new subscription.

        Raises:
            NotFoundError: There is no such customer or plan in this tenant and mode.
            ConflictError: The customer or the plan takes no new subscription.
            OutcomeUnknownError: The subscription may have been started and charged.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> subscription.status == "active"
            True
        """
        body = {
            **check_ids(customer_id=customer_id, plan_id=plan_id, payment_method_id=payment_method_id),
            **check_json_objects(metadata=metadata),
        }
        return await self._requester.call(CREATE, into=Subscription, body=body, options=options)

    async def cancel(
        self, subscription_id: str, /, *, at_period_end: bool | Unset = UNSET, **options: Unpack[CallOptions]
    ) -> Subscription:
        """Cancel now, or at the end of the period (``cancelSubscription``, ``POST /v1/subscriptions/{id}/cancel``).

        Args:
            subscription_id: The subscription.
            at_period_end: Whether to wait for the end of the paid period; the API's default is ``False``.
            **options: What may be said with every call.

        Returns:
            The subscription after the request.

        Raises:
            NotFoundError: There is no such subscription in this tenant and mode.
            ConflictError: It has ended already.
            OutcomeUnknownError: It may have been cancelled.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> (await client.subscriptions.cancel(subscription.id)).status == "canceled"
            True
        """
        body = check_bools(at_period_end=at_period_end)
        return await self._requester.call(CANCEL, subscription_id, into=Subscription, body=body, options=options)

    async def pause(self, subscription_id: str, /, **options: Unpack[CallOptions]) -> Subscription:
        """Pause the billing of an active subscription (``pauseSubscription``, ``POST /v1/subscriptions/{id}/pause``).

        Args:
            subscription_id: The subscription.
            **options: What may be said with every call.

        Returns:
            The subscription after the request.

        Raises:
            NotFoundError: There is no such subscription in this tenant and mode.
            ConflictError: It is not active.
            OutcomeUnknownError: It may have been paused.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> (await client.subscriptions.pause(subscription.id)).status == "paused"
            True
        """
        return await self._requester.call(PAUSE, subscription_id, into=Subscription, options=options)

    async def resume(self, subscription_id: str, /, **options: Unpack[CallOptions]) -> Subscription:
        """Resume a paused subscription (``resumeSubscription``, ``POST /v1/subscriptions/{id}/resume``).

        Args:
            subscription_id: The subscription.
            **options: What may be said with every call.

        Returns:
            The subscription after the request.

        Raises:
            NotFoundError: There is no such subscription in this tenant and mode.
            ConflictError: It is not paused.
            OutcomeUnknownError: It may have been resumed.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> subscription = await client.subscriptions.pause(subscription.id)
            >>> (await client.subscriptions.resume(subscription.id)).status == "active"
            True
        """
        return await self._requester.call(RESUME, subscription_id, into=Subscription, options=options)

    async def change_plan(
        self, subscription_id: str, /, *, plan_id: str, **options: Unpack[CallOptions]
    ) -> PlanChangeResult:
        """Move to another plan (``changeSubscriptionPlan``, ``POST /v1/subscriptions/{id}/change-plan``).

        Args:
            subscription_id: The subscription.
            plan_id: The new plan.
            **options: What may be said with every call.

        Returns:
            The subscription after the change, and what the change costs or gives back.

        Raises:
            NotFoundError: There is no such subscription or plan in this tenant and mode.
            ConflictError: The subscription's state forbids the change.
            OutcomeUnknownError: The change may have been made and charged.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> larger = await client.plans.create(name="Team", amount=900_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> change = await client.subscriptions.change_plan(subscription.id, plan_id=larger.id)
            >>> change.subscription.plan_id == larger.id, change.proration.kind == "charge"
            (True, True)
        """
        body = check_ids(plan_id=plan_id)
        return await self._requester.call(
            CHANGE_PLAN, subscription_id, into=PlanChangeResult, body=body, options=options
        )
