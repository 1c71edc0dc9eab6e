"""Promo codes (``/v1/promo-codes``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ..._unset import UNSET, Unset
from ...http.operation import Operation
from ..arguments import check_bools, check_datetimes, check_ids, check_integers, check_range, check_strings, nullable
from ..models.promo_codes import DiscountDuration, DiscountType, PromoCode
from .base import AsyncResource

if TYPE_CHECKING:
    from datetime import date

    from ..options import CallOptions

__all__ = ["AsyncPromoCodes"]

CREATE: Final = Operation("createPromoCode", "POST", "/v1/promo-codes")
RETRIEVE: Final = Operation("getPromoCode", "GET", "/v1/promo-codes/{id}")
UPDATE: Final = Operation("updatePromoCode", "PATCH", "/v1/promo-codes/{id}")


class AsyncPromoCodes(AsyncResource):
    """What lowers the price for those who know it."""

    async def create(
        self,
        *,
        code: str,
        discount_type: DiscountType | str,
        discount_value: int,
        plan_id: str | Unset = UNSET,
        duration: DiscountDuration | str | Unset = UNSET,
        duration_cycles: int | Unset = UNSET,
        max_redemptions: int | Unset = UNSET,
        expires_at: date | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> PromoCode:
        """Create a discount code (``createPromoCode``, ``POST /v1/promo-codes``).

        Args:
            code: What customers type, such as ``LAUNCH50``.
            discount_type: What ``discount_value`` counts: ``percentage`` or ``fixed``.
            discount_value: A percentage of at most 100, or an amount in minor units (kobo).
            plan_id: The only plan it is for; leave out for all.
            duration: How many charges it lowers: ``once``, ``forever`` or ``repeating``; the API's default is ``once``.
            duration_cycles: How many charges, for ``repeating``.
            max_redemptions: How often it can be used; leave out for no limit.
            expires_at: From when it is refused: a datetime with a time zone, or a date for its first moment in UTC.
            **options: What may be said with every call.

        Returns:
            The new promo code.

        Raises:
            InvalidArgumentError: The percentage is above 100, or an argument is of the wrong type.
            ConflictError: The code is taken.
            ValidationError: The API refused the body; see ``details``.
            OutcomeUnknownError: The promo code may have been created.

        Example:
            >>> promo = await client.promo_codes.create(code="LAUNCH50", discount_type="percentage", discount_value=50)
            >>> promo.code, promo.discount_value, promo.active
            ('LAUNCH50', 50, True)
        """
        body = {
            **check_strings(code=code, discount_type=discount_type, duration=duration),
            **check_integers(
                discount_value=discount_value, duration_cycles=duration_cycles, max_redemptions=max_redemptions
            ),
            **check_ids(plan_id=plan_id),
            **check_datetimes(expires_at=expires_at),
        }
        if discount_type == DiscountType.PERCENTAGE:
            check_range("discount_value", discount_value, most=100)
        return await self._requester.call(CREATE, into=PromoCode, body=body, options=options)

    async def retrieve(self, promo_code_id: str, /, **options: Unpack[CallOptions]) -> PromoCode:
        """Fetch one promo code by its id (``getPromoCode``, ``GET /v1/promo-codes/{id}``).

        Args:
            promo_code_id: The promo code's id, not the code that customers type.
            **options: What may be said with every call.

        Returns:
            The promo code.

        Raises:
            NotFoundError: There is no such promo code in this tenant and mode.

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
        active: bool | Unset = UNSET,
        max_redemptions: int | Unset | None = UNSET,
        expires_at: date | Unset | None = UNSET,
        **options: Unpack[CallOptions],
    ) -> PromoCode:
        """Switch a promo code on or off, or change its limits (``updatePromoCode``, ``PATCH /v1/promo-codes/{id}``).

        What is left out stays; ``None`` takes a limit away.

        Args:
            promo_code_id: The promo code.
            active: Whether it is accepted.
            max_redemptions: How often it can be used, ``None`` for no limit.
            expires_at: From when it is refused: a datetime with a time zone, a date for its first moment in UTC, or
                ``None`` for never.
            **options: What may be said with every call.

        Returns:
            The promo code after the change.

        Raises:
            InvalidArgumentError: An argument is of the wrong type.
            NotFoundError: There is no such promo code in this tenant and mode.
            ValidationError: The API refused the body; see ``details``.
            OutcomeUnknownError: The promo code may have been changed.

        Example:
            >>> promo = await client.promo_codes.create(code="LAUNCH50", discount_type="percentage", discount_value=50)
            >>> (await client.promo_codes.update(promo.id, active=False, expires_at=None)).active
            False
        """
        body = {
            **check_bools(active=active),
            **nullable(check_integers, max_redemptions=max_redemptions),
            **nullable(check_datetimes, expires_at=expires_at),
        }
        return await self._requester.call(UPDATE, promo_code_id, into=PromoCode, body=body, options=options)
