"""The merchant's settings."""

from __future__ import annotations

from attrs import frozen

from ..codec.open_enum import OpenEnum
from .base import Model

__all__ = ["DunningEscalation", "RecoverySettings"]


class DunningEscalation(OpenEnum):
    """What happens to a subscription whose recovery failed."""

    CANCEL = "cancel"


@frozen(kw_only=True)
class RecoverySettings(Model):
    """How failed payments are won back, and what customers are reminded of.

    Attributes:
        auto_recovery: Whether failed payments are tried again.
        renewal_reminders: Whether customers are told before a renewal.
        renewal_reminder_days: How many days before.
        abandoned_cart: Whether customers are reminded of a checkout that they left.
        dunning_enabled: Whether customers are asked to pay.
        dunning_escalation_days: Days until that is given up.
        dunning_escalation: What happens then.
    """

    auto_recovery: bool
    renewal_reminders: bool
    renewal_reminder_days: int
    abandoned_cart: bool
    dunning_enabled: bool
    dunning_escalation_days: int
    dunning_escalation: DunningEscalation
