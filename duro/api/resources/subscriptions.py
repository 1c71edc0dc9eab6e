"""Resource of subscriptions (``/v1/subscriptions``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ...http.operation import Operation
from ..arguments import check_bools, check_ids, check_optional
from ..json_arguments import check_json_objects
from ..models.subscriptions import PlanChangeResult, Subscription
from .base import AsyncResource

if TYPE_CHECKING:
    from ..._json_types import JSONObject
    from ..._unset import Unset
    from ..options import CallOptions

__all__ = ["AsyncSubscriptions"]

CREATE: Final = Operation("createSubscription", "POST", "/v1/subscriptions")
CANCEL: Final = Operation("cancelSubscription", "POST", "/v1/subscriptions/{id}/cancel", arguments=("subscription_id",))
PAUSE: Final = Operation("pauseSubscription", "POST", "/v1/subscriptions/{id}/pause", arguments=("subscription_id",))
RESUME: Final = Operation("resumeSubscription", "POST", "/v1/subscriptions/{id}/resume", arguments=("subscription_id",))
CHANGE_PLAN: Final = Operation(
    "changeSubscriptionPlan", "POST", "/v1/subscriptions/{id}/change-plan", arguments=("subscription_id",)
)


class AsyncSubscriptions(AsyncResource):
    """Subscriptions: create, cancel, pause, resume, change plan."""

    async def create(
        self,
        *,
        customer_id: str,
        plan_id: str,
        payment_method_id: str | Unset | None = None,
        metadata: JSONObject | Unset | None = None,
        **options: Unpack[CallOptions],
    ) -> Subscription:
        """Create a subscription (``createSubscription``, ``POST /v1/subscriptions``).

        Without a trial, the first period is charged immediately.

        Args:
            customer_id: Customer to charge.
            plan_id: Plan to subscribe to.
            payment_method_id: Saved payment method to charge.
            metadata: Additional data of the merchant: a mapping of strings to JSON values.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The new subscription.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The customer or plan does not exist, or belongs to another merchant or mode.
            PermissionDeniedError: The customer is blacklisted.
            ConflictError: The plan is archived.
            ValidationError: The API rejected the request body. ``details`` lists the invalid fields.
            OutcomeUnknownError: The subscription may have been created and charged, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> subscription.status == "active"
            True
        """
        body = {
            **check_ids(customer_id=customer_id, plan_id=plan_id),
            **check_optional(check_ids, payment_method_id=payment_method_id),
            **check_optional(check_json_objects, metadata=metadata),
        }
        return await self._requester.call(CREATE, into=Subscription, body=body, options=options)

    async def cancel(
        self, subscription_id: str, /, *, at_period_end: bool | Unset | None = None, **options: Unpack[CallOptions]
    ) -> Subscription:
        """Cancel a subscription, now or at period end (``cancelSubscription``, ``POST /v1/subscriptions/{id}/cancel``).

        Args:
            subscription_id: Subscription to cancel.
            at_period_end: Whether the subscription stays active until the paid period ends. The API's default is
                ``False``.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The subscription after the request.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The subscription does not exist, or belongs to another merchant or mode.
            ConflictError: The subscription has ended already.
            OutcomeUnknownError: The subscription may have been canceled, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> subscription = await client.subscriptions.create(customer_id=customer.id, plan_id=plan.id)
            >>> (await client.subscriptions.cancel(subscription.id)).status == "canceled"
            True
        """
        body = check_optional(check_bools, at_period_end=at_period_end)
        return await self._requester.call(CANCEL, subscription_id, into=Subscription, body=body, options=options)

    async def pause(self, subscription_id: str, /, **options: Unpack[CallOptions]) -> Subscription:
        """Pause the billing of an active subscription (``pauseSubscription``, ``POST /v1/subscriptions/{id}/pause``).

        Args:
            subscription_id: Subscription to pause.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The paused subscription.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The subscription does not exist, or belongs to another merchant or mode.
            ConflictError: The subscription is not active.
            OutcomeUnknownError: The subscription may have been paused, but no usable response arrived.
            APIError: The API rejected the request for another reason.

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
            subscription_id: Subscription to resume.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The resumed subscription.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The subscription does not exist, or belongs to another merchant or mode.
            ConflictError: The subscription is not paused.
            OutcomeUnknownError: The subscription may have been resumed, but no usable response arrived.
            APIError: The API rejected the request for another reason.

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
        """Change a subscription's plan (``changeSubscriptionPlan``, ``POST /v1/subscriptions/{id}/change-plan``).

        Proration: the price difference for the rest of the period is charged or credited.

        Args:
            subscription_id: Subscription to change.
            plan_id: New plan.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The changed subscription, and its proration.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The subscription or plan does not exist, or belongs to another merchant or mode.
            ConflictError: The status of the subscription does not allow the change.
            ValidationError: The API rejected the request body. ``details`` lists the invalid fields.
            OutcomeUnknownError: The plan may have been changed and the difference charged, but no usable response
                arrived.
            APIError: The API rejected the request for another reason.

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
