"""Plans: list, create, update, archive."""

from __future__ import annotations

from typing import Annotated, Final, TypeAlias

from attrs import frozen

from ...._json_types import JSONObject
from ...._unset import UNSET, Unset
from ...billing import plans
from ...billing.periods import INTERVALS
from ...representation import plan_to_json
from ...storage.rows import find
from ...validation import Currency, PositiveInteger, SmallCount, Text, TrialDays, one_of, set_members
from ..operation import ApiOperation
from ..pagination import read_page
from ..request_context import RequestContext

__all__ = ["OPERATIONS"]

PlanInterval: TypeAlias = Annotated[str, one_of(*INTERVALS)]


@frozen
class PlanCreate:
    """Body of ``createPlan``."""

    name: Text
    amount: PositiveInteger
    interval: PlanInterval
    currency: Currency = "NGN"
    interval_count: SmallCount = 1
    trial_days: TrialDays = 0
    max_cycles: PositiveInteger | Unset = UNSET


@frozen
class PlanUpdate:
    """Body of ``updatePlan``."""

    name: Text | Unset = UNSET
    amount: PositiveInteger | Unset = UNSET
    interval: PlanInterval | Unset = UNSET
    interval_count: SmallCount | Unset = UNSET
    trial_days: TrialDays | Unset = UNSET
    max_cycles: PositiveInteger | Unset = UNSET


def list_plans(context: RequestContext) -> JSONObject:
    """``listPlans``: the plans that are not archived."""
    return read_page(context, "plans", plan_to_json, where="archived_at IS NULL")


def create_plan(context: RequestContext) -> JSONObject:
    """``createPlan``."""
    body = context.read_body(PlanCreate)
    return plan_to_json(plans.create_plan(context.uow, set_members(body)))


def update_plan(context: RequestContext) -> JSONObject:
    """``updatePlan``: omitted members keep their values."""
    plan = find(context.uow.db, "plans", context.path["id"])
    body = context.read_body(PlanUpdate)
    return plan_to_json(plans.update_plan(context.uow, plan, set_members(body)))


def archive_plan(context: RequestContext) -> JSONObject:
    """``archivePlan``."""
    plan = find(context.uow.db, "plans", context.path["id"])
    return plan_to_json(plans.archive_plan(context.uow, plan))


OPERATIONS: Final = (
    ApiOperation("GET", "/v1/plans", list_plans),
    ApiOperation("POST", "/v1/plans", create_plan, status=201),
    ApiOperation("PATCH", "/v1/plans/{id}", update_plan),
    ApiOperation("DELETE", "/v1/plans/{id}", archive_plan),
)
