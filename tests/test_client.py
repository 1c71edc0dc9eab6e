from __future__ import annotations

import gc
import inspect
import pickle
import threading
import warnings

import anyio
import anyio.lowlevel
import httpx
import pytest
import respx

import duro
from duro import AsyncDuro, AsyncPages, Duro, Pages
from duro.api.codec import encode_json
from duro.blocking.declare import BlockingResource
from duro.blocking.docstrings import blocking_docstring
from duro.errors import ClientClosedError
from duro.http.request import Headers, Response

KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
CUSTOMER = {"id": "cus_1", "blacklisted": False, "createdAt": "2026-01-01T00:00:00Z"}
ROOT = "https://sandbox.useduro.com"


class JSONTransport:
    """Transport that returns the same response to each request."""

    def __init__(self, data=CUSTOMER):
        self.body = encode_json(data)
        self.requests = []

    async def send(self, request):
        self.requests.append(request)
        await anyio.lowlevel.checkpoint()
        return Response(200, Headers(), self.body)

    async def aclose(self):
        pass


class TestFacade:
    """Equality of the blocking and the asynchronous client."""

    def public(self, value):
        return {name for name in dir(value) if not name.startswith("_")}

    def pairs(self, asynchronous, blocking, path="duro"):
        """Yield the path of each public method, with the methods of both clients."""
        names = {("close" if name == "aclose" else name) for name in self.public(asynchronous)}
        assert names - {"check_open"} == self.public(blocking), path
        for name in self.public(asynchronous) - {"check_open"}:
            one, other = getattr(asynchronous, name), getattr(blocking, ("close" if name == "aclose" else name))
            if isinstance(other, BlockingResource):
                assert type(other._asynchronous) is type(one)
                assert type(other).__name__ == type(one).__name__.removeprefix("Async")
                yield from self.pairs(one, other, f"{path}.{name}")
            elif callable(one):
                yield f"{path}.{name}", one, other

    def test_methods_have_equal_signatures_and_docstrings(self):
        asynchronous = AsyncDuro(KEY, transport=JSONTransport())
        blocking = Duro(KEY, transport=JSONTransport())
        seen = 0
        for path, one, other in self.pairs(asynchronous, blocking):
            ours, theirs = inspect.signature(other), inspect.signature(one)
            assert ours.parameters == theirs.parameters, path
            returned = str(theirs.return_annotation).replace("AsyncPages", "Pages")
            assert str(ours.return_annotation) == returned, path
            assert inspect.getdoc(other) == blocking_docstring(inspect.getdoc(one)), path
            assert inspect.getdoc(one), path
            assert other.__name__ == path.rpartition(".")[2].replace("aclose", "close"), path
            assert not inspect.iscoroutinefunction(other), path
            seen += 1
        assert seen >= 20

    def test_constructors_have_equal_parameters(self):
        assert inspect.signature(Duro).parameters == inspect.signature(AsyncDuro).parameters

    def test_pages_have_equal_methods(self):
        for name in self.public(Pages):
            one, other = getattr(AsyncPages, name), getattr(Pages, name)
            assert blocking_docstring(inspect.getdoc(one)) == inspect.getdoc(other), name
            if callable(one):
                assert inspect.signature(one).parameters == inspect.signature(other).parameters, name
        assert self.public(Pages) == self.public(AsyncPages) - {"iterate"}

    def test_resources_have_equal_docstrings(self):
        for name in ("plans", "customers", "subscriptions", "oauth"):
            assert inspect.getdoc(getattr(Duro, name)) == inspect.getdoc(getattr(AsyncDuro, name))


@pytest.mark.anyio
class TestAsyncDuro:
    async def test_context_manager_closes_the_client_and_closing_twice_is_allowed(self):
        async with AsyncDuro(KEY, transport=JSONTransport()) as client:
            await client.customers.retrieve("cus_1")
        await client.aclose()
        with pytest.raises(ClientClosedError):
            await client.customers.retrieve("cus_1")
        with pytest.raises(ClientClosedError):
            async with client:
                pass

    async def test_closed_client_raises_on_token_access(self, sandbox):
        client = AsyncDuro(**sandbox.options)
        await client.token()
        await client.aclose()
        with pytest.raises(ClientClosedError):
            await client.token()
        with pytest.raises(ClientClosedError):
            await client.oauth.token()

    async def test_closing_a_copy_closes_the_original(self):
        client = AsyncDuro(KEY, transport=JSONTransport())
        copy = client.with_options(timeout=5)
        await copy.aclose()
        with pytest.raises(ClientClosedError):
            await client.customers.retrieve("cus_1")

    async def test_copy_shares_the_token_cache(self, sandbox):
        async with AsyncDuro(**sandbox.options) as client:
            await client.plans.list().page()
            await client.with_options(timeout=5).plans.list().page()
            assert sandbox.stats.token_exchanges == 1

    async def test_unclosed_client_warns(self):
        client = AsyncDuro(KEY, transport=JSONTransport())
        await client.customers.retrieve("cus_1")
        with pytest.warns(ResourceWarning, match="not closed"):
            del client

    async def test_unclosed_client_without_calls_does_not_warn(self):
        with warnings.catch_warnings(record=True, action="always") as seen:
            # Earlier tests may have left garbage that warns.
            gc.collect()
            seen.clear()
            AsyncDuro(KEY)
            gc.collect()
        assert [each.message for each in seen if "client was not closed" in str(each.message)] == []

    async def test_resources_are_created_once_per_client(self):
        client = AsyncDuro(KEY)
        assert client.plans is client.plans
        assert client.with_options(timeout=5).plans is not client.plans


class TestDuro:
    def test_context_manager_closes_the_client_and_closing_twice_is_allowed(self):
        with Duro(KEY, transport=JSONTransport()) as client:
            client.customers.retrieve("cus_1")
        client.close()
        with pytest.raises(ClientClosedError):
            client.customers.retrieve("cus_1")
        with pytest.raises(ClientClosedError), client:
            pass

    def test_16_threads_share_one_client(self, sandbox):
        failures = []

        def work(number):
            try:
                for call in range(5):
                    name = f"{number}-{call}"
                    assert client.customers.create(name=name).name == name
            except BaseException as error:
                failures.append(error)

        with Duro(**sandbox.options) as client:
            threads = [threading.Thread(target=work, args=(number,)) for number in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert failures == []
        assert sandbox.stats.token_exchanges == 1


@pytest.mark.parametrize("client_class", [AsyncDuro, Duro])
class TestRepresentation:
    def test_repr_shows_host_and_credential_type_without_secrets(self, client_class):
        assert repr(client_class(KEY)) == f"<{client_class.__name__} {ROOT} SecretKey(sk_test_…)>"
        pair = client_class(client_id="cid_test_1", client_secret="csec_test_hidden")
        assert "cid_test_1" in repr(pair)
        assert "hidden" not in repr(pair)

    def test_resources_have_a_repr(self, client_class):
        prefix = "Async" if client_class is AsyncDuro else ""
        assert repr(client_class(KEY).plans) == f"<{prefix}Plans>"

    def test_pickling_raises_type_error(self, client_class):
        client = client_class(KEY)
        for value in (client, client.plans, client.with_options(timeout=5)):
            with pytest.raises(TypeError, match="cannot be pickled"):
                pickle.dumps(value)


@pytest.mark.anyio
class TestRequests:
    """Requests as httpx sends them, recorded by respx."""

    async def test_secret_key_is_sent_as_bearer_token(self):
        with respx.mock(base_url=ROOT) as router:
            route = router.get("/v1/customers/cus_1").respond(json=CUSTOMER)
            async with AsyncDuro(KEY) as client:
                await client.customers.retrieve("cus_1")
        (call,) = route.calls
        assert call.request.headers["authorization"] == f"Bearer {KEY}"
        assert call.request.headers["host"] == "sandbox.useduro.com"
        assert call.request.content == b""
        assert "cookie" not in call.request.headers

    async def test_token_exchange_has_no_authorization_and_its_token_is_used(self):
        grant = {"access_token": "granted", "token_type": "bearer", "expires_in": 3600}
        with respx.mock(base_url=ROOT) as router:
            exchange = router.post("/v1/oauth/token").respond(json=grant)
            route = router.post("/v1/customers").respond(201, json=CUSTOMER)
            async with AsyncDuro(client_id="cid_test_1", client_secret="csec_test_1") as client:
                await client.customers.create(name="Ada", merchant_ref="EXT-001")
                await client.customers.create(name="Bob")
        assert exchange.call_count == 1
        request = exchange.calls[0].request
        assert "authorization" not in request.headers
        assert request.headers["content-type"] == "application/json"
        assert request.content == (
            b'{"grant_type": "client_credentials", "client_id": "cid_test_1", "client_secret": "csec_test_1"}'
        )
        sent = route.calls[0].request
        assert sent.headers["authorization"] == "Bearer granted"
        assert sent.headers["content-type"] == "application/json"
        assert sent.content == b'{"name":"Ada","merchantRef":"EXT-001"}'
        assert int(sent.headers["content-length"]) == len(sent.content)
        keys = [call.request.headers["idempotency-key"] for call in route.calls]
        assert len(set(keys)) == 2

    async def test_attempts_send_identical_bytes(self):
        with respx.mock(base_url=ROOT) as router:
            route = router.post("/v1/customers")
            route.side_effect = [httpx.Response(503), httpx.ReadError("lost"), httpx.Response(201, json=CUSTOMER)]
            async with AsyncDuro(KEY, retries=duro.RetryPolicy(base_delay=0)) as client:
                await client.customers.create(name="Ada")
        first, *others = [call.request for call in route.calls]
        assert len(others) == 2
        for other in others:
            assert (other.content, other.headers, other.url) == (first.content, first.headers, first.url)

    async def test_response_cookies_are_not_sent(self):
        with respx.mock(base_url=ROOT) as router:
            route = router.get("/v1/customers/cus_1").respond(json=CUSTOMER, headers={"set-cookie": "session=1"})
            async with AsyncDuro(KEY) as client:
                await client.customers.retrieve("cus_1")
                await client.customers.retrieve("cus_1")
        assert "cookie" not in route.calls[1].request.headers
