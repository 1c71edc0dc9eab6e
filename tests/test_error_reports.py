"""Errors as programs report them: messages, reprs, and results of job queues."""

from __future__ import annotations

import copy
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from importlib.util import find_spec

import pytest

from duro.errors import (
    APIError,
    CallError,
    ConnectionFailedError,
    CredentialsRejectedError,
    DecodingError,
    DuroError,
    ErrorDetail,
    FailedCall,
    NotFoundError,
    OutcomeUnknownError,
    TokenExchangeError,
    ValidationError,
)
from tests.support.subclasses import find_subclasses

CALL = FailedCall("retrieveCustomer", "GET", "/v1/customers/cus_1")


def of_call(error):
    error.call, error.attempts = CALL, 2
    return error


def find_classes(kind=DuroError):
    """Return the class of errors and all its subclasses in the package."""
    return {each for each in {kind} | find_subclasses(kind) if each.__module__ == "duro.errors"}


class TestMessage:
    @pytest.mark.parametrize(
        ("error", "message"),
        [
            (
                NotFoundError("No such customer.", code="not_found", request_id="req_1"),
                "returned 404 not_found: No such",
            ),
            (ConnectionFailedError("no connection"), "failed: no connection"),
            (TokenExchangeError("the token endpoint returned 503"), "failed: the token endpoint returned 503"),
            (CredentialsRejectedError("the token endpoint returned 401"), "failed: the token endpoint returned 401"),
            (DecodingError("the response is not JSON"), "failed: the response is not JSON"),
        ],
    )
    def test_it_names_the_call(self, error, message):
        assert str(of_call(error)).startswith(f"retrieveCustomer (GET /v1/customers/cus_1) {message}")
        assert (error.operation, error.attempts) == ("retrieveCustomer", 2)

    def test_an_error_of_request_names_its_method_once(self):
        error = NotFoundError("None.")
        error.call = FailedCall("request GET", "GET", "/v1/anything")
        assert str(error) == "GET /v1/anything returned 404 error: None."

    def test_it_contains_the_reason_to_give_up(self):
        error = of_call(ConnectionFailedError("no connection."))
        error.give_up_reason = "retries exhausted (retries=3)"
        assert str(error).endswith("no connection; retries exhausted (retries=3)")

    def test_an_unknown_outcome_has_its_own_message(self):
        assert str(of_call(OutcomeUnknownError("Outcome unknown: …"))) == "Outcome unknown: …"

    def test_an_error_without_a_call_has_no_operation(self):
        error = CallError("words")
        assert (str(error), error.operation, error.attempts) == ("words", None, 0)


class TestRepr:
    def test_it_contains_all_fields(self):
        error = of_call(
            ValidationError("No way", code="validation_error", details=[ErrorDetail("a", "b")], headers={"server": "x"})
        )
        assert repr(error) == (
            "ValidationError('No way', status=422, code='validation_error', "
            "details=(ErrorDetail(path='a', issue='b'),), headers={'server': 'x'}, "
            "call=FailedCall(operation='retrieveCustomer', method='GET', path='/v1/customers/cus_1'), attempts=2)"
        )

    def test_it_contains_the_start_of_a_long_body(self):
        assert "b" * 100 + "…" in repr(APIError("words", status=400, body="b" * 2_000))

    def test_it_hides_a_body_as_received(self):
        assert repr(DecodingError("words", path="$.a", body=b"secret")) == (
            "DecodingError('words', path='$.a', body=<6 bytes>)"
        )


@pytest.mark.process
def test_errors_survive_another_process():
    errors = [copy.copy(of_call(kind("words"))) for kind in sorted(find_classes(CallError), key=str)]
    for error in errors:
        error.add_note("a note")
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        copies = pool.submit(copy.copy, errors).result(30)
    for error, copied in zip(errors, copies, strict=True):
        assert type(copied) is type(error)
        assert (str(copied), repr(copied), vars(copied)) == (str(error), repr(error), vars(error))


@pytest.mark.skipif(find_spec("celery") is None, reason="celery is not installed")
class TestResultOfCelery:
    @pytest.fixture
    def backend(self):
        from celery import Celery

        return Celery(broker="memory://", backend="cache+memory://").backend

    @pytest.mark.parametrize("kind", sorted(find_classes(), key=str))
    def test_class_and_message_survive_json(self, backend, kind):
        stored = backend.decode(backend.encode(backend.prepare_exception(kind("words"), "json")))
        found = backend.exception_to_python(stored)
        assert (type(found), found.args) == (kind, ("words",))

    @pytest.mark.parametrize("kind", sorted(find_classes(CallError), key=str))
    def test_all_fields_survive_pickle(self, backend, kind):
        error = of_call(kind("words"))
        found = backend.exception_to_python(backend.prepare_exception(error, "pickle"))
        assert (type(found), vars(found)) == (kind, vars(error))


def test_traceback_has_the_public_name_of_the_class():
    assert {kind.__module__ for kind in (NotFoundError, ErrorDetail, FailedCall)} == {"duro.errors"}
