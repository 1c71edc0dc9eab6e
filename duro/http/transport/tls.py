"""TLS contexts of a client, built at first use in a worker thread, and descriptions of TLS errors."""

from __future__ import annotations

import os
import ssl
from typing import Final

import anyio
import anyio.to_thread

from ...errors import ConfigurationError
from ..event_loop import PerLoop

__all__ = ["TlsContext", "describe_tls_error", "is_certificate_error"]

_TRUST_ADVICE: Final = "to trust a private certificate authority, pass ssl_context= or set SSL_CERT_FILE"

# Codes of X509_V_ERR_… in OpenSSL.
_VERIFY_ERRORS: Final = {
    9: "the server's certificate is not valid yet; check the clock of this machine",
    10: "the server's certificate has expired",
    18: f"the server's certificate is self-signed; {_TRUST_ADVICE}",
    19: f"the server's certificate is from an unknown authority; {_TRUST_ADVICE}",
    20: f"the server's certificate is from an unknown authority; {_TRUST_ADVICE}",
    21: f"the server's certificate is from an unknown authority; {_TRUST_ADVICE}",
    62: "the server's certificate is for another host name; check base_url",
    64: "the server's certificate is for another IP address; check base_url",
}
_VERSION_ADVICE: Final = "the server supports no TLS version that is accepted here (TLS 1.2 or newer)"
_CLIENT_CERTIFICATE_ADVICE: Final = (
    "the server requires a client certificate; load one into an ssl.SSLContext, and pass it as ssl_context="
)
_REASONS: Final = {
    "WRONG_VERSION_NUMBER": "the server does not use TLS on this port; check base_url",
    "HTTP_REQUEST": "the server does not use TLS on this port; check base_url",
    "UNSUPPORTED_PROTOCOL": _VERSION_ADVICE,
    "TLSV1_ALERT_PROTOCOL_VERSION": _VERSION_ADVICE,
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": _CLIENT_CERTIFICATE_ADVICE,
    "SSLV3_ALERT_HANDSHAKE_FAILURE": (
        "the server refused the TLS handshake; it may require a client certificate, which ssl_context= can contain"
    ),
    "UNEXPECTED_EOF_WHILE_READING": "the server closed the connection during the TLS handshake or without close_notify",
}


class TlsContext:
    """TLS context of one client, shared by its event loops.

    Loading the certificate authorities takes about 20 ms and reads files, so
    that it happens in a worker thread, once, when the first connection is opened.

    Args:
        context: Context of the user, ``None`` for the default certificate authorities.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self._context = context
        self._locks = PerLoop(anyio.Lock)

    async def get(self) -> ssl.SSLContext:
        """Return the context, and build it at the first call.

        Raises:
            ConfigurationError: The file or folder of certificate authorities from the environment is unusable.
        """
        if self._context is None:
            async with self._locks.get():
                if self._context is None:
                    await anyio.to_thread.run_sync(
                        self._build,
                        # A call whose deadline passes does not wait for the thread. The next call finds its result.
                        abandon_on_cancel=True,
                        # A limiter of its own, because the program may occupy all threads of the default one.
                        limiter=anyio.CapacityLimiter(1),
                    )
        assert self._context is not None  # noqa: S101 - the thread has set it
        return self._context

    def _build(self) -> None:
        self._context = _build_context()


def _build_context() -> ssl.SSLContext:
    for name, is_present in (("SSL_CERT_FILE", os.path.isfile), ("SSL_CERT_DIR", os.path.isdir)):
        path = os.environ.get(name)
        if path and not is_present(path):
            raise ConfigurationError(f"{name} must name an existing path, got {path!r}; correct it, or unset it")
    # httpx knows where the certificate authorities are: in SSL_CERT_FILE, SSL_CERT_DIR or the package certifi.
    import httpx

    try:
        return httpx.create_ssl_context()
    except ssl.SSLError as error:
        failure = error
    path = os.environ.get("SSL_CERT_FILE")
    raise ConfigurationError(
        f"SSL_CERT_FILE must name a file of PEM certificates, got {path!r}; correct it, or unset it"
    ) from failure


def describe_tls_error(error: ssl.SSLError) -> str:
    """Return the text for a TLS error, with advice, the same on all event loops.

    Args:
        error: Error of the ``ssl`` module.

    Returns:
        The cause, as a clause without a full stop.
    """
    # Exceptions that OpenSSL did not create lack some attributes.
    if isinstance(error, ssl.SSLCertVerificationError):
        unknown = f"the server's certificate was not accepted ({getattr(error, 'verify_message', 'no reason')})"
        return _VERIFY_ERRORS.get(getattr(error, "verify_code", 0), unknown)
    reason = getattr(error, "reason", None) or ""
    return _REASONS.get(reason) or f"TLS failed ({reason.lower().replace('_', ' ') or type(error).__name__})"


def is_certificate_error(error: BaseException) -> bool:
    """Return whether an error means that a certificate is missing or not accepted, which a retry cannot change."""
    return isinstance(error, ssl.SSLCertVerificationError) or (
        isinstance(error, ssl.SSLError) and getattr(error, "reason", None) == "TLSV13_ALERT_CERTIFICATE_REQUIRED"
    )
