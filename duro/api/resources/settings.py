"""The merchant's settings (``/v1/settings``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Unpack

from ..._unset import UNSET, Unset
from ...http.operation import Operation
from ..arguments import check_bools, check_integers, check_strings
from ..models.settings import DunningEscalation, RecoverySettings
from .base import AsyncResource

if TYPE_CHECKING:
    from ..options import CallOptions

__all__ = ["AsyncSettings"]

UPDATE_RECOVERY: Final = Operation("updateRecoverySettings", "PATCH", "/v1/settings/recovery")


class AsyncSettings(AsyncResource):
    """How the merchant wants to be served."""

    async def update_recovery(
        self,
        *,
        auto_recovery: bool | Unset = UNSET,
        renewal_reminders: bool | Unset = UNSET,
        renewal_reminder_days: int | Unset = UNSET,
        abandoned_cart: bool | Unset = UNSET,
        dunning_enabled: bool | Unset = UNSET,
        dunning_escalation_days: int | Unset = UNSET,
        dunning_escalation: DunningEscalation | str | Unset = UNSET,
        **options: Unpack[CallOptions],
    ) -> RecoverySettings:
        """Change recovery and reminders (``updateRecoverySettings``, ``PATCH /v1/settings/recovery``).

        What is left out stays as it is, and so a call without arguments reads the settings.

        Args:
            auto_recovery: Whether failed payments are tried again.
            renewal_reminders: Whether customers are told before a renewal.
            renewal_reminder_days: How many days before.
            abandoned_cart: Whether customers are reminded of a checkout that they left.
            dunning_enabled: Whether customers are asked to pay.
            dunning_escalation_days: Days until that is given up.
            dunning_escalation: What happens then, such as ``cancel``.
            **options: What may be said with every call.

        Returns:
            The settings after the change.

        Raises:
            InvalidArgumentError: An argument is of the wrong type.
            ValidationError: The API refused the body; see ``details``.
            OutcomeUnknownError: The settings may have been changed.

        Example:
            >>> settings = await client.settings.update_recovery(renewal_reminders=True, renewal_reminder_days=3)
            >>> settings.renewal_reminders, settings.renewal_reminder_days
            (True, 3)
        """
        body = {
            **check_bools(
                auto_recovery=auto_recovery,
                renewal_reminders=renewal_reminders,
                abandoned_cart=abandoned_cart,
                dunning_enabled=dunning_enabled,
            ),
            **check_integers(
                renewal_reminder_days=renewal_reminder_days, dunning_escalation_days=dunning_escalation_days
            ),
            **check_strings(dunning_escalation=dunning_escalation),
        }
        return await self._requester.call(UPDATE_RECOVERY, into=RecoverySettings, body=body, options=options)
