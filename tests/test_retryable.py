"""Transient errors: ``is_transient``, ``RETRYABLE``, and a job queue that repeats jobs."""

from __future__ import annotations

import json

import pytest

import duro
from duro import Duro
from duro.config import RetryPolicy
from duro.errors import (
    RETRYABLE,
    APIError,
    AuthenticationError,
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
)
from duro.http.error_response import build_api_error
from duro.http.request import Response
from duro.http.retry import Retry, decide
from tests.support.subclasses import find_subclasses

TRANSIENT = {
    DuroError: False,
    CallError: False,
    ConfigurationError: False,
    InvalidArgumentError: False,
    ClientClosedError: False,
    TransportError: True,
    ConnectionFailedError: True,
    DeadlineExceededError: True,
    OutcomeUnknownError: True,
    TokenExchangeError: False,
    TokenEndpointUnavailableError: True,
    ClientSecretError: True,
    CredentialsRejectedError: False,
    APIError: False,
    duro.BadRequestError: False,
    AuthenticationError: False,
    PermissionDeniedError: False,
    NotFoundError: False,
    RequestTimeoutError: True,
    ConflictError: False,
    ValidationError: False,
    RateLimitError: True,
    InternalServerError: True,
    DecodingError: False,
    WebhookError: False,
    SignatureMissingError: False,
    SignatureMismatchError: False,
    TimestampError: False,
    PayloadError: False,
}


def find_classes():
    return {each for each in {DuroError} | find_subclasses(DuroError) if each.__module__ == "duro.errors"}


def test_table_has_all_classes():
    assert set(TRANSIENT) == find_classes()


@pytest.mark.parametrize(("kind", "is_transient"), TRANSIENT.items(), ids=lambda value: getattr(value, "__name__", ""))
def test_class_is_retryable_if_its_errors_are_transient(kind, is_transient):
    assert kind("words").is_transient is is_transient
    assert issubclass(kind, RETRYABLE) is is_transient


@pytest.mark.parametrize("status", range(300, 600))
@pytest.mark.parametrize("code", [None, "unlisted"])
def test_status_is_transient_if_the_client_retries_it(status, code):
    body = json.dumps({"error": {"code": code, "message": "m"}}).encode() if code else b""
    response = Response(status, (), body)
    error = build_api_error(response, idempotency_key=None, wall=0.0)
    decision = decide(
        response,
        is_idempotent=True,
        attempt=1,
        time_left=30.0,
        policy=RetryPolicy(),
        wall=0.0,
        uniform=lambda _low, high: high,
    )
    assert error.is_transient is isinstance(decision, Retry)
    assert not error.is_transient or isinstance(error, RETRYABLE)


@pytest.mark.parametrize(
    ("code", "is_transient"), [("rate_limited", True), ("internal_error", True), ("conflict", False), (None, False)]
)
def test_error_in_a_successful_response_is_transient_by_its_code(code, is_transient):
    body = json.dumps({"ok": False, "error": {"code": code, "message": "m"}}).encode()
    error = build_api_error(Response(200, (), body), idempotency_key=None, wall=0.0)
    assert error.is_transient is is_transient


@pytest.mark.parametrize("kind", [TransportError, ConnectionFailedError, OutcomeUnknownError])
def test_permanent_failure_of_a_connection_is_not_transient(kind):
    assert kind("a certificate is not accepted", is_transient=False).is_transient is False


class Queue:
    """Job queue that repeats a job after errors of some classes, as Celery does with ``autoretry_for``."""

    def __init__(self, retry_for, max_retries=5):
        self.retry_for = retry_for
        self.max_retries = max_retries
        self.errors = []

    def run(self, job):
        for retry in range(self.max_retries + 1):
            try:
                return job()
            except self.retry_for as error:
                self.errors.append(type(error))
                if retry == self.max_retries:
                    raise
        raise AssertionError


FAULTS = {
    "reset_after": ({}, OutcomeUnknownError),
    "reset_before": ({}, OutcomeUnknownError),
    "truncate": ({}, OutcomeUnknownError),
    "garbage": ({}, OutcomeUnknownError),
    "502": ({"status": 502}, OutcomeUnknownError),
    "500": ({"status": 500}, InternalServerError),
    "503": ({"status": 503}, InternalServerError),
    "429": ({"status": 429}, RateLimitError),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_job_with_a_derived_key_charges_once(fault, sandbox, prepared_charge):
    options, expected = FAULTS[fault]
    queue = Queue(duro.RETRYABLE)
    with Duro(**prepared_charge.options, retries=0) as client:

        def job():
            key = duro.derive_key("subscribe", "order-1")
            return client.subscriptions.create(**prepared_charge.arguments, idempotency_key=key)

        kind = "status" if fault.isdecimal() else fault
        sandbox.faults.add(kind, method="POST", path="/v1/subscriptions", times=2, **options)
        assert queue.run(job).id == job().id
    assert queue.errors == [expected] * 2
    assert prepared_charge.was_made_once(duro.derive_key("subscribe", "order-1"))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_job_with_a_permanent_error_runs_once(status, sandbox):
    queue = Queue(duro.RETRYABLE)
    with Duro(sandbox.secret_key, base_url=sandbox.url, retries=0) as client:
        sandbox.faults.add("status", status=status, path="/v1/plans", times=9)
        with pytest.raises(APIError) as caught:
            queue.run(lambda: client.plans.list().page())
    assert (caught.value.status, queue.errors) == (status, [])


@pytest.mark.parametrize(("status", "jobs"), [(503, 3), (401, 1)])
def test_job_is_repeated_after_a_transient_failure_of_the_token_endpoint_only(status, jobs, sandbox):
    started = 0

    def job():
        nonlocal started
        started += 1
        with Duro(**sandbox.options, retries=0) as client:
            return client.plans.list().page()

    sandbox.faults.add("status", status=status, path="/v1/oauth/token", times=2)
    if status == 401:
        with pytest.raises(AuthenticationError) as caught:
            Queue(duro.RETRYABLE).run(job)
        assert isinstance(caught.value, CredentialsRejectedError)
    else:
        Queue(duro.RETRYABLE).run(job)
    assert started == jobs
