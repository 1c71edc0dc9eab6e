"""Models of the merchant's settings."""

from __future__ import annotations

from attrs import frozen

from ..codec.open_enum import OpenEnum
from .base import Model

__all__ = ["DunningEscalation", "RecoverySettings"]


class DunningEscalation(OpenEnum):
    """Action after unsuccessful dunning."""

    CANCEL = "cancel"


@frozen(kw_only=True)
class RecoverySettings(Model):
    """Settings of recovery, dunning and reminders.

    Attributes:
        auto_recovery: Whether failed payments are retried.
        renewal_reminders: Whether customers are reminded before a renewal.
        renewal_reminder_days: Days between the reminder and the renewal.
        abandoned_cart: Whether customers are reminded of an unfinished checkout.
        dunning_enabled: Whether dunning is on: messages that ask customers to pay.
        dunning_escalation_days: Days of dunning before the escalation.
        dunning_escalation: Action after unsuccessful dunning.
    """

    auto_recovery: bool
    renewal_reminders: bool
    renewal_reminder_days: int
    abandoned_cart: bool
    dunning_enabled: bool
    dunning_escalation_days: int
    dunning_escalation: DunningEscalation
