"""TLS server on plain sockets that fails at a given step of a connection, independent of the sandbox."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
import struct
import threading
import warnings
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import trustme

from tests.support.timeouts import TIMEOUT

HOST = "127.0.0.1"
RESPONSE_HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
OK = RESPONSE_HEAD + b"content-length: 2\r\n\r\n{}"

HANDSHAKE_FAILURE = 40
FATAL = 2
# A record of application data that the key of the connection cannot decrypt.
BAD_RECORD = b"\x17\x03\x03\x00\x20" + bytes(32)


@cache
def authority() -> trustme.CA:
    """Return the certificate authority that the clients of the tests trust."""
    return trustme.CA()


def client_context(*, certificate: bool = False) -> ssl.SSLContext:
    """Return the TLS settings of a client that trusts the authority.

    Args:
        certificate: Whether the client has a certificate of the authority.
    """
    context = ssl.create_default_context(cadata=authority().cert_pem.bytes().decode())
    if certificate:
        authority().issue_cert("client@example.com").configure_cert(context)
    return context


def write_authority(directory: Path) -> str:
    """Write the certificate of the authority into a directory, and return the path, for ``SSL_CERT_FILE``."""
    path = directory / "authority.pem"
    path.write_bytes(authority().cert_pem.bytes())
    return str(path)


def server_context(
    *identities: str,
    issuer: trustme.CA | None = None,
    days_until_expiry: float = 1,
    versions: tuple[ssl.TLSVersion, ssl.TLSVersion] = (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3),
    require_certificate: bool = False,
) -> ssl.SSLContext:
    """Return the TLS settings of a server.

    Args:
        identities: Host names and addresses of the certificate.
        issuer: Issuer of the certificate. ``None`` is the trusted authority.
        days_until_expiry: Days until the certificate expires, negative for one that has expired.
        versions: Lowest and highest version of TLS.
        require_certificate: Whether a client must present a certificate.
    """
    now = dt.datetime.now(dt.UTC)
    issued = (issuer or authority()).issue_cert(
        *(identities or (HOST,)),
        not_before=now - dt.timedelta(days=30),
        not_after=now + dt.timedelta(days=days_until_expiry),
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued.configure_cert(context)
    with warnings.catch_warnings():
        # Python warns of the old versions.
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version, context.maximum_version = versions
    if versions[0] < ssl.TLSVersion.TLSv1_2:
        # OpenSSL offers the old versions at the lowest security level only.
        context.set_ciphers("ALL:@SECLEVEL=0")
    if require_certificate:
        authority().configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


class TLSServerConnection:
    """Server side of one connection, with access to the TCP connection below TLS."""

    def __init__(self, server: TLSFaultServer, raw: socket.socket) -> None:
        self.raw = raw
        self._server = server
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls: ssl.SSLObject | None = None

    def _repeat(self, operation: Any) -> Any:
        while True:
            try:
                result = operation()
            except ssl.SSLWantReadError:
                self.raw.sendall(self._outgoing.read())
                if received := self.raw.recv(65_536):
                    self._incoming.write(received)
                else:
                    self._incoming.write_eof()
            except ssl.SSLError:
                # The alert for the error.
                self.raw.sendall(self._outgoing.read())
                raise
            else:
                self.raw.sendall(self._outgoing.read())
                return result

    def handshake(self, context: ssl.SSLContext) -> None:
        """Complete the handshake, or send the alert of its failure and raise ``ssl.SSLError``."""
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_side=True)
        self._repeat(self._tls.do_handshake)

    def _read(self) -> bytes:
        if self._tls is None:
            return self.raw.recv(65_536)
        try:
            return bytes(self._repeat(lambda: self._tls.read(65_536)))
        except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
            return b""

    def receive_request(self) -> bool:
        """Receive a complete request and count it. Return whether one has arrived before the client disconnected."""
        received = b""
        while b"\r\n\r\n" not in received:
            if not (chunk := self._read()):
                return False
            received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        lengths = [line.split(b":")[1] for line in head.lower().split(b"\r\n") if line.startswith(b"content-length")]
        while lengths and len(body) < int(lengths[0]):
            if not (chunk := self._read()):
                return False
            body += chunk
        self._server.requests.append(head + b"\r\n\r\n" + body)
        return True

    def send(self, data: bytes) -> None:
        """Send application data."""
        if self._tls is None:
            self.raw.sendall(data)
        else:
            self._repeat(lambda: self._tls.write(data))

    def send_plain_alert(self, description: int) -> None:
        """Send a fatal alert in clear text, as before the end of a handshake."""
        self.raw.sendall(struct.pack("!BHHBB", 21, 0x0303, 2, FATAL, description))

    def send_alert(self) -> None:
        """Send a fatal alert that is encrypted as the connection requires."""
        # OpenSSL creates the alert in response to a record that it cannot decrypt.
        self._incoming.write(BAD_RECORD)
        with suppress(ssl.SSLError):
            self._read()

    def send_notification(self) -> None:
        """Send ``close_notify``."""
        with suppress(ssl.SSLError):
            self._tls.unwrap()
        self.raw.sendall(self._outgoing.read())

    def end(self) -> None:
        """Send FIN."""
        self.raw.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Send RST."""
        self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.raw.close()

    def wait_for_disconnect(self) -> None:
        """Keep the connection open until the client closes it."""
        while self.raw.recv(65_536):
            pass


class TLSFaultServer:
    """Server that passes each connection to a function, and counts connections and complete requests.

    Args:
        handle: Function of a ``TLSServerConnection``. Errors of the connection are ignored.
    """

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        self.connections = 0
        self.requests: list[bytes] = []
        self.failures: list[Exception] = []
        self._listener = socket.create_server((HOST, 0))
        self.port = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                raw, _ = self._listener.accept()
                raw.settimeout(TIMEOUT)
                self.connections += 1
                self._open.append(raw)
                self._threads.append(threading.Thread(target=self._serve, args=(raw,), daemon=True))
                self._threads[-1].start()

    def _serve(self, raw: socket.socket) -> None:
        with raw, suppress(OSError):
            try:
                self.handle(TLSServerConnection(self, raw))
            except ssl.SSLError:
                # Bytes that are not read would turn the end into a reset, which discards the alert.
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(65_536):
                    pass
            except OSError:
                raise
            except Exception as error:
                self.failures.append(error)

    def close(self) -> None:
        # Only shutdown wakes up a thread that waits in accept or recv.
        for each in (self._listener, *self._open):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(TIMEOUT)
        assert not self.failures


def serve_requests(connection: TLSServerConnection, context: ssl.SSLContext) -> None:
    """Serve a connection without a fault."""
    try:
        connection.handshake(context)
    except ssl.SSLError:
        # A close with unread data would reset the connection, and the client could lose the alert.
        connection.end()
        connection.wait_for_disconnect()
        raise
    while connection.receive_request():
        connection.send(OK)


def fail_after_request(*actions: Any) -> Any:
    """Return a handler that receives a complete request, and then takes actions of the connection.

    After the last action, the connection stays open until the client closes it.
    """

    def handle(connection: TLSServerConnection) -> None:
        connection.handshake(server_context())
        if connection.receive_request():
            for action in actions:
                action(connection)
            connection.wait_for_disconnect()

    return handle
