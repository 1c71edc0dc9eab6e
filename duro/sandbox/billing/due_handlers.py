"""Handlers of due items: the function that settles each kind of item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..recovery.engine import expire_card_request, run_attempt, run_escalation
from .checkout_payments import settle_transfer
from .checkout_sessions import expire_session
from .renewals import settle_period_end
from .scheduler import Handler

__all__ = ["HANDLERS"]

HANDLERS: Final[Mapping[str, Handler]] = {
    "period_end": settle_period_end,
    "session_expiry": expire_session,
    "transfer_settlement": settle_transfer,
    "recovery_attempt": run_attempt,
    "card_deadline": expire_card_request,
    "escalation": run_escalation,
}
