"""Control route that revokes access tokens."""

from __future__ import annotations

from functools import partial

from attrs import frozen
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ..._unset import UNSET, Unset
from ..api.responses import ApiResponse
from ..auth.credentials import revoke_tokens
from ..backend import Backend
from ..validation import Text
from .bodies import read_body

__all__ = ["build_token_routes"]


@frozen
class TokenRevocation:
    """Body of ``POST /_sandbox/tokens/revoke``. Without a token, all tokens are revoked."""

    token: Text | Unset = UNSET


def build_token_routes(backend: Backend) -> list[Route]:
    """Build the route that revokes the access tokens of a backend."""

    async def revoke(request: Request) -> Response:
        body = await read_body(request, TokenRevocation)
        token = None if isinstance(body.token, Unset) else body.token
        return ApiResponse.of({"revoked": backend.transact(partial(revoke_tokens, token=token))}).response()

    return [Route("/_sandbox/tokens/revoke", revoke, methods=["POST"])]
