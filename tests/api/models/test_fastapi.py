"""Models as results and bodies of FastAPI routes, and their OpenAPI document."""

from __future__ import annotations

from typing import Annotated, Any

import anyio
import httpx
import pytest
from fastapi import Body, FastAPI
from pydantic import BaseModel

from duro import CheckoutSession, Event, Interval, Page, Plan
from tests.api.models import samples

app = FastAPI()


class PlanOut(BaseModel):
    id: str
    amount: int


@app.get("/plan")
async def get_plan() -> Plan:
    return samples.plan


@app.get("/plan-in-snake-case", response_model_by_alias=False)
async def get_plan_in_snake_case() -> Plan:
    return samples.plan


@app.get("/own", response_model=PlanOut)
async def get_own() -> Plan:
    return samples.plan


@app.get("/plans")
def list_plans() -> list[Plan]:
    return [samples.plan]


@app.get("/page")
async def get_page() -> Page[Plan]:
    return Page(items=(samples.plan,), next_cursor="c")


@app.get("/any")
async def get_any() -> dict[str, Any]:
    return {"plan": samples.plan}


@app.get("/event")
async def get_event() -> Event | None:
    return samples.event


@app.get("/session")
async def get_session() -> CheckoutSession:
    return samples.checkout_session


@app.get("/by-interval")
async def get_by_interval(interval: Interval) -> bool:
    return interval.is_known


@app.post("/plan")
async def post_plan(plan: Annotated[Plan, Body()]) -> int:
    return plan.amount


@app.post("/session")
async def post_session(session: Annotated[CheckoutSession, Body()]) -> int:
    return session.amount


class AppClient:
    """HTTP client of the application, without a server."""

    def get(self, path):
        return anyio.run(self._request, "GET", path, None)

    def post(self, path, *, json):
        return anyio.run(self._request, "POST", path, json)

    async def _request(self, method, path, body):
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://app.example") as client:
            return await client.request(method, path, json=body)


@pytest.fixture
def client():
    return AppClient()


@pytest.mark.parametrize(
    ("path", "result"),
    [
        ("/plan", samples.PLAN),
        ("/plan-in-snake-case", {**samples.plan.to_dict(), "created_at": "2026-01-31T10:00:00.000Z"}),
        ("/own", {"id": "plan_1", "amount": 500_000}),
        ("/plans", [samples.PLAN]),
        ("/page", {"items": [samples.PLAN], "nextCursor": "c", "hasMore": True}),
        ("/any", {"plan": samples.PLAN}),
        ("/by-interval?interval=month", True),
        ("/by-interval?interval=fortnight", False),
    ],
)
def test_result_of_a_route_is_json(client, path, result):
    response = client.get(path)
    assert (response.status_code, response.json()) == (200, result)


def test_events_have_the_members_that_the_api_sent(client):
    assert client.get("/event").json()["data"] == samples.EVENT["data"]


def test_secrets_are_masked_in_responses(client):
    assert client.get("/session").json()["url"] == "https://checkout.example/cs_test_…"
    assert "1needle2" not in client.get("/session").text


@pytest.mark.parametrize("wire", [True, False])
def test_model_is_accepted_as_a_body_in_both_forms(client, wire):
    body = samples.PLAN if wire else {**samples.plan.to_dict(), "created_at": "2026-01-31T10:00:00.000Z"}
    assert client.post("/plan", json=body).json() == 500_000


def test_invalid_body_is_rejected_with_its_place(client):
    response = client.post("/plan", json={**samples.PLAN, "amount": "1"})
    assert response.status_code == 422
    [error] = response.json()["detail"]
    assert (error["loc"], error["msg"], error["input"]) == (["body", "amount"], "expected int, got str", "1")


def test_rejection_of_a_body_does_not_show_secrets(client):
    response = client.post("/session", json={"token": samples.CHECKOUT_TOKEN})
    assert response.status_code == 422
    assert "1needle2" not in response.text


def test_openapi_has_one_schema_for_each_model(client):
    document = client.get("/openapi.json").json()
    schemas = document["components"]["schemas"]
    assert {"Plan", "Event", "EventData", "Interval", "Page_Plan_", "CheckoutSession"} <= schemas.keys()
    assert not [name for name in schemas if name.endswith(("-Input", "-Output"))]
    content = document["paths"]["/plan"]["get"]["responses"]["200"]["content"]
    assert content["application/json"]["schema"]["$ref"] == "#/components/schemas/Plan"
    assert schemas["Plan"]["properties"].keys() == samples.PLAN.keys()
    [parameter] = document["paths"]["/by-interval"]["get"]["parameters"]
    assert parameter["schema"]["$ref"] == "#/components/schemas/Interval"
