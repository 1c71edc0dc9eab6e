"""Errors of a start of the portal's thread that failed."""

from __future__ import annotations

import errno

import pytest

from duro.blocking.start import copy_start_error, to_start_error
from duro.errors import ClientClosedError, ConfigurationError, ConnectionFailedError

REASONS = {
    "too many files": (OSError(errno.EMFILE, "Too many open files"), ConnectionFailedError),
    "too many threads": (RuntimeError("can't start new thread"), ConnectionFailedError),
    "main thread ended": (RuntimeError("can't register atexit after shutdown"), ClientClosedError),
    "subinterpreter": (RuntimeError("daemon threads are disabled in this (sub)interpreter"), ConfigurationError),
}


@pytest.mark.parametrize("reason", REASONS)
def test_limit_of_the_process_is_reported_by_a_documented_error(reason):
    error, expected = REASONS[reason]
    converted = to_start_error(error)
    assert type(converted) is expected
    copied = copy_start_error(converted)
    assert copied is not converted
    assert (type(copied), str(copied)) == (expected, str(converted))


@pytest.mark.parametrize("error", [RuntimeError("a bug"), ZeroDivisionError("a bug")], ids=["runtime", "other"])
def test_other_errors_stay_as_they_are(error):
    assert to_start_error(error) is error
