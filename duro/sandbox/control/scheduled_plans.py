"""Control route that schedules a plan change, for which the contract does not have an operation."""

from __future__ import annotations

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.responses import ApiResponse
from ..backend import Backend
from ..billing.plan_changes import schedule_plan_change
from ..representation import subscription_to_json
from ..storage.rows import find
from ..validation import NullableText
from .bodies import read_body

__all__ = ["build_scheduled_plan_routes"]


@frozen
class ScheduledPlan:
    """Body of ``POST /_sandbox/subscriptions/{id}/scheduled-plan``. Null removes the scheduled change."""

    plan_id: NullableText


def build_scheduled_plan_routes(backend: Backend) -> list[Route]:
    """Build the route that changes the plan of a subscription at the end of its period."""

    async def schedule(request: Request) -> Response:
        body, identifier = await read_body(request, ScheduledPlan), request.path_params["id"]
        with backend.unit_of_work(f"schedule {body.plan_id} for {identifier}") as uow:
            subscription = find(uow.db, "subscriptions", identifier)
            plan = None if body.plan_id is None else find(uow.db, "plans", body.plan_id)
            scheduled = schedule_plan_change(uow, subscription, plan)
        response = {**subscription_to_json(scheduled), "scheduledPlanId": scheduled["scheduled_plan_id"]}
        return ApiResponse.of(response).response()

    return [Route("/_sandbox/subscriptions/{id}/scheduled-plan", schedule, methods=["POST"])]
