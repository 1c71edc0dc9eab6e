"""Encryption of the tokens in a store, with a key that is derived from the client secret.

A payload consists of a version byte, the id of the key, a random nonce and the ciphertext. The store key is
authenticated with it, so that a payload which was copied to another key is rejected.

The id of the key separates two cases. A payload of another client secret, before or after a rotation, is not an error.
A payload of the same secret that cannot be decrypted was damaged or changed, or was copied from another store key.
"""

from __future__ import annotations

import json
import os
import socket
from typing import TYPE_CHECKING, Any, Final

from attrs import field, frozen

from ..._json_types import as_object
from ..._secrets import sanitize
from ..token import Token, has_valid_form

if TYPE_CHECKING:
    from ..._secrets import Secret

__all__ = ["InvalidPayloadError", "SealedToken", "TokenCipher"]

_VERSION: Final = b"\x01"
_KEY_BYTES: Final = 32
_KEY_ID_BYTES: Final = 8
_NONCE_BYTES: Final = 12
_HEADER_BYTES: Final = len(_VERSION) + _KEY_ID_BYTES
_MAX_WRITER_CHARS: Final = 100
_PURPOSE: Final = b"duro-sdk token store 1"


class InvalidPayloadError(Exception):
    """A payload was damaged or changed, or has the format of another version."""


@frozen
class SealedToken:
    """Token as it is encrypted: its string, the lifetime that the token endpoint granted, and its writer.

    Attributes:
        access_token: Token string.
        expires_in: Lifetime in seconds, from the time of the request.
        writer: Host name and process id of the process that exchanged the credentials.
    """

    access_token: str = field(repr=False)
    expires_in: float
    writer: str


class TokenCipher:
    """Cipher for the tokens of one store key and one client secret: AES-256-GCM, with a key from HKDF-SHA256.

    Args:
        secret: Client secret.
        store_key: Key of the token in the store.
    """

    def __init__(self, secret: Secret, store_key: str) -> None:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        self._context = store_key.encode("ascii")
        key = HKDF(SHA256(), _KEY_BYTES, salt=self._context, info=_PURPOSE)
        # It does not depend on the store key, so that a payload which was copied to another one is an error.
        key_id = HKDF(SHA256(), _KEY_ID_BYTES, salt=None, info=_PURPOSE + b" key id")
        # Single expressions, so that no variable of a traceback holds the secret or the key.
        self._aead: Any = AESGCM(key.derive(secret.reveal().encode()))
        self._key_id: bytes = key_id.derive(secret.reveal().encode())

    def encrypt(self, token: Token) -> bytes:
        """Return the payload of a token."""
        header, nonce = _VERSION + self._key_id, os.urandom(_NONCE_BYTES)
        content = {"access_token": token.access_token, "expires_in": token.expires_in, "writer": _describe_process()}
        ciphertext: bytes = self._aead.encrypt(nonce, json.dumps(content).encode(), header + self._context)
        return header + nonce + ciphertext

    def decrypt(self, payload: bytes) -> SealedToken | None:
        """Return the token of a payload.

        Args:
            payload: Bytes from the store, which may be anything.

        Returns:
            The token, ``None`` if it was encrypted with another client secret.

        Raises:
            InvalidPayloadError: The payload was damaged or changed, or has the format of another version.
        """
        if not payload.startswith(_VERSION):
            raise InvalidPayloadError("the stored token has the format of another version")
        header, rest = payload[:_HEADER_BYTES], payload[_HEADER_BYTES:]
        if len(rest) <= _NONCE_BYTES:
            raise InvalidPayloadError("the stored token is too short")
        if header != _VERSION + self._key_id:
            return None
        return _parse(self._open(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], header))

    def _open(self, nonce: bytes, ciphertext: bytes, header: bytes) -> bytes:
        from cryptography.exceptions import InvalidTag

        try:
            content: bytes = self._aead.decrypt(nonce, ciphertext, header + self._context)
        except InvalidTag:
            pass
        else:
            return content
        raise InvalidPayloadError("the stored token was damaged or changed, or belongs to another key")

    def __repr__(self) -> str:
        return "TokenCipher(…)"


def _parse(content: bytes) -> SealedToken:
    try:
        document = as_object(json.loads(content))
    except ValueError:
        document = {}
    access_token: Any = document.get("access_token")
    expires_in: Any = document.get("expires_in")
    if not has_valid_form(access_token, expires_in):
        raise InvalidPayloadError("the stored token is malformed")
    writer = sanitize(str(document.get("writer")), max_chars=_MAX_WRITER_CHARS)
    return SealedToken(access_token, float(expires_in), writer)


def _describe_process() -> str:
    return f"{socket.gethostname()[:_MAX_WRITER_CHARS]}:{os.getpid()}"
