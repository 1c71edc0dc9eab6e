from __future__ import annotations

import copy
import inspect
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

import duro
from duro import errors
from duro._redaction import redact_members
from duro.errors import (
    APIError,
    AuthenticationError,
    BadRequestError,
    CallError,
    ClientClosedError,
    ClientSecretError,
    ConfigurationError,
    ConflictError,
    ConnectionFailedError,
    CredentialsRejectedError,
    DeadlineExceededError,
    DecodingError,
    DuroError,
    ErrorDetail,
    InternalServerError,
    InvalidArgumentError,
    NotFoundError,
    OutcomeUnknownError,
    PayloadError,
    PermissionDeniedError,
    RateLimitError,
    RequestTimeoutError,
    SignatureMismatchError,
    SignatureMissingError,
    TimestampError,
    TokenEndpointUnavailableError,
    TokenExchangeError,
    TransportError,
    ValidationError,
    WebhookError,
    redact,
)

PARENTS = {
    CallError: DuroError,
    ConfigurationError: DuroError,
    InvalidArgumentError: ConfigurationError,
    TokenEndpointUnavailableError: TokenExchangeError,
    ClientSecretError: TokenExchangeError,
    CredentialsRejectedError: TokenExchangeError,
    ClientClosedError: DuroError,
    TransportError: CallError,
    ConnectionFailedError: TransportError,
    DeadlineExceededError: TransportError,
    OutcomeUnknownError: TransportError,
    TokenExchangeError: CallError,
    APIError: CallError,
    BadRequestError: APIError,
    AuthenticationError: APIError,
    PermissionDeniedError: APIError,
    NotFoundError: APIError,
    ConflictError: APIError,
    ValidationError: APIError,
    RateLimitError: APIError,
    RequestTimeoutError: APIError,
    InternalServerError: APIError,
    DecodingError: CallError,
    WebhookError: DuroError,
    SignatureMissingError: WebhookError,
    SignatureMismatchError: WebhookError,
    TimestampError: WebhookError,
    PayloadError: WebhookError,
}
ERRORS = [
    DuroError("words"),
    CallError("words"),
    TokenEndpointUnavailableError("words", status=503, retry_after=1.0),
    ClientSecretError("words"),
    CredentialsRejectedError("words", status=400, code="invalid_client", request_id="req_1"),
    ConfigurationError("words"),
    InvalidArgumentError("words"),
    ClientClosedError("words"),
    TransportError("words", attempts=2),
    ConnectionFailedError("words", idempotency_key="k", attempts=2),
    DeadlineExceededError("words", attempts=1),
    OutcomeUnknownError("words", idempotency_key="k", attempts=4),
    TokenExchangeError("words", status=401, code="invalid_client", retry_after=2.5, request_id="req_1"),
    APIError("words", status=418),
    DecodingError("words", path="$.a[0]", body=b"\x00{"),
    WebhookError("words"),
    SignatureMissingError("words"),
    SignatureMismatchError("words"),
    TimestampError("words"),
    PayloadError("words", path="$.data"),
    *(
        kind("words", status=400, code="c", details=[ErrorDetail("a", "b")], request_id="r", idempotency_key="k")
        for kind in PARENTS
        if PARENTS[kind] is APIError
    ),
]


def test_class_tree_is_the_documented_one():
    assert {kind: kind.__base__ for kind in PARENTS if kind is not InvalidArgumentError} == {
        kind: parent for kind, parent in PARENTS.items() if kind is not InvalidArgumentError
    }
    found = {each for each in vars(errors).values() if inspect.isclass(each) and issubclass(each, DuroError)}
    assert {*PARENTS, DuroError} <= found


def test_invalid_argument_error_is_a_value_error():
    assert issubclass(InvalidArgumentError, ValueError)
    assert issubclass(InvalidArgumentError, ConfigurationError)


def test_errors_are_exported_at_the_top_level():
    for kind in [*PARENTS, DuroError, ErrorDetail]:
        assert getattr(duro, kind.__name__) is kind
        assert kind.__name__ in duro.__all__
        assert kind.__name__ in errors.__all__


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_error_survives_pickle(error, protocol):
    error = copy.copy(error)
    error.add_note("a note")
    copied = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301
    assert type(copied) is type(error)
    assert (str(copied), repr(copied), copied.args) == (str(error), repr(error), error.args)
    assert vars(copied) == vars(error)


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("copy_error", [copy.copy, copy.deepcopy])
def test_error_survives_copy(error, copy_error):
    copied = copy_error(error)
    assert copied is not error
    assert (type(copied), str(copied), vars(copied)) == (type(error), str(error), vars(error))


def test_subclass_of_the_user_survives_pickle():
    error = pickle.loads(pickle.dumps(CustomError("words", status=409, own=5)))  # noqa: S301
    assert (type(error), error.own, error.status) == (CustomError, 5, 409)


class CustomError(ConflictError):
    def __init__(self, message, *, status, own):
        super().__init__(message, status=status)
        self.own = own


def test_api_error_is_formatted_in_one_line():
    error = ValidationError(
        "No way",
        status=422,
        code="validation_error",
        details=[ErrorDetail("a", "too short"), ErrorDetail("b", "missing")],
        request_id="req_1",
    )
    assert str(error) == "422 validation_error: No way; a: too short; b: missing; request req_1"
    assert str(APIError("No way", status=418)) == "418 error: No way"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("sk_test_4eC39HqLyjWDarjtT1zdp7dc", "sk_test_…"),
        ("key sk_live_a-b_c, please", "key sk_live_…, please"),
        ("csec_live_1", "csec_live_…"),
        ("/checkout/cs_test_0001/pay", "/checkout/cs_test_…/pay"),
        ("whsec_0123456789", "whsec_…"),
        ("'sk_test_1'", "'sk_test_…'"),
        ("sk_test_1 sk_test_2", "sk_test_… sk_test_…"),
        ("Bearer sk_test_1", "Bearer sk_test_…"),
        ("sk_0123456789abcdef", "sk_…"),
        ("cus_0001 plan_0001 cid_test_0001 pk_test_0001", "cus_0001 plan_0001 cid_test_0001 pk_test_0001"),
        ("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl.", "Bearer eyJ…"),
        ("https://checkout.example/checkout/a1b2c3d4e5f6?x=1", "https://checkout.example/checkout/…?x=1"),
        ("https://portal.example/portal/0123456789abcdef/cards", "https://portal.example/portal/…/cards"),
        ("https://portal.example/?session=abc&x=1", "https://portal.example/?session=…&x=1"),
        ("/link?x=1&portal_token=abc#top", "/link?x=1&portal_token=…#top"),
        (
            "/v1/checkout/sessions/chk_1, /portal/email/virtual-account",
            "/v1/checkout/sessions/chk_1, /portal/email/virtual-account",
        ),
        ("task_list, disks_full, docs_index", "task_list, disks_full, docs_index"),
        ("", ""),
    ],
)
def test_only_secrets_are_masked(text, masked):
    assert redact(text) == masked


@pytest.mark.parametrize("before", ["", " ", "_", "-", "a", "0", "=", "%20", "é", "\n", '"'])
@pytest.mark.parametrize("kind", ["sk_test", "sk_live", "csec_test", "csec_live", "cs_live", "whsec"])
def test_secret_is_masked_after_any_character(before, kind):
    assert "4eC39HqLyjWD" not in redact(f"{before}{kind}_4eC39HqLyjWD")


@given(st.text())
def test_masking_is_idempotent(text):
    assert isinstance(redact(text), str)
    assert redact(redact(text)) == redact(text)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ('{"access_token": "a\\"b", "code": "x"}', '{"access_token": "…", "code": "x"}'),
        ('{"clientSecret":"abc","a":1}', '{"clientSecret":"…","a":1}'),
        ('{"otp": "123456", "sessionToken" : "abc', '{"otp": "…", "sessionToken" : "…'),
        ('{"token": 5, "message": "the token is old"}', '{"token": 5, "message": "the token is old"}'),
    ],
)
def test_members_with_the_name_of_a_secret_are_masked(text, masked):
    assert redact_members(text) == masked
    assert redact_members(masked) == masked


@pytest.mark.parametrize(
    "unit", ["eyJ", "eyJaaaaaaaa.", "/checkout/", "/portal/a", "?token=", '"token":', '"a_', "&_token"]
)
def test_masking_of_other_secrets_takes_linear_time(unit):
    redact(unit * 100_000)
    redact_members(unit * 100_000)


def test_masking_takes_linear_time():
    redact("sk_" * 200_000)
    redact("sk_test_" + "_" * 500_000)
