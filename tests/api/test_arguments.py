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
BAD_IDS = ["", " ", "\t", "a/b", "/", "..", ".", "../plans", "a?b", "a#b", "a%2fb", "a\\b", "a\nb", "a\x00b", "\ud800"]
NO_IDS = [None, 5, b"cus_1", ["cus_1"], UNSET]


class TestBadArgumentsSendNothing:
    @pytest.mark.parametrize("limit", [0, -1, 101, 10**9, True, False, "5", 5.0, None, math.nan])
    async def test_limit(self, limit, duro, wire):
        for make in (
            duro.plans.list,
            duro.customers.list,
            lambda **given: duro.customers.list_transactions("c", **given),
        ):
            with pytest.raises(InvalidArgumentError, match="limit"):
                make(limit=limit)
        assert wire.requests == []

    @pytest.mark.parametrize("cursor", ["", 5, b"c", True, ["c"]])
    async def test_cursor(self, cursor, duro, wire):
        with pytest.raises(InvalidArgumentError, match="cursor"):
            duro.plans.list(cursor=cursor)
        assert wire.requests == []

    @pytest.mark.parametrize("identifier", [*BAD_IDS, *NO_IDS], ids=repr)
    async def test_identifier(self, identifier, duro, wire):
        calls = [
            lambda: duro.customers.retrieve(identifier),
            lambda: duro.customers.retrieve_by_ref(identifier),
            lambda: duro.customers.blacklist(identifier),
            lambda: duro.plans.update(identifier, name="x"),
            lambda: duro.plans.archive(identifier),
            lambda: duro.subscriptions.cancel(identifier),
            lambda: duro.subscriptions.pause(identifier),
            lambda: duro.subscriptions.resume(identifier),
            lambda: duro.subscriptions.change_plan(identifier, plan_id="plan_1"),
        ]
        for call in calls:
            with pytest.raises(InvalidArgumentError):
                await call()
        for make in (duro.customers.list_subscriptions, duro.customers.list_transactions):
            with pytest.raises(InvalidArgumentError):
                make(identifier)
        assert wire.requests == []

    async def test_key_on_a_read(self, duro, wire):
        with pytest.raises(InvalidArgumentError, match="idempotency_key"):
            await duro.customers.retrieve("cus_1", idempotency_key="k")
        with pytest.raises(InvalidArgumentError, match="idempotency_key"):
            duro.plans.list(idempotency_key="k")
        with pytest.raises(InvalidArgumentError, match="idempotency_key"):
            await duro.request("GET", "/v1/plans", idempotency_key="k")
        assert wire.requests == []

    @pytest.mark.parametrize("key", ["", " ", "a b", "a\nb", "é", "k" * 256, None, 5, b"k", uuid.UUID(int=1)])
    async def test_key(self, key, duro, wire):
        with pytest.raises(InvalidArgumentError, match="idempotency_key"):
            await duro.customers.create(name="Ada", idempotency_key=key)
        assert wire.requests == []

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
    async def test_headers(self, headers, duro, wire):
        with pytest.raises(InvalidArgumentError, match="header"):
            await duro.customers.retrieve("cus_1", headers=headers)
        with pytest.raises(InvalidArgumentError, match="header"):
            duro.with_options(headers=headers)
        assert wire.requests == []

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
    async def test_headers_that_are_the_clients_own(self, name, duro, wire):
        with pytest.raises(InvalidArgumentError, match=name):
            await duro.customers.create(name="Ada", headers={name: "x"})
        assert wire.requests == []

    @pytest.mark.parametrize(
        "timeout", [None, 0, -1, 0.0, math.inf, -math.inf, math.nan, True, "5", pytest.param(10**400, id="huge")]
    )
    async def test_timeout(self, timeout, duro, wire):
        with pytest.raises(ConfigurationError, match="timeout"):
            await duro.customers.retrieve("cus_1", timeout=timeout)
        with pytest.raises(ConfigurationError, match="timeout"):
            duro.plans.list(timeout=timeout)
        with pytest.raises(ConfigurationError, match="timeout"):
            duro.with_options(timeout=timeout)
        with pytest.raises(ConfigurationError, match="timeout"):
            AsyncDuro(SECRET_KEY, timeout=timeout)
        assert wire.requests == []

    async def test_options_that_there_are_not(self, duro, wire):
        calls = [
            lambda: duro.customers.retrieve("cus_1", timeuot=5),
            lambda: duro.customers.create(name="Ada", idempotencyKey="k"),
            lambda: duro.request("GET", "/v1/plans", retries=5),
            lambda: duro.token(scope="all"),
            lambda: duro.oauth.token(scope="all"),
        ]
        for call in calls:
            with pytest.raises(TypeError, match="unexpected keyword argument"):
                await call()
        for call in (lambda: duro.plans.list(limitt=5), lambda: duro.with_options(timeuot=5)):
            with pytest.raises(TypeError, match="unexpected keyword argument"):
                call()
        assert wire.requests == []

    @pytest.mark.parametrize(
        "value",
        [math.nan, math.inf, ..., {1, 2}, b"x", datetime(2026, 1, 1)],  # noqa: DTZ001
        ids=repr,
    )
    async def test_metadata_that_is_no_json(self, value, duro, wire):
        with pytest.raises(InvalidArgumentError, match="JSON"):
            await duro.customers.create(metadata={"a": value})
        with pytest.raises(InvalidArgumentError, match="JSON"):
            await duro.request("POST", "/v1/customers", json=[value])
        assert wire.requests == []

    @pytest.mark.parametrize("credential", [None, 5, b"sk_test_1", "nonsense", ...], ids=repr)
    async def test_credential_of_a_call(self, credential, duro, wire):
        with pytest.raises(ConfigurationError):
            await duro.customers.retrieve("cus_1", credential=credential)
        with pytest.raises(ConfigurationError):
            await duro.request("GET", "/v1/plans", credential=credential)
        with pytest.raises(ConfigurationError):
            duro.with_options(credential=credential)
        assert wire.requests == []

    @pytest.mark.parametrize(
        "credential",
        [SecretKey("sk_live_1"), ClientCredentials("cid_live_1", "csec_live_1"), IdentityToken("t", mode="live")],
    )
    async def test_credential_of_the_other_mode(self, credential, duro, wire):
        with pytest.raises(ConfigurationError, match="mode"):
            await duro.customers.retrieve("cus_1", credential=credential)
        with pytest.raises(ConfigurationError, match="mode"):
            duro.with_options(credential=credential)
        assert wire.requests == []

    @pytest.mark.parametrize("credential", [IdentityToken("t"), PortalSession("t")])
    async def test_credential_that_the_operation_does_not_take(self, credential, duro, wire):
        with pytest.raises(ConfigurationError, match="getCustomer does not accept"):
            await duro.customers.retrieve("cus_1", credential=credential)
        assert wire.requests == []

    async def test_token_without_an_oauth_client(self, duro, wire):
        with pytest.raises(ConfigurationError, match="OAuth client"):
            await duro.token()
        with pytest.raises(ConfigurationError, match="OAuth client"):
            await duro.oauth.token()
        assert wire.requests == []

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
    async def test_method_and_path_of_a_free_request(self, method, path, duro, wire):
        with pytest.raises(InvalidArgumentError):
            await duro.request(method, path)
        assert wire.requests == []

    @pytest.mark.parametrize(
        "params", [{"a": None}, {"a": [1]}, {"a": {}}, {"a": math.nan}, {5: "a"}, "a=1", [("a", "b")]]
    )
    async def test_params_of_a_free_request(self, params, duro, wire):
        with pytest.raises(InvalidArgumentError, match="params"):
            await duro.request("GET", "/v1/plans", params=params)
        assert wire.requests == []

    async def test_call_on_a_closed_client(self, duro, wire):
        await duro.aclose()
        with pytest.raises(ClientClosedError):
            await duro.customers.retrieve("cus_1")
        with pytest.raises(ClientClosedError):
            await duro.plans.list().collect()
        with pytest.raises(ClientClosedError):
            await duro.request("GET", "/v1/plans")
        assert wire.requests == []


class TestOptionsOfACall:
    async def test_timeout_is_the_deadline(self, duro, wire):
        wire.answers = [CUSTOMER]
        await duro.customers.retrieve("cus_1", timeout=7)
        assert 7 < wire.last.timeout <= 8
        await duro.customers.retrieve("cus_1")
        assert 30 < wire.last.timeout <= 31

    async def test_key_is_sent_as_given(self, duro, wire):
        wire.answers = [CUSTOMER]
        await duro.customers.create(name="Ada", idempotency_key="order-7")
        assert wire.header("idempotency-key") == ["order-7"]

    async def test_each_write_has_a_key_of_its_own_otherwise(self, duro, wire):
        wire.answers = [CUSTOMER]
        for _ in range(3):
            await duro.customers.create(name="Ada")
        keys = [request.headers.get("idempotency-key") for request in wire.requests]
        assert len(set(keys)) == 3
        assert all(uuid.UUID(key).version == 4 for key in keys)

    async def test_reads_have_none(self, duro, wire):
        wire.answers = [CUSTOMER]
        await duro.customers.retrieve("cus_1")
        assert wire.header("idempotency-key") == []

    async def test_headers_are_added(self, duro, wire):
        wire.answers = [CUSTOMER]
        await duro.customers.retrieve("cus_1", headers={"X-Team": "billing", "x-b": ""})
        assert (wire.header("x-team"), wire.header("x-b")) == (["billing"], [""])

    async def test_header_of_a_call_takes_the_place_of_the_clients(self, duro, wire):
        wire.answers = [CUSTOMER]
        client = duro.with_options(headers={"X-Team": "a", "user-agent": "mine/1"})
        await client.customers.retrieve("cus_1", headers={"x-team": "b"})
        assert wire.header("x-team") == ["b"]
        assert wire.header("user-agent") == ["mine/1"]

    @pytest.mark.parametrize(
        ("credential", "header", "value"),
        [
            (SecretKey("sk_test_other"), "authorization", "Bearer sk_test_other"),
            ("sk_test_other", "authorization", "Bearer sk_test_other"),
            (ClientCredentials("cid_test_1", "csec_test_1"), "authorization", "Bearer granted"),
        ],
    )
    async def test_credential_calls_instead_of_the_clients(self, credential, header, value, duro, wire):
        wire.answers = [CUSTOMER]
        await duro.customers.retrieve("cus_1", credential=credential)
        assert wire.header(header) == [value]
        await duro.customers.retrieve("cus_1")
        assert wire.header("authorization") == [f"Bearer {SECRET_KEY}"]

    @pytest.mark.parametrize(
        ("credential", "header", "value"),
        [
            (IdentityToken("identity"), "authorization", "Bearer identity"),
            (PortalSession("portal"), "x-portal-session", "portal"),
        ],
    )
    async def test_any_credential_may_make_a_free_request(self, credential, header, value, duro, wire):
        await duro.request("GET", "/identity/me", credential=credential)
        assert wire.header(header) == [value]
        assert len(wire.header("authorization") + wire.header("x-portal-session")) == 1

    async def test_key_of_a_call_is_in_no_frame_of_its_errors(self, duro, wire):
        wire.answers = [Response(500, Headers(), b"")]
        with pytest.raises(InternalServerError) as caught:
            # In two parts, because a traceback shows this line too.
            await duro.with_options(retries=0).customers.retrieve("cus_1", credential=SecretKey("sk_test_" + "hidden"))
        shown = "".join(traceback.TracebackException.from_exception(caught.value, capture_locals=True).format())
        assert "sk_test_hidden" not in shown


class TestOptionsOfAClient:
    async def test_timeout(self, wire):
        wire.answers = [CUSTOMER]
        async with AsyncDuro(SECRET_KEY, transport=wire, timeout=9) as client:
            await client.customers.retrieve("cus_1")
            assert 9 < wire.last.timeout <= 10
            await client.with_options(timeout=4).customers.retrieve("cus_1")
            assert 4 < wire.last.timeout <= 5
            await client.customers.retrieve("cus_1")
            assert 9 < wire.last.timeout <= 10

    @pytest.mark.parametrize(("retries", "sent"), [(0, 1), (2, 3), (RetryPolicy(retries=1, base_delay=0), 2)])
    async def test_retries(self, retries, sent, wire):
        policy = retries if isinstance(retries, RetryPolicy) else RetryPolicy(retries=retries, base_delay=0)
        wire.answers = [Response(503, Headers(), b"")]
        async with AsyncDuro(SECRET_KEY, transport=wire, retries=policy) as client:
            with pytest.raises(InternalServerError):
                await client.customers.retrieve("cus_1")
            assert len(wire.requests) == sent
            with pytest.raises(InternalServerError):
                await client.with_options(retries=0).customers.retrieve("cus_1")
            assert len(wire.requests) == sent + 1

    @pytest.mark.parametrize("retries", [-1, True, "3", 1.5, None])
    async def test_odd_retries_are_refused(self, retries, duro):
        with pytest.raises(ConfigurationError, match="retries"):
            AsyncDuro(SECRET_KEY, retries=retries)
        with pytest.raises(ConfigurationError, match="retries"):
            duro.with_options(retries=retries)

    async def test_budget_of_a_copys_policy_counts(self, wire):
        wire.answers = [Response(503, Headers(), b"")]
        async with AsyncDuro(SECRET_KEY, transport=wire) as client:
            thrifty = client.with_options(retries=RetryPolicy(retries=3, base_delay=0, budget=0, budget_ratio=0))
            with pytest.raises(InternalServerError):
                await thrifty.customers.retrieve("cus_1")
        assert len(wire.requests) == 1

    async def test_headers_go_with_every_call(self, duro, wire):
        wire.answers = [CUSTOMER]
        client = duro.with_options(headers={"X-Team": "billing"})
        await client.customers.retrieve("cus_1")
        assert wire.header("x-team") == ["billing"]
        await duro.customers.retrieve("cus_1")
        assert wire.header("x-team") == []

    @pytest.mark.parametrize("credential", [SecretKey("sk_test_other"), "sk_test_other"])
    async def test_credential_of_a_copy(self, credential, duro, wire):
        wire.answers = [CUSTOMER]
        await duro.with_options(credential=credential).customers.retrieve("cus_1")
        assert wire.header("authorization") == ["Bearer sk_test_other"]

    @pytest.mark.parametrize("connections", [0, -1, True, "5", None, 1.5])
    async def test_odd_numbers_of_connections_are_refused(self, connections):
        with pytest.raises(ConfigurationError, match="max_connections"):
            AsyncDuro(SECRET_KEY, max_connections=connections)

    async def test_copies_share_the_token(self, wire):
        wire.answers = [CUSTOMER]
        async with AsyncDuro(client_id="cid_test_1", client_secret="csec_test_1", transport=wire) as client:
            copy = client.with_options(timeout=5)
            assert await copy.token() is await client.token()


class TestFreeRequests:
    async def test_query_and_body_are_sent(self, duro, wire):
        wire.answers = [{"anything": 1}]
        answer = await duro.request("post", "/v1/anything", params={"a": "x y", "n": 5}, json={"snake_case": None})
        assert answer == {"anything": 1}
        assert wire.last.method == "POST"
        assert wire.last.url == "https://sandbox.useduro.com/v1/anything?a=x+y&n=5"
        assert json.loads(wire.last.content) == {"snake_case": None}
        assert wire.header("content-type") == ["application/json"]
        assert len(wire.header("idempotency-key")) == 1

    async def test_truth_is_written_as_json_writes_it(self, duro, wire):
        await duro.request("GET", "/v1/anything", params={"yes": True, "no": False})
        assert wire.last.url.endswith("?yes=true&no=false")

    async def test_null_is_a_body_and_nothing_is_none(self, duro, wire):
        await duro.request("POST", "/v1/anything", json=None)
        assert wire.last.content == b"null"
        await duro.request("POST", "/v1/anything")
        assert wire.last.content is None
        assert wire.header("content-type") == []

    async def test_empty_answer_is_none(self, duro, wire):
        wire.answers = [b""]
        assert await duro.request("DELETE", "/v1/anything") is None

    async def test_wrapped_answer_is_given_as_it_came(self, duro, wire):
        wire.answers = [{"ok": True, "data": 1}]
        assert await duro.request("GET", "/v1/anything") == {"ok": True, "data": 1}


class TestValues:
    async def test_identifier_is_quoted_where_it_has_to_be(self, duro, wire):
        wire.answers = [CUSTOMER]
        for reference, path in [
            ("EXT-001", "EXT-001"),
            ("a b", "a%20b"),
            ("é", "%C3%A9"),
            ("a:b@c&d=e+f", "a%3Ab%40c%26d%3De%2Bf"),
        ]:
            await duro.customers.retrieve_by_ref(reference)
            assert wire.last.url == f"https://sandbox.useduro.com/v1/customers/ref/{path}"

    async def test_what_is_left_out_is_not_sent_and_none_is_null(self, duro, wire):
        wire.answers = [CUSTOMER]
        await duro.customers.create(name="Ada", email=UNSET)
        assert wire.last.content == b'{"name":"Ada"}'
        wire.answers = [PROMO_CODE]
        await duro.promo_codes.update("promo_1", active=True)
        assert wire.last.content == b'{"active":true}'
        await duro.promo_codes.update("promo_1", expires_at=None, max_redemptions=None)
        assert json.loads(wire.last.content) == {"expiresAt": None, "maxRedemptions": None}

    async def test_metadata_is_sent_as_it_is(self, duro, wire):
        wire.answers = [CUSTOMER]
        metadata = {"snake_case": [1, {"deep": None}], "at": datetime(2026, 1, 1, tzinfo=UTC)}
        await duro.customers.create(metadata=metadata)
        assert json.loads(wire.last.content) == {
            "metadata": {"snake_case": [1, {"deep": None}], "at": "2026-01-01T00:00:00.000Z"}
        }

    async def test_what_the_client_says_of_itself(self, duro, wire):
        wire.answers = [CUSTOMER]
        await duro.customers.retrieve("cus_1")
        assert wire.header("accept") == ["application/json"]
        assert wire.header("user-agent")[0].startswith("duro-sdk-python")
        assert wire.last.content is None
        assert wire.header("content-type") == []


class TestBlocking:
    def test_bad_arguments_send_nothing(self, wire):
        with Duro(SECRET_KEY, transport=wire) as client:
            with pytest.raises(InvalidArgumentError):
                client.plans.list(limit=0)
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
        assert wire.requests == []

    def test_each_option_is_seen_on_the_wire(self, wire):
        wire.answers = [CUSTOMER]
        with Duro(SECRET_KEY, transport=wire) as client:
            options = {
                "timeout": 7,
                "idempotency_key": "k",
                "headers": {"x-a": "b"},
                "credential": SecretKey("sk_test_other"),
            }
            client.customers.create(name="Ada", **options)
        assert 7 < wire.last.timeout <= 8
        assert wire.header("idempotency-key") == ["k"]
        assert wire.header("x-a") == ["b"]
        assert wire.header("authorization") == ["Bearer sk_test_other"]
