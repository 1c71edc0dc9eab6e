"""OAuth: trade the client's id and secret for an access token."""

from __future__ import annotations

from typing import Annotated, Final

from attrs import frozen

from ...._json import JSONObject
from ...auth.credentials import is_client, issue_token
from ...auth.sessions import Surface
from ...errors import ApiError
from ...validation import Text, one_of
from ..dispatch import Call, Operation

__all__ = ["OPERATIONS"]


@frozen
class TokenRequest:
    """The body of ``oauthToken``."""

    grant_type: Annotated[str, one_of("client_credentials")]
    client_id: Text
    client_secret: Text


def exchange(call: Call) -> JSONObject:
    """``oauthToken``: answer a token that lives as long as the sandbox was told."""
    # OAuth writes its names with underscores, unlike the rest of the API.
    body = call.read(TokenRequest, spelling=str)
    if not is_client(body.client_id, body.client_secret):
        raise ApiError(401, "The client is unknown, or the secret is not its secret.")
    lifetime = call.backend.token_lifetime
    return {
        "access_token": issue_token(call.db, call.now, lifetime),
        "token_type": "Bearer",
        "expires_in": int(lifetime) if lifetime == int(lifetime) else lifetime,
    }


OPERATIONS: Final = (
    # A token is never answered twice, so a key has nothing to replay here.
    Operation("POST", "/v1/oauth/token", exchange, surface=Surface.PUBLIC, takes_key=False),
)
