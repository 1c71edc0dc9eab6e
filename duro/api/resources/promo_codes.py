"""Resource of promo codes (``/v1/promo-codes``)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, Literal, Unpack

from ..._unset import UNSET, Unset
from ...http.operation import Operation
from ..arguments import (
    check_bools,
    check_datetimes,
    check_ids,
    check_integers,
    check_nullable,
    check_open_enum,
    check_optional,
    check_range,
    check_strings,
)
from ..models.promo_codes import DiscountDuration, DiscountType, PromoCode
from .base import AsyncResource

if TYPE_CHECKING:
    from datetime import date

    from ..options import CallOptions

__all__ = ["AsyncPromoCodes"]

CREATE: Final = Operation("createPromoCode", "POST", "/v1/promo-codes")
RETRIEVE: Final = Operation("getPromoCode", "GET", "/v1/promo-codes/{id}", arguments=("promo_code_id",))
UPDATE: Final = Operation("updatePromoCode", "PATCH", "/v1/promo-codes/{id}", arguments=("promo_code_id",))

MAX_PERCENTAGE: Final = 100


class AsyncPromoCodes(AsyncResource):
    """Promo codes: discounts that customers redeem with a code."""

    async def create(
        self,
        *,
        code: str,
        discount_type: Literal["percentage", "fixed"] | DiscountType | str,
        discount_value: int,
        plan_id: str | Unset | None = None,
        duration: Literal["once", "forever", "repeating"] | DiscountDuration | str | Unset | None = None,
        duration_cycles: int | Unset | None = None,
        max_redemptions: int | Unset | None = None,
        expires_at: date | Unset | None = None,
        **options: Unpack[CallOptions],
    ) -> PromoCode:
        """Create a promo code (``createPromoCode``, ``POST /v1/promo-codes``).

        Args:
            code: Code that customers enter, such as ``LAUNCH50``.
            discount_type: Unit of ``discount_value``: ``percentage`` or ``fixed``.
            discount_value: Percentage of at most 100, or amount in minor units (kobo).
            plan_id: Only plan that the code applies to. All plans if left out.
            duration: Charges that are discounted: ``once``, ``forever`` or ``repeating``. The API's default is
                ``once``.
            duration_cycles: Number of discounted charges, for ``repeating``.
            max_redemptions: Maximum number of redemptions. Unlimited if left out.
            expires_at: Time of expiry: a datetime with a time zone, or a date for the start of that day in UTC. Never
                if left out.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The new promo code.

        Raises:
            InvalidArgumentError: The percentage is above 100, or an argument has a wrong type. No request was sent.
            NotFoundError: The plan does not exist, or belongs to another merchant or mode.
            ConflictError: Another promo code has this ``code``.
            ValidationError: The API rejected the request body. ``details`` lists the invalid fields.
            OutcomeUnknownError: The promo code may have been created, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> promo = await client.promo_codes.create(code="LAUNCH50", discount_type="percentage", discount_value=50)
            >>> promo.code, promo.discount_value, promo.active
            ('LAUNCH50', 50, True)
        """
        body = {
            **check_strings(code=code),
            **check_open_enum(DiscountType, discount_type=discount_type),
            **check_integers(discount_value=discount_value),
            **check_optional(check_ids, plan_id=plan_id),
            **check_optional(partial(check_open_enum, DiscountDuration), duration=duration),
            **check_optional(check_integers, duration_cycles=duration_cycles, max_redemptions=max_redemptions),
            **check_optional(check_datetimes, expires_at=expires_at),
        }
        if discount_type == DiscountType.PERCENTAGE:
            advice = "pass a percentage, or discount_type='fixed' for an amount"
            check_range("discount_value", discount_value, maximum=MAX_PERCENTAGE, advice=advice)
        return await self._requester.call(CREATE, into=PromoCode, body=body, options=options)

    async def retrieve(self, promo_code_id: str, /, **options: Unpack[CallOptions]) -> PromoCode:
        """Retrieve a promo code by its id (``getPromoCode``, ``GET /v1/promo-codes/{id}``).

        Args:
            promo_code_id: Id of the promo code, not the code that customers enter.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The promo code.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The promo code does not exist, or belongs to another merchant or mode.
            APIError: The API rejected the request for another reason.

        Example:
            >>> promo = await client.promo_codes.create(code="LAUNCH50", discount_type="percentage", discount_value=50)
            >>> (await client.promo_codes.retrieve(promo.id)).redeemed_count
            0
        """
        return await self._requester.call(RETRIEVE, promo_code_id, into=PromoCode, options=options)

    async def update(
        self,
        promo_code_id: str,
        /,
        *,
        active: bool | Unset | None = None,
        max_redemptions: int | Unset | None = UNSET,
        expires_at: date | Unset | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> PromoCode:
        """Update a promo code (``updatePromoCode``, ``PATCH /v1/promo-codes/{id}``).

        Arguments that are left out stay unchanged. ``None`` removes a maximum or an expiry, and ``UNSET`` does not.

        Args:
            promo_code_id: Promo code to update.
            active: Whether customers can redeem the code.
            max_redemptions: Maximum number of redemptions, ``None`` for unlimited.
            expires_at: Time of expiry: a datetime with a time zone, a date for the start of that day in UTC, or
                ``None`` for never.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The updated promo code.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            NotFoundError: The promo code does not exist, or belongs to another merchant or mode.
            ValidationError: The API rejected the request body. ``details`` lists the invalid fields.
            OutcomeUnknownError: The promo code may have been updated, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> promo = await client.promo_codes.create(code="LAUNCH50", discount_type="percentage", discount_value=50)
            >>> (await client.promo_codes.update(promo.id, active=False, expires_at=None)).active
            False
        """
        body = {
            **check_optional(check_bools, active=active),
            **check_nullable(check_integers, max_redemptions=max_redemptions),
            **check_nullable(check_datetimes, expires_at=expires_at),
        }
        return await self._requester.call(UPDATE, promo_code_id, into=PromoCode, body=body, options=options)
