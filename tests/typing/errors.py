"""Type inference samples of the errors, checked by mypy and pyright, never run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import assert_type

import duro
from duro import Duro, ErrorDetail


def caught(client: Duro) -> None:
    try:
        client.plans.archive("plan_1")
    except duro.CredentialsRejectedError as error:
        assert_type(error.status, int)
        assert_type(error.retry_after, float | None)
    except duro.RateLimitError as error:
        assert_type(error.retry_after, float | None)
    except duro.ValidationError as error:
        assert_type(error.details, tuple[ErrorDetail, ...])
        assert_type(error.details[0].path, str)
    except duro.APIError as error:
        assert_type(error.status, int)
        assert_type(error.code, str | None)
        assert_type(error.message, str)
        assert_type(error.request_id, str | None)
        assert_type(error.idempotency_key, str | None)
        assert_type(error.headers, Mapping[str, str])
        assert_type(error.body, str)
        assert_type(error.operation, str | None)
        assert_type(error.attempts, int)
        assert_type(error.give_up_reason, str | None)
    except duro.OutcomeUnknownError as error:
        assert_type(error.idempotency_key, str)
        assert_type(error.attempts, int)
        client.plans.archive("plan_1", idempotency_key=error.idempotency_key)
    except duro.TokenExchangeError as error:
        assert_type(error.status, int | None)
        assert_type(error.retry_after, float | None)
    except duro.DecodingError as error:
        assert_type(error.path, str)
        assert_type(error.body, bytes)
    except duro.DuroError as error:
        assert_type(error, duro.DuroError)


def repeated(client: Duro) -> None:
    try:
        client.plans.archive("plan_1")
    except duro.RETRYABLE as error:
        assert_type(error.is_transient, bool)
    except duro.CallError as error:
        assert_type(error.call, duro.FailedCall | None)


def tree() -> None:
    kinds: list[type[duro.DuroError]] = [
        duro.ConfigurationError,
        duro.InvalidArgumentError,
        duro.ClientClosedError,
        duro.ConnectionFailedError,
        duro.DeadlineExceededError,
        duro.InternalServerError,
    ]
    values: list[type[ValueError]] = [duro.InvalidArgumentError]
    assert_type((kinds, values), tuple[list[type[duro.DuroError]], list[type[ValueError]]])
