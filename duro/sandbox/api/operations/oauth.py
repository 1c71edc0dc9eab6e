"""OAuth: exchange of the client's id and secret for an access token."""

from __future__ import annotations

from typing import Annotated, Final

from attrs import frozen

from ...._json_types import JSONObject
from ...auth.audience import Audience
from ...auth.credentials import is_client, issue_token
from ...errors import ApiError
from ...validation import Text, one_of
from ..operation import ApiOperation
from ..request_context import RequestContext

__all__ = ["OPERATIONS"]


@frozen
class TokenRequest:
    """Body of ``oauthToken``."""

    grant_type: Annotated[str, one_of("client_credentials")]
    client_id: Text
    client_secret: Text


def exchange(context: RequestContext) -> JSONObject:
    """``oauthToken``: issue a token with the lifetime of the sandbox's settings."""
    # OAuth defines its members in snake_case, unlike the rest of the API.
    body = context.read_body(TokenRequest, spelling=str)
    if not is_client(context.uow.mode, body.client_id, body.client_secret):
        raise ApiError(401, "The client id or the client secret is wrong.")
    lifetime = context.token_lifetime
    return {
        "access_token": issue_token(context.uow, lifetime),
        "token_type": "Bearer",
        "expires_in": int(lifetime) if lifetime == int(lifetime) else lifetime,
    }


OPERATIONS: Final = (
    # The idempotency store would keep the token in the clear, and each exchange must return a new one.
    ApiOperation(
        "POST", "/v1/oauth/token", exchange, audience=Audience.PUBLIC, is_idempotent=False, mode_member="client_id"
    ),
)
