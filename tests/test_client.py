from __future__ import annotations

import gc
import inspect
import pickle
import threading

import anyio
import anyio.lowlevel
import httpx
import pytest
import respx

import duro
from duro import AsyncDuro, AsyncPages, Duro, Pages
from duro.api.codec import encode_json
from duro.blocking.declare import BlockingResource
from duro.errors import ClientClosedError
from duro.http.request import Headers, Response

KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
CUSTOMER = {"id": "cus_1", "blacklisted": False, "createdAt": "2026-01-01T00:00:00Z"}
ROOT = "https://sandbox.useduro.com"


class Answering:
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
    """The blocking client says the same as the awaited one."""

    def public(self, thing):
        return {name for name in dir(thing) if not name.startswith("_")}

    def pairs(self, awaited, blocking, path="duro"):
        """Every public method of both trees, side by side."""
        names = {("close" if name == "aclose" else name) for name in self.public(awaited)}
        assert names - {"check_open"} == self.public(blocking) - {"asynchronous", "check_open"}, path
        for name in self.public(awaited) - {"check_open"}:
            one, other = getattr(awaited, name), getattr(blocking, ("close" if name == "aclose" else name))
            if isinstance(other, BlockingResource):
                assert type(other.asynchronous) is type(one)
                assert type(other).__name__ == type(one).__name__.removeprefix("Async")
                yield from self.pairs(one, other, f"{path}.{name}")
            else:
                yield f"{path}.{name}", one, other

    def test_both_trees_have_the_same_signatures_and_docstrings(self):
        awaited = AsyncDuro(KEY, transport=Answering())
        blocking = Duro(KEY, transport=Answering())
        seen = 0
        for path, one, other in self.pairs(awaited, blocking):
            ours, theirs = inspect.signature(other), inspect.signature(one)
            assert ours.parameters == theirs.parameters, path
            answered = str(theirs.return_annotation).replace("AsyncPages", "Pages")
            assert str(ours.return_annotation) == answered, path
            assert inspect.getdoc(other) == inspect.getdoc(one), path
            assert inspect.getdoc(one), path
            assert other.__name__ == one.__name__, path
            assert not inspect.iscoroutinefunction(other), path
            seen += 1
        assert seen >= 20

    def test_both_clients_are_made_of_the_same_arguments(self):
        assert inspect.signature(Duro).parameters == inspect.signature(AsyncDuro).parameters

    def test_both_lists_have_the_same_methods(self):
        for name in self.public(Pages):
            one, other = getattr(AsyncPages, name), getattr(Pages, name)
            assert inspect.getdoc(one) == inspect.getdoc(other), name
            if callable(one):
                assert inspect.signature(one).parameters == inspect.signature(other).parameters, name
        assert self.public(Pages) == self.public(AsyncPages) - {"iterate"}

    def test_resources_of_both_have_the_same_documentation_at_hand(self):
        for name in ("plans", "customers", "subscriptions", "oauth"):
            assert inspect.getdoc(getattr(Duro, name)) == inspect.getdoc(getattr(AsyncDuro, name))


@pytest.mark.anyio
class TestAwaited:
    async def test_it_closes_with_its_block_and_twice_is_fine(self):
        async with AsyncDuro(KEY, transport=Answering()) as client:
            await client.customers.retrieve("cus_1")
        await client.aclose()
        with pytest.raises(ClientClosedError):
            await client.customers.retrieve("cus_1")
        with pytest.raises(ClientClosedError):
            async with client:
                pass

    async def test_closed_client_gives_no_token_either(self, sandbox):
        client = AsyncDuro(**sandbox.options)
        await client.token()
        await client.aclose()
        with pytest.raises(ClientClosedError):
            await client.token()
        with pytest.raises(ClientClosedError):
            await client.oauth.token()

    async def test_copies_are_closed_together(self):
        client = AsyncDuro(KEY, transport=Answering())
        copy = client.with_options(timeout=5)
        await copy.aclose()
        with pytest.raises(ClientClosedError):
            await client.customers.retrieve("cus_1")

    async def test_copies_share_connections(self, sandbox):
        async with AsyncDuro(**sandbox.options) as client:
            await client.plans.list().page()
            await client.with_options(timeout=5).plans.list().page()
            assert sandbox.stats.token_exchanges == 1

    async def test_forgotten_client_warns(self):
        client = AsyncDuro(KEY, transport=Answering())
        await client.customers.retrieve("cus_1")
        with pytest.warns(ResourceWarning, match="not closed"):
            del client

    async def test_unused_client_needs_no_closing(self, recwarn):
        AsyncDuro(KEY)
        gc.collect()
        assert [str(each.message) for each in recwarn] == []

    async def test_resources_are_made_once(self):
        client = AsyncDuro(KEY)
        assert client.plans is client.plans
        assert client.with_options(timeout=5).plans is not client.plans


class TestBlocking:
    def test_it_closes_with_its_block_and_twice_is_fine(self):
        with Duro(KEY, transport=Answering()) as client:
            client.customers.retrieve("cus_1")
        client.close()
        with pytest.raises(ClientClosedError):
            client.customers.retrieve("cus_1")
        with pytest.raises(ClientClosedError), client:
            pass

    def test_sixteen_threads_share_one_client(self, sandbox):
        failures = []

        def work(number):
            try:
                for turn in range(5):
                    name = f"{number}-{turn}"
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
class TestShown:
    def test_repr_names_host_and_kind_of_credential_and_no_secret(self, client_class):
        assert repr(client_class(KEY)) == f"<{client_class.__name__} {ROOT} SecretKey(sk_test_…)>"
        pair = client_class(client_id="cid_test_1", client_secret="csec_test_hidden")
        assert "cid_test_1" in repr(pair)
        assert "hidden" not in repr(pair)

    def test_resources_have_a_repr(self, client_class):
        prefix = "Async" if client_class is AsyncDuro else ""
        assert repr(client_class(KEY).plans) == f"<{prefix}Plans>"

    def test_pickling_is_refused(self, client_class):
        client = client_class(KEY)
        for thing in (client, client.plans, client.with_options(timeout=5)):
            with pytest.raises(TypeError, match="cannot be pickled"):
                pickle.dumps(thing)


@pytest.mark.anyio
class TestRequests:
    """What leaves, seen by respx below httpx."""

    async def test_secret_key_travels_as_a_bearer(self):
        with respx.mock(base_url=ROOT) as router:
            route = router.get("/v1/customers/cus_1").respond(json=CUSTOMER)
            async with AsyncDuro(KEY) as client:
                await client.customers.retrieve("cus_1")
        (call,) = route.calls
        assert call.request.headers["authorization"] == f"Bearer {KEY}"
        assert call.request.headers["host"] == "sandbox.useduro.com"
        assert call.request.content == b""
        assert "cookie" not in call.request.headers

    async def test_exchange_takes_no_credential_and_its_token_is_used(self):
        grant = {"access_token": "granted", "token_type": "bearer", "expires_in": 3600}
        with respx.mock(base_url=ROOT) as router:
            exchange = router.post("/v1/oauth/token").respond(json=grant)
            route = router.post("/v1/customers").respond(201, json=CUSTOMER)
            async with AsyncDuro(client_id="cid_test_1", client_secret="csec_test_1") as client:
                await client.customers.create(name="Ada", merchant_ref="EXT-001")
                await client.customers.create(name="Bob")
        assert exchange.call_count == 1
        asked = exchange.calls[0].request
        assert "authorization" not in asked.headers
        assert asked.headers["content-type"] == "application/json"
        assert asked.content == (
            b'{"grant_type": "client_credentials", "client_id": "cid_test_1", "client_secret": "csec_test_1"}'
        )
        sent = route.calls[0].request
        assert sent.headers["authorization"] == "Bearer granted"
        assert sent.headers["content-type"] == "application/json"
        assert sent.content == b'{"name":"Ada","merchantRef":"EXT-001"}'
        assert int(sent.headers["content-length"]) == len(sent.content)
        keys = [call.request.headers["idempotency-key"] for call in route.calls]
        assert len(set(keys)) == 2

    async def test_attempts_are_alike_to_the_byte(self):
        with respx.mock(base_url=ROOT) as router:
            route = router.post("/v1/customers")
            route.side_effect = [httpx.Response(503), httpx.ReadError("lost"), httpx.Response(201, json=CUSTOMER)]
            async with AsyncDuro(KEY, retries=duro.RetryPolicy(base_delay=0)) as client:
                await client.customers.create(name="Ada")
        first, *others = [call.request for call in route.calls]
        assert len(others) == 2
        for other in others:
            assert (other.content, other.headers, other.url) == (first.content, first.headers, first.url)

    async def test_cookies_of_an_answer_are_not_sent_back(self):
        with respx.mock(base_url=ROOT) as router:
            route = router.get("/v1/customers/cus_1").respond(json=CUSTOMER, headers={"set-cookie": "session=1"})
            async with AsyncDuro(KEY) as client:
                await client.customers.retrieve("cus_1")
                await client.customers.retrieve("cus_1")
        assert "cookie" not in route.calls[1].request.headers
