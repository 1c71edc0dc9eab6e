from __future__ import annotations

import json
import math
import traceback
import uuid
from datetime import UTC, datetime

import pytest

from duro import (
    UNSET,
    AsyncDuro,
    ClientCredentials,
    Duro,
    IdentityToken,
    PortalSession,
    RetryPolicy,
    SecretKey,
)
from duro.errors import ClientClosedError, ConfigurationError, InternalServerError, InvalidArgumentError
from duro.http.request import Headers, Response

pytestmark = pytest.mark.anyio

SECRET_KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
CUSTOMER = {"id": "cus_1", "blacklisted": False, "createdAt": "2026-01-01T00:00:00Z"}
PROMO_CODE = {
    "id": "promo_1",
    "code": "LAUNCH50",
    "discountType": "percentage",
    "discountValue": 50,
    "duration": "once",
    "redeemedCount": 0,
    "remaining": None,
    "active": True,
    "expiresAt": None,
    "createdAt": "2026-01-01T00:00:00Z",
}
PAGE = {"items": [], "nextCursor": None, "hasMore": False}
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
    @pytest.mark.parametrize("page_size", [0, -1, 101, 10**9, True, False, "5", 5.0, None, math.nan])
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
            lambda: client.customers.retrieve_by_ref(invalid_id),
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
        ],
    )
    async def test_reserved_headers(self, name, client, transport):
        with pytest.raises(InvalidArgumentError, match=name):
            await client.customers.create(name="Ada", headers={name: "x"})
        assert transport.requests == []

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

    async def test_call_on_a_closed_client(self, client, transport):
        await client.aclose()
        with pytest.raises(ClientClosedError):
            await client.customers.retrieve("cus_1")
        with pytest.raises(ClientClosedError):
            await client.plans.list().collect()
        with pytest.raises(ClientClosedError):
            await client.request("GET", "/v1/plans")
        assert transport.requests == []


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


class TestRawRequests:
    async def test_query_and_body_are_sent(self, client, transport):
        transport.responses = [{"anything": 1}]
        response = await client.request("post", "/v1/anything", params={"a": "x y", "n": 5}, json={"snake_case": None})
        assert response == {"anything": 1}
        assert transport.last.method == "POST"
        assert transport.last.url == "https://sandbox.useduro.com/v1/anything?a=x+y&n=5"
        assert json.loads(transport.last.content) == {"snake_case": None}
        assert transport.header("content-type") == ["application/json"]
        assert len(transport.header("idempotency-key")) == 1

    async def test_booleans_are_lower_case_in_the_query(self, client, transport):
        await client.request("GET", "/v1/anything", params={"yes": True, "no": False})
        assert transport.last.url.endswith("?yes=true&no=false")

    async def test_json_none_sends_null_and_no_json_sends_no_body(self, client, transport):
        await client.request("POST", "/v1/anything", json=None)
        assert transport.last.content == b"null"
        await client.request("POST", "/v1/anything")
        assert transport.last.content is None
        assert transport.header("content-type") == []

    async def test_empty_response_is_none(self, client, transport):
        transport.responses = [b""]
        assert await client.request("DELETE", "/v1/anything") is None

    async def test_wrapped_response_is_returned_unchanged(self, client, transport):
        transport.responses = [{"ok": True, "data": 1}]
        assert await client.request("GET", "/v1/anything") == {"ok": True, "data": 1}


class TestValues:
    async def test_id_is_percent_encoded(self, client, transport):
        transport.responses = [CUSTOMER]
        for reference, path in [
            ("EXT-001", "EXT-001"),
            ("a b", "a%20b"),
            ("é", "%C3%A9"),
            ("a:b@c&d=e+f", "a%3Ab%40c%26d%3De%2Bf"),
        ]:
            await client.customers.retrieve_by_ref(reference)
            assert transport.last.url == f"https://sandbox.useduro.com/v1/customers/ref/{path}"

    async def test_unset_is_left_out_and_none_is_sent_as_null(self, client, transport):
        transport.responses = [CUSTOMER]
        await client.customers.create(name="Ada", email=UNSET)
        assert transport.last.content == b'{"name":"Ada"}'
        transport.responses = [PROMO_CODE]
        await client.promo_codes.update("promo_1", active=True)
        assert transport.last.content == b'{"active":true}'
        await client.promo_codes.update("promo_1", expires_at=None, max_redemptions=None)
        assert json.loads(transport.last.content) == {"expiresAt": None, "maxRedemptions": None}

    async def test_metadata_is_sent_unchanged(self, client, transport):
        transport.responses = [CUSTOMER]
        metadata = {"snake_case": [1, {"deep": None}], "at": datetime(2026, 1, 1, tzinfo=UTC)}
        await client.customers.create(metadata=metadata)
        assert json.loads(transport.last.content) == {
            "metadata": {"snake_case": [1, {"deep": None}], "at": "2026-01-01T00:00:00.000Z"}
        }

    async def test_default_headers(self, client, transport):
        transport.responses = [CUSTOMER]
        await client.customers.retrieve("cus_1")
        assert transport.header("accept") == ["application/json"]
        assert transport.header("user-agent")[0].startswith("duro-sdk-python")
        assert transport.last.content is None
        assert transport.header("content-type") == []


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
