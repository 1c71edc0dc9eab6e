"""Control route that creates portal links, for which the contract does not have an operation."""

from __future__ import annotations

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..api.responses import ApiResponse
from ..backend import Backend
from ..portal.links import create_portal_link
from ..validation import Text
from .bodies import read_body, to_json

__all__ = ["build_portal_link_routes"]


@frozen
class PortalLinkCreate:
    """Body of ``POST /_sandbox/portal-links``."""

    customer_id: Text


def build_portal_link_routes(backend: Backend, url: str) -> list[Route]:
    """Build the route that creates the portal link of a customer."""

    async def create(request: Request) -> Response:
        body = await read_body(request, PortalLinkCreate)
        return ApiResponse.of(to_json(create_portal_link(backend, body.customer_id, url)), 201).response()

    return [Route("/_sandbox/portal-links", create, methods=["POST"])]
