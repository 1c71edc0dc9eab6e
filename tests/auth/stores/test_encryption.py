"""Encrypted tokens: nothing readable, and no two alike."""

from __future__ import annotations

import pytest

from duro import Secret, Token
from duro._clock import Clock
from duro.auth.stores.encryption import InvalidPayloadError, TokenCipher
from duro.auth.token import ClockReading


def token(access_token="at_test_visible", expires_in=3600.0):
    clock = Clock()
    return Token.from_grant(access_token, expires_in=expires_in, requested_at=ClockReading.read(clock), clock=clock)


def cipher(secret="csec_test_visible", key="key-1"):
    return TokenCipher(Secret(secret), key)


def test_payload_contains_neither_the_token_nor_the_secret():
    payload = cipher().encrypt(token())
    assert b"visible" not in payload
    assert cipher().decrypt(payload).access_token == "at_test_visible"
    assert cipher().decrypt(payload).expires_in == 3600.0


def test_two_payloads_of_one_token_differ():
    assert cipher().encrypt(token()) != cipher().encrypt(token())


def test_payload_of_another_secret_is_none():
    assert cipher("csec_test_new").decrypt(cipher("csec_test_old").encrypt(token())) is None


def test_payload_that_was_copied_to_another_key_is_rejected():
    with pytest.raises(InvalidPayloadError, match="belongs to another key"):
        cipher(key="key-2").decrypt(cipher(key="key-1").encrypt(token()))


@pytest.mark.parametrize("position", range(9, 9 + 12 + 40))
def test_each_changed_byte_is_found(position):
    payload = bytearray(cipher().encrypt(token()))
    payload[position] ^= 0x80
    with pytest.raises(InvalidPayloadError, match="damaged or changed"):
        cipher().decrypt(bytes(payload))


@pytest.mark.parametrize(("access_token", "expires_in"), [("line\nbreak", 3600.0), ("ok", 0.0), ("ok", 1e9), (1, 5.0)])
def test_malformed_token_of_the_same_secret_is_rejected(access_token, expires_in, monkeypatch):
    unchecked = cipher()
    sealed = token()
    object.__setattr__(sealed, "access_token", access_token)
    object.__setattr__(sealed, "expires_in", expires_in)
    with pytest.raises(InvalidPayloadError, match="malformed"):
        cipher().decrypt(unchecked.encrypt(sealed))


def test_reprs_show_no_secret():
    assert "visible" not in repr(cipher()) + repr(cipher().decrypt(cipher().encrypt(token())))
