"""Options of calls and of client copies, as seen in the requests."""

from __future__ import annotations

import traceback
import uuid

import pytest

from duro import AsyncDuro, ClientCredentials, Duro, IdentityToken, PortalSession, RetryPolicy, SecretKey
from duro.errors import ConfigurationError, InternalServerError
from duro.http.request import Headers, Response

pytestmark = pytest.mark.anyio


SECRET_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"


CUSTOMER = {"id": "cus_1", "blacklisted": False, "createdAt": "2026-01-01T00:00:00Z"}


class TestCallOptions:
    async def test_timeout_is_the_deadline(self, client, transport):
        transport.responses = [CUSTOMER]
        await client.customers.retrieve("cus_1", timeout=7)
        assert 7 < transport.last.timeout <= 8
        await client.customers.retrieve("cus_1")
        assert 30 < transport.last.timeout <= 31

    async def test_idempotency_key_is_sent(self, client, transport):
        transport.responses = [CUSTOMER]
        await client.customers.create(name="Ada", idempotency_key="order-7")
        assert transport.header("idempotency-key") == ["order-7"]

    async def test_each_write_gets_a_new_key_by_default(self, client, transport):
        transport.responses = [CUSTOMER]
        for _ in range(3):
            await client.customers.create(name="Ada")
        keys = [request.headers.get("idempotency-key") for request in transport.requests]
        assert len(set(keys)) == 3
        assert all(uuid.UUID(key).version == 4 for key in keys)

    async def test_reads_have_no_key(self, client, transport):
        transport.responses = [CUSTOMER]
        await client.customers.retrieve("cus_1")
        assert transport.header("idempotency-key") == []

    async def test_headers_are_added(self, client, transport):
        transport.responses = [CUSTOMER]
        await client.customers.retrieve("cus_1", headers={"X-Team": "billing", "x-b": ""})
        assert (transport.header("x-team"), transport.header("x-b")) == (["billing"], [""])

    async def test_header_of_a_call_overrides_the_clients(self, client, transport):
        transport.responses = [CUSTOMER]
        copy = client.with_options(headers={"X-Team": "a", "user-agent": "mine/1"})
        await copy.customers.retrieve("cus_1", headers={"x-team": "b"})
        assert transport.header("x-team") == ["b"]
        assert transport.header("user-agent") == ["mine/1"]

    @pytest.mark.parametrize(
        ("credential", "header", "value"),
        [
            (SecretKey("sk_test_other"), "authorization", "Bearer sk_test_other"),
            ("sk_test_other", "authorization", "Bearer sk_test_other"),
            (ClientCredentials("cid_test_1", "csec_test_1"), "authorization", "Bearer granted"),
        ],
    )
    async def test_credential_overrides_the_clients(self, credential, header, value, client, transport):
        transport.responses = [CUSTOMER]
        await client.customers.retrieve("cus_1", credential=credential)
        assert transport.header(header) == [value]
        await client.customers.retrieve("cus_1")
        assert transport.header("authorization") == [f"Bearer {SECRET_KEY}"]

    @pytest.mark.parametrize(
        ("credential", "header", "value"),
        [
            (IdentityToken("identity"), "authorization", "Bearer identity"),
            (PortalSession("portal"), "x-portal-session", "portal"),
        ],
    )
    async def test_raw_request_accepts_any_credential(self, credential, header, value, client, transport):
        await client.request("GET", "/identity/me", credential=credential)
        assert transport.header(header) == [value]
        assert len(transport.header("authorization") + transport.header("x-portal-session")) == 1

    async def test_traceback_does_not_show_the_secret_key_of_a_call(self, client, transport):
        transport.responses = [Response(500, Headers(), b"")]
        with pytest.raises(InternalServerError) as caught:
            # In two parts, because a traceback shows this line too.
            await client.with_options(retries=0).customers.retrieve(
                "cus_1", credential=SecretKey("sk_test_" + "hidden")
            )
        shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
        assert "sk_test_hidden" not in shown


class TestClientOptions:
    async def test_timeout(self, transport):
        transport.responses = [CUSTOMER]
        async with AsyncDuro(SECRET_KEY, transport=transport, timeout=9) as client:
            await client.customers.retrieve("cus_1")
            assert 9 < transport.last.timeout <= 10
            await client.with_options(timeout=4).customers.retrieve("cus_1")
            assert 4 < transport.last.timeout <= 5
            await client.customers.retrieve("cus_1")
            assert 9 < transport.last.timeout <= 10

    @pytest.mark.parametrize(("retries", "sent"), [(0, 1), (2, 3), (RetryPolicy(retries=1, base_delay=0), 2)])
    async def test_retries(self, retries, sent, transport):
        policy = retries if isinstance(retries, RetryPolicy) else RetryPolicy(retries=retries, base_delay=0)
        transport.responses = [Response(503, Headers(), b"")]
        async with AsyncDuro(SECRET_KEY, transport=transport, retries=policy) as client:
            with pytest.raises(InternalServerError):
                await client.customers.retrieve("cus_1")
            assert len(transport.requests) == sent
            with pytest.raises(InternalServerError):
                await client.with_options(retries=0).customers.retrieve("cus_1")
            assert len(transport.requests) == sent + 1

    @pytest.mark.parametrize("retries", [-1, True, "3", 1.5, None])
    async def test_invalid_retries_are_rejected(self, retries, client):
        with pytest.raises(ConfigurationError, match="retries"):
            AsyncDuro(SECRET_KEY, retries=retries)
        with pytest.raises(ConfigurationError, match="retries"):
            client.with_options(retries=retries)

    async def test_copy_uses_the_budget_of_its_own_policy(self, transport):
        transport.responses = [Response(503, Headers(), b"")]
        async with AsyncDuro(SECRET_KEY, transport=transport) as client:
            thrifty = client.with_options(retries=RetryPolicy(retries=3, base_delay=0, budget=0, budget_ratio=0))
            with pytest.raises(InternalServerError):
                await thrifty.customers.retrieve("cus_1")
        assert len(transport.requests) == 1

    @pytest.mark.parametrize("client_class", [AsyncDuro, Duro])
    async def test_headers_of_the_constructor_are_sent_with_each_call(self, client_class, transport):
        transport.responses = [CUSTOMER]
        client = client_class(SECRET_KEY, transport=transport, headers={"X-Team": "billing", "x-b": "b"})
        copy = client.with_options(headers={"x-b": "c"})
        if client_class is Duro:
            copy.customers.retrieve("cus_1")
            client.close()
        else:
            await copy.customers.retrieve("cus_1")
            await client.aclose()
        assert (transport.header("x-team"), transport.header("x-b")) == (["billing"], ["c"])

    async def test_headers_are_sent_with_each_call(self, client, transport):
        transport.responses = [CUSTOMER]
        copy = client.with_options(headers={"X-Team": "billing"})
        await copy.customers.retrieve("cus_1")
        assert transport.header("x-team") == ["billing"]
        await client.customers.retrieve("cus_1")
        assert transport.header("x-team") == []

    @pytest.mark.parametrize("credential", [SecretKey("sk_test_other"), "sk_test_other"])
    async def test_credential_of_a_copy(self, credential, client, transport):
        transport.responses = [CUSTOMER]
        await client.with_options(credential=credential).customers.retrieve("cus_1")
        assert transport.header("authorization") == ["Bearer sk_test_other"]

    @pytest.mark.parametrize("connections", [0, -1, True, "5", None, 1.5])
    async def test_invalid_max_connections_is_rejected(self, connections):
        with pytest.raises(ConfigurationError, match="max_connections"):
            AsyncDuro(SECRET_KEY, max_connections=connections)

    async def test_copies_share_the_token(self, transport):
        transport.responses = [CUSTOMER]
        async with AsyncDuro(client_id="cid_test_1", client_secret="csec_test_1", transport=transport) as client:
            copy = client.with_options(timeout=5)
            assert await copy.token() is await client.token()
