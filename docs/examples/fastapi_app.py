"""FastAPI application with one shared client, models as results, and webhooks. docs/fastapi.md explains it."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, cast

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from duro import AsyncDuro, BadRequestError, NotFoundError, Page, Plan, Subscription, derive_key
from duro.webhooks import Router, SubscriptionActivated, Webhook
from duro.webhooks.adapters.fastapi import webhook_endpoint


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncGenerator[dict[str, AsyncDuro], None]:
    async with AsyncDuro() as client:
        yield {"client": client}


def get_client(request: Request) -> AsyncDuro:
    return cast("AsyncDuro", request.state.client)


Client = Annotated[AsyncDuro, Depends(get_client)]
app = FastAPI(lifespan=lifespan)
router = Router()
app.post("/webhooks/duro")(webhook_endpoint(Webhook(), router.dispatch))


class Order(BaseModel):
    id: str
    email: str
    plan_id: str


@app.get("/plans")
async def list_plans(client: Client, cursor: str | None = None) -> Page[Plan]:
    return await client.plans.list(page_size=20, cursor=cursor).page()


@app.post("/orders", status_code=201)
async def create_order(order: Order, client: Client) -> Subscription:
    customer = await client.customers.create(email=order.email, idempotency_key=derive_key("customer", order.id))
    key = derive_key("subscription", order.id)
    return await client.subscriptions.create(customer_id=customer.id, plan_id=order.plan_id, idempotency_key=key)


@app.exception_handler(BadRequestError)
@app.exception_handler(NotFoundError)
async def report_error(_: Request, error: BadRequestError | NotFoundError) -> JSONResponse:
    return JSONResponse({"detail": error.message}, error.status)


@router.on(SubscriptionActivated)
async def grant_access(event: SubscriptionActivated) -> None:
    print(f"grant access for {event.subscription_id}", flush=True)
