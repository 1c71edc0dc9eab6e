"""Settings: recovery of failed payments."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from attrs import frozen

from ...._json_types import JSONObject
from ...._unset import UNSET, Unset
from ...recovery.settings import update_settings
from ...representation import recovery_settings_to_json
from ...validation import Flag, Text, integer, set_members
from ..operation import ApiOperation
from ..request_context import RequestContext

__all__ = ["OPERATIONS"]

Days: TypeAlias = Annotated[int, integer(0, 365, "integer from 0 to 365")]


@frozen
class RecoverySettingsUpdate:
    """Body of ``updateRecoverySettings``."""

    auto_recovery: Flag | Unset = UNSET
    renewal_reminders: Flag | Unset = UNSET
    renewal_reminder_days: Days | Unset = UNSET
    abandoned_cart: Flag | Unset = UNSET
    dunning_enabled: Flag | Unset = UNSET
    dunning_escalation_days: Days | Unset = UNSET
    dunning_escalation: Text | Unset = UNSET


def update_recovery_settings(context: RequestContext) -> JSONObject:
    """``updateRecoverySettings``: omitted members keep their values."""
    body = context.read_body(RecoverySettingsUpdate)
    return recovery_settings_to_json(update_settings(context.uow.db, set_members(body)))


OPERATIONS: Final = (ApiOperation("PATCH", "/v1/settings/recovery", update_recovery_settings),)
