from __future__ import annotations

import json

import anyio.lowlevel
import pytest

from duro import AsyncDuro
from duro.http.request import Headers, Response

SECRET_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
GRANT = {"access_token": "granted", "token_type": "Bearer", "expires_in": 3600}


class Wire:
    """A transport that remembers what it was asked and answers what is set.

    ``answers`` are given in turn, the last one for ever; one is plain data, bytes, an ``Response`` or an error.
    """

    def __init__(self):
        self.requests = []
        self.answers = [{}]

    async def send(self, request):
        if request.url.endswith("/v1/oauth/token"):
            return Response(200, Headers(), json.dumps(GRANT).encode())
        self.requests.append(request)
        await anyio.lowlevel.checkpoint()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer = await answer(request)
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, Response):
            return answer
        return Response(200, Headers(), answer if isinstance(answer, bytes) else json.dumps(answer).encode())

    async def aclose(self):
        pass

    @property
    def last(self):
        return self.requests[-1]

    def header(self, name):
        """All values of a header in the last request."""
        return [value.decode() for each, value in self.last.headers if each == name.encode()]


@pytest.fixture
def wire():
    return Wire()


@pytest.fixture
async def duro(wire):
    """A client on the wire, with a secret key."""
    async with AsyncDuro(SECRET_KEY, transport=wire) as client:
        yield client
