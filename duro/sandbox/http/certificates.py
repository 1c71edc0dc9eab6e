"""TLS certificate of a sandbox, and the certificate authority that issued it."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from attrs import frozen

from ...errors import ConfigurationError

__all__ = ["Certificates", "issue_certificates"]

CA_FILE_NAME: Final = "ca.pem"

_IDENTITIES: Final = ("localhost", "127.0.0.1", "::1")


@frozen
class Certificates:
    """TLS settings of both sides, which trust the same private certificate authority.

    Attributes:
        ca_file: Path of a PEM file with the certificate of the authority.
        server_context: Settings of the server, with its certificate and its key.
        client_context: Settings of a client, which trusts this authority and no other.
    """

    ca_file: str
    server_context: ssl.SSLContext
    client_context: ssl.SSLContext


@contextmanager
def issue_certificates(host: str) -> Generator[Certificates]:
    """Create a certificate authority, and issue a certificate for loopback.

    The keys are in memory only. The file of the authority is deleted at the end of the ``with`` block.

    Args:
        host: Address of the server. An IP address is added to the certificate.

    Yields:
        The certificates.

    Raises:
        ConfigurationError: The package ``trustme`` is not installed.
    """
    try:
        import trustme
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            "a sandbox with TLS needs the package 'trustme'; install it with: pip install 'duro-sdk[sandbox]'"
        ) from error

    authority = trustme.CA()
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issued = authority.issue_cert(*dict.fromkeys([*_IDENTITIES, *_find_address(host)]))
    issued.configure_cert(server_context)  # pyright: ignore[reportUnknownMemberType] - names a class of pyOpenSSL
    certificate = authority.cert_pem.bytes()
    with TemporaryDirectory(prefix="duro-sandbox-") as directory:
        ca_file = Path(directory) / CA_FILE_NAME
        ca_file.write_bytes(certificate)
        yield Certificates(str(ca_file), server_context, ssl.create_default_context(cadata=certificate.decode()))


def _find_address(host: str) -> list[str]:
    try:
        return [str(ipaddress.ip_address(host))]
    except ValueError:
        return []
