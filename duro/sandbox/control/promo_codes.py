"""Control route that redeems a promo code, for which the contract does not have an operation."""

from __future__ import annotations

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.responses import ApiResponse
from ..backend import Backend
from ..billing.discounts import redeem_promo_code
from ..billing.promo_codes import find_redeemable_code
from ..representation import promo_code_to_json
from ..storage.rows import find
from ..validation import Text
from .bodies import read_body

__all__ = ["build_promo_code_routes"]


@frozen
class PromoCodeRedemption:
    """Body of ``POST /_sandbox/promo-codes/{code}/redeem``."""

    subscription_id: Text


def build_promo_code_routes(backend: Backend) -> list[Route]:
    """Build the route that redeems a promo code for a subscription, whose next invoices it lowers."""

    async def redeem(request: Request) -> Response:
        body = await read_body(request, PromoCodeRedemption)
        with backend.unit_of_work(f"redeem {request.path_params['code']}") as uow:
            subscription = find(uow.db, "subscriptions", body.subscription_id)
            promo_code = find_redeemable_code(uow, request.path_params["code"], subscription["plan_id"])
            redeem_promo_code(uow, promo_code, subscription["id"])
            redeemed = find(uow.db, "promo_codes", promo_code["id"])
        return ApiResponse.of(promo_code_to_json(redeemed)).response()

    return [Route("/_sandbox/promo-codes/{code}/redeem", redeem, methods=["POST"])]
