"""Serve an aiohttp application that creates subscriptions and receives webhooks.

Start ``duro sandbox`` in another terminal, and set DURO_BASE_URL, DURO_CLIENT_ID and DURO_CLIENT_SECRET.
Set DURO_WEBHOOK_SECRET to the secret of the webhook endpoint.
"""

from collections.abc import AsyncIterator

from aiohttp import web

from duro import APIError, AsyncDuro, OutcomeUnknownError, derive_key
from duro.webhooks import Router, SubscriptionCreated, Webhook
from duro.webhooks.adapters.aiohttp import WebhookEndpoint

CLIENT = web.AppKey("CLIENT", AsyncDuro)

routes = web.RouteTableDef()
router = Router()


@routes.post("/orders/{order_id}/subscription")
async def subscribe(request: web.Request) -> web.Response:
    order = await request.json()
    try:
        subscription = await request.app[CLIENT].subscriptions.create(
            customer_id=order["customer_id"],
            plan_id=order["plan_id"],
            # The same order has the same key, so that a second click does not charge again.
            idempotency_key=derive_key("subscribe", request.match_info["order_id"]),
        )
    except OutcomeUnknownError:
        return web.json_response({"status": "pending"}, status=202)
    except APIError as error:
        return web.json_response({"error": error.code, "request_id": error.request_id}, status=502)
    return web.json_response({"id": subscription.id, "status": subscription.status})


@router.on(SubscriptionCreated)
async def welcome(event: SubscriptionCreated) -> None:
    print("welcome", event.subscription_id)


async def open_client(application: web.Application) -> AsyncIterator[None]:
    """Open the client when the application starts, and close it when the application stops."""
    async with AsyncDuro() as client:
        application[CLIENT] = client
        yield


def make_application() -> web.Application:
    application = web.Application()
    application.add_routes(routes)
    application.cleanup_ctx.append(open_client)
    WebhookEndpoint(Webhook(), router.dispatch).add_to(application, "/webhooks/duro")
    return application


if __name__ == "__main__":
    web.run_app(make_application(), host="127.0.0.1", port=8000)
