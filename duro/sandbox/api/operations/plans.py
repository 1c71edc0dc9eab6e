"""Plans: what customers subscribe to."""

from __future__ import annotations

import sqlite3
from typing import Annotated, Final, TypeAlias

from attrs import frozen

from ...._json import JSONObject
from ...._unset import UNSET, Unset
from ...billing.periods import INTERVALS
from ...errors import ApiError
from ...storage.rows import find, insert, update
from ...validation import Currency, PositiveInteger, SmallCount, Text, TrialDays, given_members, one_of
from ..dispatch import Call, Operation
from ..pagination import page_of

__all__ = ["OPERATIONS", "to_json"]

Interval: TypeAlias = Annotated[str, one_of(*INTERVALS)]


@frozen
class PlanCreate:
    """The body of ``createPlan``."""

    name: Text
    amount: PositiveInteger
    interval: Interval
    currency: Currency = "NGN"
    interval_count: SmallCount = 1
    trial_days: TrialDays = 0
    max_cycles: PositiveInteger | Unset = UNSET


@frozen
class PlanUpdate:
    """The body of ``updatePlan``."""

    name: Text | Unset = UNSET
    amount: PositiveInteger | Unset = UNSET
    interval: Interval | Unset = UNSET
    interval_count: SmallCount | Unset = UNSET
    trial_days: TrialDays | Unset = UNSET
    max_cycles: PositiveInteger | Unset = UNSET


def to_json(plan: sqlite3.Row) -> JSONObject:
    """Give a plan the contract's shape."""
    return {
        "id": plan["id"],
        "name": plan["name"],
        "amount": plan["amount"],
        "currency": plan["currency"],
        "interval": plan["interval"],
        "intervalCount": plan["interval_count"],
        "trialDays": plan["trial_days"],
        "maxCycles": plan["max_cycles"],
        "createdAt": plan["created_at"],
    }


def list_plans(call: Call) -> JSONObject:
    """``listPlans``: archived plans are left out."""
    return page_of(call, "plans", to_json, where="archived_at IS NULL")


def create_plan(call: Call) -> JSONObject:
    """``createPlan``."""
    body = call.read(PlanCreate)
    identifier = call.new_id("plan")
    insert(call.db, "plans", {"id": identifier, **given_members(body), "created_at": call.at})
    return to_json(find(call.db, "plans", identifier))


def update_plan(call: Call) -> JSONObject:
    """``updatePlan``: what the body leaves out stays as it is."""
    plan = find(call.db, "plans", call.path["id"])
    body = call.read(PlanUpdate)
    if plan["archived_at"]:
        raise ApiError(409, "The plan is archived and cannot be changed.")
    return to_json(update(call.db, "plans", plan["id"], given_members(body)))


def archive_plan(call: Call) -> JSONObject:
    """``archivePlan``: subscriptions that run go on; archiving again changes nothing."""
    plan = find(call.db, "plans", call.path["id"])
    return to_json(update(call.db, "plans", plan["id"], {"archived_at": plan["archived_at"] or call.at}))


OPERATIONS: Final = (
    Operation("GET", "/v1/plans", list_plans),
    Operation("POST", "/v1/plans", create_plan, status=201),
    Operation("PATCH", "/v1/plans/{id}", update_plan),
    Operation("DELETE", "/v1/plans/{id}", archive_plan),
)
