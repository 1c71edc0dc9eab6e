from __future__ import annotations

import json

import anyio
import pytest

from contract.rules import CREDENTIALS, surface_of
from duro import AsyncDuro, Duro, Response
from duro.http.request import Headers

SECRET_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
TOKEN_RESPONSE = b'{"access_token": "granted", "token_type": "Bearer", "expires_in": 3600}'


class FakeTransport:
    """A transport that keeps what it is asked, and answers what is set; at first it refuses.

    While it ``grants``, exchanges are no business of its: they get a token, and are not kept.
    """

    def __init__(self):
        self.requests = []
        self.grants_tokens = False
        self.reject()

    def reject(self):
        self.response = Response(404, Headers(), b"")

    def respond(self, status, value):
        self.response = Response(status, Headers(), json.dumps(value).encode())

    async def send(self, request):
        if self.grants_tokens and request.url.endswith("/v1/oauth/token"):
            return Response(200, Headers(), TOKEN_RESPONSE)
        self.requests.append(request)
        return self.response

    async def aclose(self):
        pass


class Clients:
    """The awaited and the blocking client on one stub, and the credential that each operation takes."""

    def __init__(self):
        self.stub = FakeTransport()
        self.awaited = AsyncDuro(SECRET_KEY, transport=self.stub)
        self.blocking = Duro(SECRET_KEY, transport=self.stub)

    def credential(self, operation):
        """Give the option with the operation's credential; the client's own is a secret key."""
        credential = CREDENTIALS.get(surface_of(operation))
        return {} if credential is None else {"credential": credential}


@pytest.fixture(scope="module")
def clients():
    made = Clients()
    yield made
    made.blocking.close()
    anyio.run(made.awaited.aclose)
