"""Tests that run in clear text and over TLS."""

from __future__ import annotations

import socket
import ssl

# For HTTP clients of the tests that only use clear text. To load the authorities takes 20 ms for each client.
NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def trust(sandbox):
    """Return the arguments of a client that does not use ``sandbox.options``."""
    return {"base_url": sandbox.url, "ssl_context": sandbox.ssl_context}


def options_for_program(sandbox):
    """Return ``sandbox.options`` as JSON can represent them. A program trusts the sandbox by ``SSL_CERT_FILE``."""
    return {name: value for name, value in sandbox.options.items() if name != "ssl_context"}


class TLSConnection:
    """Client side of a TLS connection that tells all ends apart.

    An ``ssl.SSLSocket`` reports a TCP reset as the end of the stream on some versions of Python.
    """

    def __init__(self, raw: socket.socket, context: ssl.SSLContext, host: str = "127.0.0.1") -> None:
        self._raw = raw
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._ssl = context.wrap_bio(self._incoming, self._outgoing, server_hostname=host)
        self._repeat(self._ssl.do_handshake)

    def _repeat(self, operation):
        while True:
            try:
                result = operation()
            except ssl.SSLWantReadError:
                self._raw.sendall(self._outgoing.read())
                if received := self._raw.recv(65_536):
                    self._incoming.write(received)
                else:
                    self._incoming.write_eof()
            else:
                self._raw.sendall(self._outgoing.read())
                return result

    def sendall(self, data: bytes) -> None:
        self._repeat(lambda: self._ssl.write(data))

    def recv(self, limit: int) -> bytes:
        """Return received bytes, empty after the notification of the end.

        Raises:
            ssl.SSLEOFError: The TCP connection ended without the notification.
            ConnectionResetError: The TCP connection was reset.
        """
        try:
            return self._repeat(lambda: self._ssl.read(limit))
        except ssl.SSLZeroReturnError:
            return b""

    def settimeout(self, seconds: float) -> None:
        self._raw.settimeout(seconds)

    def close(self) -> None:
        self._raw.close()
