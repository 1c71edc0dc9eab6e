"""Classification of responses: status, shape and earlier doubt determine the outcome of a write."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro.http.classification import MAX_DOCUMENT_BYTES, classify, find_api_error, is_in_doubt_after
from duro.http.request import Headers, Response
from tests.support.call_outcomes import CODES, api_error, response
from tests.support.gateway_pages import OPEN_PAGES, PAGES, REJECTION_PAGES, RETRIED_PAGES

# Meaning of an error response for a write: "settled" for all attempts, "rejected" only for its own, or "open".
API_MEANINGS = {
    **dict.fromkeys([400, 404, 422], "settled"),
    **dict.fromkeys([401, 402, 403, 405, 407, 409, 410, 413, 418, 425, 429, 451, 499, 500, 503], "rejected"),
    **dict.fromkeys([301, 302, 303, 307, 308], "rejected"),
    **dict.fromkeys([408, 501, 502, 504, 505, 511, 520, 521, 522, 523, 524, 525, 599], "open"),
}
FOREIGN_MEANINGS = {status: "open" if status == 408 or status >= 500 else "rejected" for status in API_MEANINGS}
FOREIGN_BODIES = [
    b"",
    b"<html><h1>Not Found</h1></html>",
    b"default backend - 404",
    b"null",
    b"[]",
    b"{}",
    b"\xff\xfe",
    b"[" * 100_000,
    b'{"error":null}',
    b'{"error":"not_found"}',
    b'{"error":"invalid_client","error_description":"OAuth, but not from its endpoint"}',
    b'{"error":{}}',
    b'{"error":{"message":"no code"}}',
    b'{"error":{"code":404}}',
    b'{"error":{"code":""}}',
    b'{"error":{"code":"404"}}',
    b'{"error":{"code":"NOT_FOUND"}}',
    b'{"error":{"code":"ResourceNotFound"}}',
    b'{"error":{"code":"not_found\\n"}}',
    b'{"error":[{"code":"not_found"}]}',
    b'{"code":"not_found"}',
    b'[{"error":{"code":"not_found"}}]',
    b'{"error":{"code":"not_found"}',
    b'{"error":{"code":"not_found","message":"%s"}}' % (b"x" * MAX_DOCUMENT_BYTES),
]


def meaning_of(answered):
    """Return the meaning of a response for a write, from its effect on calls with and without earlier doubt."""
    with_doubt = is_in_doubt_after(answered, was_in_doubt=True, is_mutation=True)
    without = is_in_doubt_after(answered, was_in_doubt=False, is_mutation=True)
    assert not is_in_doubt_after(answered, was_in_doubt=False, is_mutation=False)
    return {(False, False): "settled", (True, False): "rejected", (True, True): "open"}[with_doubt, without]


@pytest.mark.parametrize(("status", "meaning"), API_MEANINGS.items())
@pytest.mark.parametrize("code", [None, "not_found", "a_new_code", "code2"])
def test_error_of_the_api(status, meaning, code):
    answered = api_error(status, code=code)
    assert classify(answered).is_from_api
    assert meaning_of(answered) == meaning


@pytest.mark.parametrize(("status", "meaning"), FOREIGN_MEANINGS.items())
@pytest.mark.parametrize("body", FOREIGN_BODIES, ids=lambda body: repr(body[:40]))
def test_error_of_another_sender(status, meaning, body):
    answered = response(status, body)
    assert not classify(answered).is_from_api
    assert meaning_of(answered) == meaning


@pytest.mark.parametrize("name", PAGES)
def test_page_of_a_gateway(name):
    page = PAGES[name]
    expected = "rejected" if name in REJECTION_PAGES else "open"
    assert meaning_of(response(page.status, page.body)) == expected
    assert name in {**RETRIED_PAGES, **OPEN_PAGES, **REJECTION_PAGES}


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b"<html>", b'{"ok":true,"data":{}}', b'{"data":{"ok":false}}'])
def test_success_settles_all_attempts(status, body):
    assert classify(response(status, body)).is_success
    assert meaning_of(response(status, body)) == "settled"


class TestErrorInASuccessfulResponse:
    """``{"ok": false, "error": …}`` with a 2xx status."""

    @pytest.mark.parametrize(("status", "code"), CODES.items())
    @pytest.mark.parametrize("received", [200, 201])
    def test_code_determines_the_meaning(self, status, code, received):
        body = {"ok": False, "error": {"code": code, "message": "m"}}
        answered = response(received, json.dumps(body).encode())
        assert classify(answered).status == status
        assert not classify(answered).is_success
        assert meaning_of(answered) == API_MEANINGS[status]

    @pytest.mark.parametrize(
        "error", [None, 7, "", "the card was declined", [], {}, {"code": 7}, {"code": "new"}, {"message": "m"}]
    )
    @pytest.mark.parametrize("separators", [(",", ":"), (", ", ": "), (" ,\n", " :\t")])
    def test_other_errors_reject_their_own_attempt(self, error, separators):
        answered = response(200, json.dumps({"ok": False, "error": error}, separators=separators).encode())
        assert not classify(answered).is_success
        assert meaning_of(answered) == "rejected"

    @pytest.mark.parametrize(
        "document",
        [
            {"ok": False},
            {"ok": True, "error": {"code": "not_found"}},
            {"ok": 0, "error": {"code": "not_found"}},
            {"ok": "false", "error": {"code": "not_found"}},
            {"error": {"code": "not_found"}},
            {"data": {"ok": False, "error": {"code": "not_found"}}},
            [{"ok": False, "error": {"code": "not_found"}}],
        ],
    )
    def test_other_documents_are_successes(self, document):
        assert classify(response(200, json.dumps(document).encode())).is_success


def test_only_a_407_of_another_sender_is_a_rejection_by_the_proxy():
    assert {status for status in range(300, 600) if classify(response(status)).is_proxy_rejection} == {407}
    assert not classify(api_error(407)).is_proxy_rejection


def test_error_object_is_found_only_in_the_shape_of_the_api():
    assert find_api_error({"error": {"code": "conflict", "extra": 1}}) == {"code": "conflict", "extra": 1}
    assert find_api_error({"error": {"code": "Conflict"}}) is None


@given(st.integers(200, 999), st.binary(), st.booleans(), st.booleans())
def test_any_response_is_classified(status, body, was_in_doubt, is_mutation):
    answered = Response(status, Headers(), body)
    in_doubt = is_in_doubt_after(answered, was_in_doubt=was_in_doubt, is_mutation=is_mutation)
    # Random bytes do not have the shape of the API, so only a success settles an earlier doubt.
    assert in_doubt or not was_in_doubt or status < 300
    assert not in_doubt or was_in_doubt or (is_mutation and (status >= 500 or status == 408))
