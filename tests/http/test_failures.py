"""Descriptions of network errors: the cause that a user can act on, and nothing about the event loop."""

from __future__ import annotations

import errno
import ssl
from itertools import pairwise

import pytest

from duro.http.transport.failures import describe, is_permanent


def chain(*errors):
    """Return the first error, whose chain of contexts has all others."""
    for error, context in pairwise(errors):
        error.__context__ = context
    return errors[0]


def required_certificate():
    error = ssl.SSLError(1, "[SSL: TLSV13_ALERT_CERTIFICATE_REQUIRED] certificate required")
    error.reason = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    return error


# Event loops read from the socket while they handle such an error, so that it is the context of the real one.
@pytest.mark.parametrize("signal", [ssl.SSLWantReadError, ssl.SSLWantWriteError])
class TestSignalsOfTheTlsLibrary:
    def test_they_do_not_hide_the_error_of_tls(self, signal):
        error = chain(RuntimeError("read failed"), signal(2, "retry"), required_certificate())
        assert "client certificate" in describe(error)
        assert is_permanent(error)

    def test_they_do_not_hide_the_error_of_the_connection(self, signal):
        error = chain(RuntimeError(""), signal(2, "retry"), ConnectionResetError(errno.ECONNRESET, "reset"))
        assert describe(error) == "RuntimeError: Connection reset by peer"
        assert not is_permanent(error)

    def test_they_do_not_provide_the_text(self, signal):
        assert (
            describe(chain(RuntimeError("the connection ended"), signal(2, "retry")))
            == "RuntimeError: the connection ended"
        )
        assert describe(chain(RuntimeError(""), signal(2, "retry"))) == "RuntimeError"
