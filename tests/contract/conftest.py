from __future__ import annotations

import json

import anyio
import pytest

from duro import AsyncDuro, Duro, Response
from duro.http.request import Headers
from tests.support.contract.rules import CREDENTIALS, surface_of

SECRET_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
TOKEN_RESPONSE = b'{"access_token": "granted", "token_type": "Bearer", "expires_in": 3600}'


class FakeTransport:
    """Fake transport that records requests and returns the prepared response, at first a 404.

    With ``grants_tokens``, token exchanges get a token and are not recorded.
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
    """Asynchronous and blocking client on one fake transport, and the credential of each operation."""

    def __init__(self):
        self.stub = FakeTransport()
        self.awaited = AsyncDuro(SECRET_KEY, transport=self.stub)
        self.blocking = Duro(SECRET_KEY, transport=self.stub)

    def credential(self, operation):
        """Return the ``credential`` option of an operation; empty where the client's secret key is right."""
        credential = CREDENTIALS.get(surface_of(operation))
        return {} if credential is None else {"credential": credential}


@pytest.fixture(scope="module")
def clients():
    made = Clients()
    yield made
    made.blocking.close()
    anyio.run(made.awaited.aclose)
