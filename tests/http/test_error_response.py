from __future__ import annotations

import copy
import json
import pickle
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from duro.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    ErrorDetail,
    InternalServerError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    ValidationError,
)
from duro.http.error_response import build_api_error, describe_foreign_response, parse_error_response
from duro.http.request import Headers, Response
from tests.support.call_outcomes import CODES
from tests.support.gateway_pages import PAGES

CLASSES = {
    400: BadRequestError,
    401: AuthenticationError,
    403: PermissionDeniedError,
    404: NotFoundError,
    409: ConflictError,
    422: ValidationError,
    429: RateLimitError,
    500: InternalServerError,
    501: InternalServerError,
    502: InternalServerError,
    503: InternalServerError,
    504: InternalServerError,
    599: InternalServerError,
    302: APIError,
    402: APIError,
    405: APIError,
    408: RequestTimeoutError,
    418: APIError,
}
RETRIED_STATUSES = {408, *range(500, 600)}
SECRETS = [
    "sk_test_4eC39HqLyjWDarjtT1zdp7dc",
    "sk_live_4eC39HqLyjWDarjtT1zdp7dc",
    "csec_test_0001secret",
    "cs_live_0001secret",
    "whsec_0123456789abcdef",
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
MALFORMED_ERRORS = st.fixed_dictionaries(
    {},
    optional={"error": JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(("code", "message", "details"), JSON))},
)


def error_for(status, body, *lines, key=None):
    return build_api_error(Response(status, Headers.from_lines(lines), body), idempotency_key=key, wall=0.0)


def error_body(**error):
    return json.dumps({"error": error}).encode()


@pytest.mark.parametrize(("status", "kind"), CLASSES.items())
def test_error_class_depends_on_the_status(status, kind):
    error = error_for(status, b"")
    assert type(error) is kind
    assert error.status == status


def test_error_contains_all_fields_of_the_response():
    body = error_body(
        code="validation_error", message="No way", details=[{"path": "amount", "issue": "expected integer"}]
    )
    error = error_for(422, body, (b"x-request-id", b"req_1"), key="k-1")
    assert (error.code, error.message) == ("validation_error", "No way")
    assert error.details == (ErrorDetail("amount", "expected integer"),)
    assert (error.request_id, error.idempotency_key) == ("req_1", "k-1")
    assert str(error) == "422 validation_error: No way; amount: expected integer; request req_1"


def test_error_contains_safe_headers_and_the_redacted_body():
    body = error_body(code="conflict", message="m", access_token="at_secret", hint="for sk_test_1secret") + b"\n\x1b[2J"
    error = error_for(409, body, (b"x-request-id", b"req_1"), (b"set-cookie", b"session=secret"), (b"via", b"1.1 x"))
    assert error.headers == {"x-request-id": "req_1", "via": "1.1 x"}
    assert "secret" not in error.body
    assert error.body.isprintable()
    assert json.loads(error.body.rpartition(" ")[0])["error"]["access_token"] == "…"


def test_body_of_an_error_is_bounded():
    for lead in range(1_990, 2_001):
        error = error_for(500, b"x" * lead + b" sk_test_4eC39HqLyjWDarjtT1zdp7dc " + b"x" * 1_000_000)
        assert len(error.body) == 2_000
        assert "4eC" not in error.body


def test_credential_of_the_request_is_masked_in_the_body():
    credential = Headers([(b"x-portal-session", b"0123456789")])
    answered = Response(403, Headers(), b"<p>denied for 0123456789")
    assert build_api_error(answered, credential=credential, idempotency_key=None, wall=0.0).body == "<p>denied for …"


def test_oauth_shape_is_parsed():
    description = parse_error_response(b'{"error":"invalid_client","error_description":"Unknown client."}')
    assert (description.code, description.message, description.details) == ("invalid_client", "Unknown client.", ())
    assert parse_error_response(b'{"error":"invalid_client"}').message is None


def test_error_without_a_message_gets_a_default_one():
    assert str(error_for(503, error_body(code="busy"))) == "503 busy: the API rejected the request without a message"


def test_redirect_message_mentions_base_url():
    assert str(error_for(307, b"<h1>Moved</h1>")) == (
        "307 error: the response is a redirect, and redirects are not followed; check base_url"
    )


class TestForeignResponse:
    """Error response without the shape of the API."""

    @pytest.mark.parametrize("name", PAGES)
    def test_message_contains_the_first_words(self, name):
        page = PAGES[name]
        error = error_for(page.status, page.body)
        assert type(error) is CLASSES.get(page.status, InternalServerError if page.status >= 500 else APIError)
        assert error.message.startswith("the response did not come from the API (it")
        assert page.words in error.message
        assert "base_url" in error.message or page.status in RETRIED_STATUSES
        assert len(error.message) < 250
        assert (error.status, error.code, error.details) == (page.status, None, ())

    def test_message_for_a_client_error(self):
        assert str(error_for(404, b"<title>404</title>\n<h1>Not Found</h1>")) == (
            "404 error: the response did not come from the API (it begins with '404 Not Found'); "
            "check base_url and the proxy settings"
        )

    def test_message_for_a_server_error(self):
        assert str(error_for(502, b"")) == (
            "502 error: the response did not come from the API (its body is empty); "
            "a gateway or proxy in front of the API failed, and may work again later"
        )

    @pytest.mark.parametrize(
        ("body", "words"),
        [
            (b"<style>a{}</style><SCRIPT>b < c</SCRIPT >\n<!-- d -->\n<p class='e'>f", "'f'"),
            (b"<style>never closed", None),
            (b"<!-- never closed", None),
            (b"a < b &lt;c&gt; &#115;&#107;", "'a < b <c> sk'"),
            (b"sk_live_<!-- -->x &#115;k_live_secret", "'sk_live_ x sk_live_…'"),
            (b"a\r\n\tb\xa0c\x1b[2Jd&#27;e&#155;f", "'a b\ufffdc?[2Jd"),
            (b"\xff\xfe", "'\ufffd\ufffd'"),
            (b"x" * 500, f"'{'x' * 80}'"),
            (b"<p>" * 5_000 + b"word", "'word'"),
            (b"<p>" * 10_000 + b"word", None),
            (b"x<br>y<", "'x y'"),
            (b" " * 1_000, ""),
        ],
        ids=lambda value: repr(value)[:30],
    )
    def test_words_are_bounded_text_without_markup(self, body, words):
        message = error_for(404, body).message
        beginnings = {None: "(its body contains only markup)", "": "(its body is empty)"}
        assert beginnings.get(words, f"(it begins with {words}") in message
        assert message.isprintable()

    @pytest.mark.parametrize("unit", [b"<", b"<!--", b"<script", b"<script>", b"</script", b"&#", b"<a", b"<a>"])
    def test_time_is_bounded(self, unit):
        began = time.process_time()
        error_for(502, unit * 1_000_000)
        assert time.process_time() - began < 1

    def test_secret_of_the_request_is_masked(self):
        credential = Headers([(b"authorization", b"Bearer at_0123456789")])
        for body in (b"<p>denied for at_0123456789", b"x" * 75 + b" at_0123456789"):
            answered = Response(403, Headers(), body)
            error = build_api_error(answered, credential=credential, idempotency_key=None, wall=0.0)
            assert "at_0" not in str(error)

    def test_proxy_rejection_names_the_proxy(self):
        message = describe_foreign_response(Response(407, Headers(), b"<h1>user:password@proxy</h1>"))
        assert message == (
            "the proxy requires authentication and refused the request, so nothing reached the API; "
            "check the user name and the password of the proxy"
        )


class TestErrorInASuccessfulResponse:
    """``{"ok": false, "error": …}`` with a 2xx status."""

    @pytest.mark.parametrize(("status", "code"), CODES.items())
    def test_class_depends_on_the_code(self, status, code):
        error = error_for(200, json.dumps({"ok": False, "error": {"code": code, "message": "m"}}).encode())
        assert type(error) is CLASSES[status]
        assert (error.status, error.code, error.message) == (200, code, "m")
        assert str(error) == f"200 {code}: m"

    @pytest.mark.parametrize(
        ("error", "code", "message"),
        [
            ("the card was declined", None, "the card was declined"),
            ({"code": "card_declined", "message": "m"}, "card_declined", "m"),
            ({"code": "card_declined"}, "card_declined", "the API rejected the request without a message"),
            ({"message": "m"}, None, "m"),
            (None, None, "the API rejected the request without a message"),
        ],
    )
    def test_other_errors_are_api_errors(self, error, code, message):
        found = error_for(201, json.dumps({"ok": False, "error": error}).encode())
        assert type(found) is APIError
        assert (found.status, found.code, found.message) == (201, code, message)

    def test_rate_limit_has_retry_after(self):
        body = json.dumps({"ok": False, "error": {"code": "rate_limited"}}).encode()
        assert error_for(200, body, (b"retry-after", b"3")).retry_after == 3.0


@pytest.mark.parametrize("status", [200, 302, 400, 407, 422, 429, 500, 502])
def test_control_characters_do_not_reach_the_error(status):
    attack = "\x1b]0;title\x07\x1b[2J\r\nWARNING forged\u202e\x9b31m\u2028"
    details = [{"path": attack, "issue": attack}]
    for document in (
        {"ok": False, "error": {"code": "conflict", "message": attack, "details": details}},
        {"ok": False, "error": {"code": attack, "message": attack, "details": details}},
        {"ok": False, "error": attack},
    ):
        for body in (
            json.dumps(document).encode(),
            attack.encode() + json.dumps(document, ensure_ascii=False).encode(),
        ):
            error = error_for(status, body, (b"x-request-id", b"\x1b[2Jreq\r\n\x9b" + b"x" * 1_000))
            assert str(error).isprintable()
            assert all(text.isprintable() for detail in error.details for text in detail)
            assert (error.code or "").isprintable()
            assert error.request_id.isprintable()
            assert len(error.request_id) <= 200


@pytest.mark.parametrize(
    ("status", "value", "seconds"),
    [(429, b"12", 12.0), (429, b"Thu, 01 Jan 1970 00:01:00 GMT", 60.0), (429, b"soon", None), (429, None, None)],
)
def test_rate_limit_error_has_retry_after(status, value, seconds):
    assert error_for(status, b"", *([] if value is None else [(b"retry-after", value)])).retry_after == seconds


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_repeated_by_the_server_are_masked(secret):
    details = [{"path": secret, "issue": f"{secret} is wrong"}]
    error = error_for(401, error_body(code="unauthorized", message=f"No such key: {secret}.", details=details))
    for shown in (str(error), repr(error), error.message, error.code, repr(error.details), repr(error.__dict__)):
        assert secret not in shown
        assert secret.split("_")[-1] not in shown
    assert f"No such key: {secret.split('_')[0]}_" in error.message


@pytest.mark.parametrize("secret", SECRETS)
def test_secrets_on_a_foreign_page_are_masked(secret):
    for body in (error_body(code=secret, message=secret), f"<p>The key <b>{secret}</b> is unknown".encode()):
        error = error_for(401, body)
        assert secret.split("_")[-1] not in str(error)
        assert f"{secret.split('_')[0]}_" in str(error)


def test_secret_at_the_cut_of_a_long_message_is_masked():
    for lead in range(960, 1_002):
        message = error_for(400, error_body(code="bad_request", message="x" * lead + " " + SECRETS[0])).message
        assert "4eC39" not in message
        assert message.startswith("xxx")


def test_long_texts_and_lists_are_cut():
    error = error_for(
        422, error_body(code="c" * 5_000, message="m" * 5_000, details=[{"path": "p", "issue": "i"}] * 5_000)
    )
    assert len(error.code) <= 1_000
    assert len(error.message) <= 1_000
    assert len(error.details) <= 100


def test_lone_surrogates_are_replaced():
    error = error_for(
        422, b'{"error":{"code":"code","message":"a\\udfffb","details":[{"path":"\\ud83d","issue":"i"}]}}'
    )
    assert str(error) == "422 code: a?b; ?: i"
    str(error).encode()


def test_malformed_details_are_ignored():
    details = [None, 1, "x", [], {}, {"path": 1, "issue": None}, {"path": "a"}, {"issue": "b"}]
    found = error_for(422, error_body(code="validation_error", details=details)).details
    assert [detail for detail in found if any(detail)] == [ErrorDetail("a", ""), ErrorDetail("", "b")]


def test_deeply_nested_body_is_handled():
    assert error_for(500, b"[" * 100_000).code is None
    assert error_for(500, b'{"error":' * 5_000 + b"1" + b"}" * 5_000).code is None


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.binary() | (JSON | MALFORMED_ERRORS).map(lambda value: json.dumps(value).encode()), st.integers(300, 999))
def test_any_body_becomes_an_api_error(body, status):
    error = error_for(status, body, (b"retry-after", body[:20].replace(b"\n", b"")), (b"x-request-id", body[:20]))
    assert isinstance(error, APIError)
    assert isinstance(str(error), str)
    assert error.code is None or isinstance(error.code, str)
    assert error.status == status


@pytest.mark.parametrize("copy_error", [lambda error: pickle.loads(pickle.dumps(error)), copy.copy, copy.deepcopy])  # noqa: S301
def test_error_survives_pickle_and_copy(copy_error):
    body = error_body(code="rate_limited", message="Slow down.", details=[{"path": "a", "issue": "b"}])
    error = error_for(429, body, (b"retry-after", b"3"), (b"x-request-id", b"req_1"), key="k")
    error.add_note("a note")
    copied = copy_error(error)
    assert type(copied) is type(error)
    assert str(copied) == str(error)
    assert vars(copied) == vars(error)
    assert copied.args == error.args
    assert copied.retry_after == 3.0


def test_note_on_a_copy_is_not_on_the_original():
    error = error_for(500, b"")
    error.add_note("first")
    copied = copy.copy(error)
    copied.add_note("second")
    assert error.__notes__ == ["first"]
