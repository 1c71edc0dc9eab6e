"""Arguments of both clients: invalid ones are rejected before a request is sent."""

from __future__ import annotations

import math
import uuid
from datetime import datetime

import pytest

from duro import UNSET, AsyncDuro, ClientCredentials, Duro, IdentityToken, PortalSession, SecretKey
from duro.errors import ClientClosedError, ConfigurationError, InvalidArgumentError
from duro.http.operation import MAX_URL_BYTES

pytestmark = pytest.mark.anyio


SECRET_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"


CUSTOMER = {"id": "cus_1", "blacklisted": False, "createdAt": "2026-01-01T00:00:00Z"}


INVALID_IDS = [
    "",
    " ",
    "\t",
    "a/b",
    "/",
    "..",
    ".",
    "../plans",
    "a?b",
    "a#b",
    "a%2fb",
    "a\\b",
    "a\nb",
    "a\x00b",
    "\ud800",
]


IDS_OF_A_WRONG_TYPE = [None, 5, b"cus_1", ["cus_1"], UNSET]


class TestInvalidArgumentsSendNoRequest:
    @pytest.mark.parametrize("page_size", [0, -1, 101, 10**9, True, False, "5", 5.0, math.nan])
    async def test_page_size(self, page_size, client, transport):
        for list_items in (
            client.plans.list,
            client.customers.list,
            lambda **options: client.customers.list_transactions("c", **options),
        ):
            with pytest.raises(InvalidArgumentError, match="page_size"):
                list_items(page_size=page_size)
        assert transport.requests == []

    @pytest.mark.parametrize("cursor", ["", 5, b"c", True, ["c"]])
    async def test_cursor(self, cursor, client, transport):
        with pytest.raises(InvalidArgumentError, match="cursor"):
            client.plans.list(cursor=cursor)
        assert transport.requests == []

    @pytest.mark.parametrize("invalid_id", [*INVALID_IDS, *IDS_OF_A_WRONG_TYPE], ids=repr)
    async def test_id(self, invalid_id, client, transport):
        calls = [
            lambda: client.customers.retrieve(invalid_id),
            lambda: client.customers.blacklist(invalid_id),
            lambda: client.plans.update(invalid_id, name="x"),
            lambda: client.plans.archive(invalid_id),
            lambda: client.subscriptions.cancel(invalid_id),
            lambda: client.subscriptions.pause(invalid_id),
            lambda: client.subscriptions.resume(invalid_id),
            lambda: client.subscriptions.change_plan(invalid_id, plan_id="plan_1"),
        ]
        for call in calls:
            with pytest.raises(InvalidArgumentError):
                await call()
        for make in (client.customers.list_subscriptions, client.customers.list_transactions):
            with pytest.raises(InvalidArgumentError):
                make(invalid_id)
        assert transport.requests == []

    async def test_idempotency_key_of_a_read(self, client, transport):
        with pytest.raises(InvalidArgumentError, match="idempotency_key"):
            await client.customers.retrieve("cus_1", idempotency_key="k")
        with pytest.raises(InvalidArgumentError, match="idempotency_key"):
            client.plans.list(idempotency_key="k")
        with pytest.raises(InvalidArgumentError, match="idempotency_key"):
            await client.request("GET", "/v1/plans", idempotency_key="k")
        assert transport.requests == []

    @pytest.mark.parametrize("key", ["", " ", "a b", "a\nb", "é", "k" * 256, None, 5, b"k", uuid.UUID(int=1)])
    async def test_idempotency_key(self, key, client, transport):
        with pytest.raises(InvalidArgumentError, match="idempotency_key"):
            await client.customers.create(name="Ada", idempotency_key=key)
        assert transport.requests == []

    @pytest.mark.parametrize(
        "headers",
        [
            {"": "a"},
            {"a b": "a"},
            {"a\r\nb": "a"},
            {"a:": "a"},
            {"é": "a"},
            {5: "a"},
            {"x-a": "a\r\nx-b: b"},
            {"x-a": "a\x00"},
            {"x-a": " a"},
            {"x-a": "a "},
            {"x-a": "\ta"},
            {"x-a": " "},
            {"x-a": "a\n"},
            {"x-a": "é"},
            {"x-a": 5},
            {"x-a": None},
            {"x-a": b"a"},
            "x-a: a",
            None,
            ["x-a"],
            5,
        ],
        ids=repr,
    )
    async def test_headers(self, headers, client, transport):
        with pytest.raises(InvalidArgumentError, match="header"):
            await client.customers.retrieve("cus_1", headers=headers)
        with pytest.raises(InvalidArgumentError, match="header"):
            client.with_options(headers=headers)
        assert transport.requests == []

    @pytest.mark.parametrize(
        "name",
        [
            "Authorization",
            "authorization",
            "Idempotency-Key",
            "Content-Type",
            "Content-Length",
            "Host",
            "Accept",
            "X-Portal-Session",
            "Transfer-Encoding",
            "Connection",
            "Accept-Encoding",
            "Expect",
            "Keep-Alive",
            "Proxy-Authorization",
            "Proxy-Connection",
            "TE",
            "Trailer",
            "Upgrade",
        ],
    )
    async def test_reserved_headers(self, name, client, transport):
        with pytest.raises(InvalidArgumentError, match=name):
            await client.customers.create(name="Ada", headers={name: "x"})
        with pytest.raises(InvalidArgumentError, match=name):
            client.with_options(headers={name: "x"})
        with pytest.raises(InvalidArgumentError, match=name):
            AsyncDuro(SECRET_KEY, transport=transport, headers={name: "x"})
        assert transport.requests == []

    @pytest.mark.parametrize("value", [" 1needle2", "1needle2\r\nx-b: b", "1needle2\0", "1needle2é"])
    async def test_value_of_an_invalid_header_is_not_seen(self, value, client, transport):
        headers = {"x-api-key": value}
        for call in (
            lambda: client.with_options(headers=headers),
            lambda: AsyncDuro(SECRET_KEY, transport=transport, headers=headers),
            lambda: client.plans.list(headers=headers),
        ):
            with pytest.raises(InvalidArgumentError, match=r"^the header x-api-key must have") as raised:
                call()
            assert "1needle2" not in str(raised.value)
        with pytest.raises(InvalidArgumentError, match=r"^the header sk_test_… must have"):
            client.with_options(headers={"sk_test_1needle2": "é"})

    @pytest.mark.parametrize(
        "timeout", [None, 0, -1, 0.0, math.inf, -math.inf, math.nan, True, "5", pytest.param(10**400, id="huge")]
    )
    async def test_timeout(self, timeout, client, transport):
        with pytest.raises(ConfigurationError, match="timeout"):
            await client.customers.retrieve("cus_1", timeout=timeout)
        with pytest.raises(ConfigurationError, match="timeout"):
            client.plans.list(timeout=timeout)
        with pytest.raises(ConfigurationError, match="timeout"):
            client.with_options(timeout=timeout)
        with pytest.raises(ConfigurationError, match="timeout"):
            AsyncDuro(SECRET_KEY, timeout=timeout)
        assert transport.requests == []

    async def test_unknown_options(self, client, transport):
        calls = [
            lambda: client.customers.retrieve("cus_1", timeuot=5),
            lambda: client.customers.create(name="Ada", idempotencyKey="k"),
            lambda: client.request("GET", "/v1/plans", retries=5),
            lambda: client.token(scope="all"),
            lambda: client.oauth.token(scope="all"),
        ]
        for call in calls:
            with pytest.raises(TypeError, match="unexpected keyword argument"):
                await call()
        for call in (lambda: client.plans.list(page_sise=5), lambda: client.with_options(timeuot=5)):
            with pytest.raises(TypeError, match="unexpected keyword argument"):
                call()
        assert transport.requests == []

    @pytest.mark.parametrize(
        "value",
        [math.nan, math.inf, ..., {1, 2}, b"x", datetime(2026, 1, 1)],  # noqa: DTZ001
        ids=repr,
    )
    async def test_metadata_without_a_json_form(self, value, client, transport):
        with pytest.raises(InvalidArgumentError, match="JSON"):
            await client.customers.create(metadata={"a": value})
        with pytest.raises(InvalidArgumentError, match="JSON"):
            await client.request("POST", "/v1/customers", json=[value])
        assert transport.requests == []

    @pytest.mark.parametrize("credential", [None, 5, b"sk_test_1", "no-credential", ...], ids=repr)
    async def test_credential_of_a_call(self, credential, client, transport):
        with pytest.raises(ConfigurationError):
            await client.customers.retrieve("cus_1", credential=credential)
        with pytest.raises(ConfigurationError):
            await client.request("GET", "/v1/plans", credential=credential)
        with pytest.raises(ConfigurationError):
            client.with_options(credential=credential)
        assert transport.requests == []

    @pytest.mark.parametrize(
        "credential",
        [SecretKey("sk_live_1"), ClientCredentials("cid_live_1", "csec_live_1"), IdentityToken("t", mode="live")],
    )
    async def test_credential_of_the_other_mode(self, credential, client, transport):
        with pytest.raises(ConfigurationError, match="mode"):
            await client.customers.retrieve("cus_1", credential=credential)
        with pytest.raises(ConfigurationError, match="mode"):
            client.with_options(credential=credential)
        assert transport.requests == []

    @pytest.mark.parametrize("credential", [IdentityToken("t"), PortalSession("t")])
    async def test_credential_that_the_operation_does_not_accept(self, credential, client, transport):
        with pytest.raises(ConfigurationError, match="getCustomer does not accept"):
            await client.customers.retrieve("cus_1", credential=credential)
        assert transport.requests == []

    async def test_token_without_an_oauth_client(self, client, transport):
        with pytest.raises(ConfigurationError, match="OAuth client"):
            await client.token()
        with pytest.raises(ConfigurationError, match="OAuth client"):
            await client.oauth.token()
        assert transport.requests == []

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("", "/v1/plans"),
            ("FETCH", "/v1/plans"),
            ("GET\r\n", "/v1/plans"),
            (None, "/v1/plans"),
            ("GET", ""),
            ("GET", "v1/plans"),
            ("GET", "//elsewhere.example/v1"),
            ("GET", "https://elsewhere.example/"),
            ("GET", "@elsewhere.example/"),
            ("GET", "/v1/../admin"),
            ("GET", "/v1/.."),
            ("GET", "/v1/./plans"),
            ("GET", "/v1/%2e%2E/admin"),
            ("GET", "/v1/plans%2F..%2Fadmin"),
            ("GET", "/v1/100%"),
            ("GET", "/v1/%zz"),
            ("GET", "/v1/plans?limit=5"),
            ("GET", "/v1/plans#a"),
            ("GET", "/v1/a b"),
            ("GET", "/v1/é"),
            ("GET", "/v1\\plans"),
            ("GET", "/v1/plans\r\nx-a: b"),
            ("GET", None),
            ("GET", b"/v1/plans"),
        ],
    )
    async def test_method_and_path_of_a_raw_request(self, method, path, client, transport):
        with pytest.raises(InvalidArgumentError):
            await client.request(method, path)
        assert transport.requests == []

    @pytest.mark.parametrize(
        "params", [{"a": None}, {"a": [1]}, {"a": {}}, {"a": math.nan}, {5: "a"}, "a=1", [("a", "b")]]
    )
    async def test_params_of_a_raw_request(self, params, client, transport):
        with pytest.raises(InvalidArgumentError, match="params"):
            await client.request("GET", "/v1/plans", params=params)
        assert transport.requests == []

    async def test_reference_that_a_path_cannot_hold(self, client, transport):
        for reference in (
            "",
            " ",
            ".",
            "..",
            "../plans",
            "a/../b",
            "a/.",
            "./a",
            "a\x00b",
            "\ud800",
            None,
            5,
            b"EXT-1",
        ):
            with pytest.raises(InvalidArgumentError, match=r"^merchant_ref must"):
                await client.customers.retrieve_by_ref(reference)
        assert transport.requests == []

    async def test_url_that_is_too_long(self, client, transport):
        long = "a" * MAX_URL_BYTES
        for name, call in {
            "merchant_ref": lambda: client.customers.retrieve_by_ref(long),
            "customer_id": lambda: client.customers.retrieve(long),
            "mode and subscription_id": lambda: client.customer_portal.pause(
                "test", long, credential=PortalSession("s")
            ),
            "path": lambda: client.request("GET", f"/v1/{long}"),
            "params": lambda: client.request("GET", "/v1/plans", params={"name": long}),
        }.items():
            with pytest.raises(InvalidArgumentError, match=f"^{name} must be shorter, got a URL of 8,0.. bytes"):
                await call()
        with pytest.raises(InvalidArgumentError, match=r"^cursor must be shorter"):
            client.plans.list(cursor=long)
        with pytest.raises(InvalidArgumentError, match=r"got a URL of 24,0.. bytes after percent-encoding"):
            await client.customers.retrieve_by_ref("/" * MAX_URL_BYTES)
        # httpx refuses URLs of more than 65,536 characters with an error of its own.
        with pytest.raises(InvalidArgumentError, match=r"^merchant_ref must be shorter"):
            await client.customers.retrieve_by_ref("a" * 70_000)
        assert transport.requests == []

    async def test_call_on_a_closed_client(self, client, transport):
        await client.aclose()
        with pytest.raises(ClientClosedError):
            await client.customers.retrieve("cus_1")
        with pytest.raises(ClientClosedError):
            await client.plans.list().collect()
        with pytest.raises(ClientClosedError):
            await client.request("GET", "/v1/plans")
        assert transport.requests == []


class TestBlocking:
    def test_invalid_arguments_send_no_request(self, transport):
        with Duro(SECRET_KEY, transport=transport) as client:
            with pytest.raises(InvalidArgumentError):
                client.plans.list(page_size=0)
            with pytest.raises(InvalidArgumentError):
                client.customers.retrieve("../plans")
            with pytest.raises(InvalidArgumentError):
                client.customers.retrieve("cus_1", idempotency_key="k")
            with pytest.raises(TypeError, match="timeuot"):
                client.customers.retrieve("cus_1", timeuot=5)
            with pytest.raises(TypeError, match="timeuot"):
                client.with_options(timeuot=5)
            with pytest.raises(ConfigurationError):
                client.customers.retrieve("cus_1", timeout=math.nan)
        assert transport.requests == []

    def test_each_option_is_sent(self, transport):
        transport.responses = [CUSTOMER]
        with Duro(SECRET_KEY, transport=transport) as client:
            options = {
                "timeout": 7,
                "idempotency_key": "k",
                "headers": {"x-a": "b"},
                "credential": SecretKey("sk_test_other"),
            }
            client.customers.create(name="Ada", **options)
        assert 7 < transport.last.timeout <= 8
        assert transport.header("idempotency-key") == ["k"]
        assert transport.header("x-a") == ["b"]
        assert transport.header("authorization") == ["Bearer sk_test_other"]
