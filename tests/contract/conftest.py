from __future__ import annotations

import json

import anyio
import pytest

from duro import AsyncDuro, Duro, Response
from duro.http.request import Headers
from tests.support.contract.rules import CREDENTIALS, surface_of

SECRET_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
GRANT = b'{"access_token": "granted", "token_type": "Bearer", "expires_in": 3600}'


class Stub:
    """A transport that keeps what it is asked, and answers what is set; at first it refuses.

    While it ``grants``, exchanges are no business of its: they get a token, and are not kept.
    """

    def __init__(self):
        self.requests = []
        self.grants = False
        self.refuses()

    def refuses(self):
        self.answer = Response(404, Headers(), b"")

    def answers(self, status, value):
        self.answer = Response(status, Headers(), json.dumps(value).encode())

    async def send(self, request):
        if self.grants and request.url.endswith("/v1/oauth/token"):
            return Response(200, Headers(), GRANT)
        self.requests.append(request)
        return self.answer

    async def aclose(self):
        pass


class Callers:
    """The awaited and the blocking client on one stub, and the credential that each operation takes."""

    def __init__(self):
        self.stub = Stub()
        self.awaited = AsyncDuro(SECRET_KEY, transport=self.stub)
        self.blocking = Duro(SECRET_KEY, transport=self.stub)

    def credential(self, operation):
        """Give the option with the operation's credential; the client's own is a secret key."""
        credential = CREDENTIALS.get(surface_of(operation))
        return {} if credential is None else {"credential": credential}


@pytest.fixture(scope="module")
def callers():
    made = Callers()
    yield made
    made.blocking.close()
    anyio.run(made.awaited.aclose)
