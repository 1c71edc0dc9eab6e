"""Resource of the merchant's settings (``/v1/settings``)."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, Literal, Unpack

from ...http.operation import Operation
from ..arguments import check_bools, check_integers, check_open_enum, check_optional
from ..models.settings import DunningEscalation, RecoverySettings
from .base import AsyncResource

if TYPE_CHECKING:
    from ..._unset import Unset
    from ..options import CallOptions

__all__ = ["AsyncSettings"]

UPDATE_RECOVERY: Final = Operation("updateRecoverySettings", "PATCH", "/v1/settings/recovery")


class AsyncSettings(AsyncResource):
    """Settings: recovery of failed payments, and reminders."""

    async def update_recovery(
        self,
        *,
        auto_recovery: bool | Unset | None = None,
        renewal_reminders: bool | Unset | None = None,
        renewal_reminder_days: int | Unset | None = None,
        abandoned_cart: bool | Unset | None = None,
        dunning_enabled: bool | Unset | None = None,
        dunning_escalation_days: int | Unset | None = None,
        dunning_escalation: Literal["cancel"] | DunningEscalation | str | Unset | None = None,
        **options: Unpack[CallOptions],
    ) -> RecoverySettings:
        """Update the recovery and reminder settings (``updateRecoverySettings``, ``PATCH /v1/settings/recovery``).

        Arguments that are left out or ``None`` stay unchanged. A call without arguments therefore returns the
        present settings.

        Args:
            auto_recovery: Whether failed payments are retried.
            renewal_reminders: Whether customers are reminded before a renewal.
            renewal_reminder_days: Days between the reminder and the renewal.
            abandoned_cart: Whether customers are reminded of an unfinished checkout.
            dunning_enabled: Whether dunning is on: messages that ask customers to pay.
            dunning_escalation_days: Days of dunning before the escalation.
            dunning_escalation: Action after unsuccessful dunning, such as ``cancel``.
            **options: Per-call options; see ``CallOptions``.

        Returns:
            The updated settings.

        Raises:
            InvalidArgumentError: An argument has a wrong type or an invalid value. No request was sent.
            ValidationError: The API rejected the request body. ``details`` lists the invalid fields.
            OutcomeUnknownError: The settings may have been updated, but no usable response arrived.
            APIError: The API rejected the request for another reason.

        Example:
            >>> settings = await client.settings.update_recovery(renewal_reminders=True, renewal_reminder_days=3)
            >>> settings.renewal_reminders, settings.renewal_reminder_days
            (True, 3)
        """
        body = {
            **check_optional(
                check_bools,
                auto_recovery=auto_recovery,
                renewal_reminders=renewal_reminders,
                abandoned_cart=abandoned_cart,
                dunning_enabled=dunning_enabled,
            ),
            **check_optional(
                check_integers,
                renewal_reminder_days=renewal_reminder_days,
                dunning_escalation_days=dunning_escalation_days,
            ),
            **check_optional(partial(check_open_enum, DunningEscalation), dunning_escalation=dunning_escalation),
        }
        return await self._requester.call(UPDATE_RECOVERY, into=RecoverySettings, body=body, options=options)
