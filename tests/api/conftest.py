from __future__ import annotations

import json

import anyio.lowlevel
import pytest

from duro import AsyncDuro
from duro.http.request import Headers, Response

SECRET_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
TOKEN_RESPONSE = {"access_token": "granted", "token_type": "Bearer", "expires_in": 3600}


class FakeTransport:
    """Fake transport that records requests and returns prepared responses.

    ``responses`` are returned in order, and the last one again and again. A response is plain data, bytes,
    a ``Response``, an error to raise, or an async function of the request.
    """

    def __init__(self):
        self.requests = []
        self.responses = [{}]

    async def send(self, request):
        if request.url.endswith("/v1/oauth/token"):
            return Response(200, Headers(), json.dumps(TOKEN_RESPONSE).encode())
        self.requests.append(request)
        await anyio.lowlevel.checkpoint()
        response = self.responses.pop(0) if len(self.responses) > 1 else self.responses[0]
        if callable(response):
            response = await response(request)
        if isinstance(response, BaseException):
            raise response
        if isinstance(response, Response):
            return response
        return Response(200, Headers(), response if isinstance(response, bytes) else json.dumps(response).encode())

    async def aclose(self):
        pass

    @property
    def last(self):
        return self.requests[-1]

    def header(self, name):
        """Return all values of a header in the last request."""
        return [value.decode() for each, value in self.last.headers if each == name.encode()]


@pytest.fixture
def transport():
    return FakeTransport()


@pytest.fixture
async def client(transport):
    """Create a client with a secret key on the fake transport."""
    async with AsyncDuro(SECRET_KEY, transport=transport) as client:
        yield client
