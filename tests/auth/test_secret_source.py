"""Functions that return a client secret: failures are returned, and the function is not shown."""

from __future__ import annotations

from functools import partial

import pytest

from duro import ClientCredentials
from duro.errors import ClientSecretError


def fail():
    raise KeyError("csec_test_hidden")


async def fail_later():
    raise KeyError("csec_test_hidden")


@pytest.mark.anyio
# The last one is a plain function that returns a coroutine.
@pytest.mark.parametrize("function", [fail, fail_later, partial(fail_later)], ids=["plain", "async", "partial"])
async def test_an_exception_is_the_cause_of_a_documented_error(function):
    credentials = ClientCredentials("cid_test_1", function)
    with pytest.raises(ClientSecretError, match=r"client_secret\(\) raised KeyError") as caught:
        await credentials.read_secret()
    assert isinstance(caught.value.__cause__, KeyError)
    assert "hidden" not in str(caught.value)
    assert repr(credentials.client_secret) == "SecretSource(…)"
