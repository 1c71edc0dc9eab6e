"""Credentials: forms and secrecy."""

from __future__ import annotations

import copy
import pickle
import reprlib
import traceback

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro import (
    AsyncDuro,
    ClientCredentials,
    ConfigurationError,
    Duro,
    IdentityToken,
    PortalSession,
    Secret,
    SecretKey,
)

SECRET_PART = "d0-n0t-sh0w"


# Forms


@pytest.mark.parametrize("mode", ["test", "live"])
@pytest.mark.parametrize("rest", ["1", "4eC39HqLyjWDarjtT1zdp7dc", "a-b_c", "x" * 512])
def test_valid_credential_has_its_mode(mode, rest):
    assert SecretKey(f"sk_{mode}_{rest}").mode == mode
    assert ClientCredentials(f"cid_{mode}_{rest}", f"csec_{mode}_{rest}").mode == mode
    assert SecretKey(Secret(f"sk_{mode}_{rest}")).mode == mode


MALFORMED = [
    "",
    " ",
    SECRET_PART,
    f"sk_prod_{SECRET_PART}",
    "sk_test_",
    f"sk_test_{SECRET_PART} ",
    f" sk_test_{SECRET_PART}",
    f"sk_test_{SECRET_PART}\n",
    f"sk_test_{SECRET_PART}\r\nx: y",
    f"SK_TEST_{SECRET_PART}",
    f"sk_test_{SECRET_PART}é",
    f"sk_test_{SECRET_PART}" + "x" * 512,
    f"Bearer sk_test_{SECRET_PART}",
    f"whsec_{SECRET_PART}",
    None,
    7,
    b"sk_test_d0-n0t-sh0w",
]


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: repr(text)[:30])
@pytest.mark.parametrize(
    "make",
    [
        SecretKey,
        lambda text: ClientCredentials(text, f"csec_test_{SECRET_PART}"),
        lambda text: ClientCredentials("cid_test_1", text),
    ],
    ids=["secret key", "client_id", "client_secret"],
)
def test_malformed_credential_is_rejected_without_repeating_it(make, text):
    with pytest.raises(ConfigurationError, match="must have the form") as error:
        make(text)

    assert SECRET_PART not in str(error.value)


@pytest.mark.parametrize(
    ("text", "advice"),
    [
        (f"pk_test_{SECRET_PART}", "got a publishable key, which is for browsers; pass the secret key"),
        (f"cid_test_{SECRET_PART}", "got an OAuth client id; pass client_id= and client_secret="),
        (f"csec_test_{SECRET_PART}", "got an OAuth client secret; pass client_id= and client_secret="),
        (f"cs_test_{SECRET_PART}", "got a checkout token, which is not a credential"),
        (f"whsec_{SECRET_PART}", "got a webhook secret, which verifies deliveries; pass it to duro.webhooks.Webhook"),
        (f"sk_test_{SECRET_PART} ", "got spaces or a line break around it; remove them"),
        (f"sk_test_{SECRET_PART}\n", "got spaces or a line break around it; remove them"),
        (f'"sk_test_{SECRET_PART}"', "got quotes around it; remove them"),
        (f"Bearer sk_test_{SECRET_PART}", "got 'Bearer ' before it; pass it alone"),
        (f"sk_test_{SECRET_PART[:3]}…", "got a shortened one; copy all of it from the dashboard"),
        ("", "got an empty string; check the place that it was read from"),
        (b"sk_test_1", "got bytes; pass a string"),
        ("sk_test_", "check for missing and additional characters"),
        (SECRET_PART, "copy it from the dashboard"),
    ],
    ids=[
        *("publishable", "client id", "client secret", "checkout", "webhook", "space", "line break", "quotes"),
        *("bearer", "shortened", "empty", "bytes", "cut off", "other"),
    ],
)
def test_wrong_kind_of_credential_is_rejected_with_advice(text, advice):
    with pytest.raises(ConfigurationError) as error:
        SecretKey(text)

    assert advice in str(error.value)
    assert SECRET_PART not in str(error.value)


def test_secret_key_as_a_client_secret_is_rejected_with_advice():
    with pytest.raises(ConfigurationError, match=r"client_secret must .*, got a secret key; pass it as secret_key="):
        ClientCredentials("cid_test_1", "sk_test_1")


@pytest.mark.parametrize(
    ("client_id", "client_secret"),
    [
        (f"csec_test_{SECRET_PART}", "cid_test_1"),
        (f"sk_test_{SECRET_PART}", f"csec_test_{SECRET_PART}"),
        ("cid_test_1", f"sk_test_{SECRET_PART}"),
        ("cid_test_1", "cid_test_1"),
        ("cid_live_1", f"csec_test_{SECRET_PART}"),
        ("cid_test_1", f"csec_live_{SECRET_PART}"),
    ],
    ids=["swapped", "key as id", "key as secret", "id twice", "modes differ", "modes differ too"],
)
def test_client_id_and_client_secret_must_match(client_id, client_secret):
    with pytest.raises(ConfigurationError) as error:
        ClientCredentials(client_id, client_secret)

    assert SECRET_PART not in str(error.value)


@given(text=st.text())
def test_valid_keys_fit_into_a_header(text):
    for prefix in ("", "sk_test_"):
        try:
            key = SecretKey(prefix + text)
        except ConfigurationError:
            continue
        revealed = key.key.reveal()
        assert revealed.isascii()
        assert revealed.isprintable()
        assert " " not in revealed


# Opaque tokens


@pytest.mark.parametrize("kind", [IdentityToken, PortalSession])
def test_opaque_token_accepts_all_header_characters(kind):
    assert kind("!~abc.def-123==").mode is None
    assert kind("abc", mode="live").mode == "live"


@pytest.mark.parametrize(
    "text", ["", " ", "two words", "a\n", "é", "x" * 8193, None, 7], ids=lambda text: repr(text)[:12]
)
@pytest.mark.parametrize("kind", [IdentityToken, PortalSession])
def test_opaque_token_rejects_other_characters(kind, text):
    with pytest.raises(ConfigurationError, match=f"token of {kind.__name__} must be a string of printable ASCII"):
        kind(text)


@pytest.mark.parametrize("mode", ["prod", "", 1, "TEST"])
def test_opaque_token_rejects_an_unknown_mode(mode):
    with pytest.raises(ConfigurationError, match="mode must be 'test', 'live' or None"):
        IdentityToken("abc", mode=mode)


CREDENTIALS = [
    SecretKey(f"sk_test_{SECRET_PART}"),
    ClientCredentials("cid_test_1", f"csec_test_{SECRET_PART}"),
    IdentityToken(SECRET_PART),
    PortalSession(SECRET_PART),
    Secret(SECRET_PART),
]


def kind_of(credential: object) -> str:
    return type(credential).__name__


# Secrecy


@pytest.mark.parametrize("credential", CREDENTIALS, ids=kind_of)
def test_string_forms_of_a_credential_hide_the_secret(credential):
    shown = [repr(credential), str(credential), f"{credential}", f"{[credential]}", "%s" % credential]  # noqa: UP031

    assert not [each for each in shown if SECRET_PART in each]


@pytest.mark.parametrize("credential", CREDENTIALS, ids=kind_of)
@pytest.mark.parametrize("copy_credential", [pickle.dumps, copy.deepcopy], ids=["pickle", "deepcopy"])
def test_credential_cannot_be_pickled(credential, copy_credential):
    with pytest.raises(TypeError, match="cannot be pickled"):
        copy_credential(credential)


@pytest.mark.parametrize("make", [AsyncDuro, Duro])
@pytest.mark.parametrize(
    "arguments",
    [
        {"credential": f"pk_test_{SECRET_PART}"},
        {"credential": f"sk_test_{SECRET_PART} "},
        {"client_id": f"csec_test_{SECRET_PART}", "client_secret": f"csec_test_{SECRET_PART}"},
        {"client_id": "cid_live_1", "client_secret": f"csec_test_{SECRET_PART}"},
        {"client_id": "cid_test_1"},
        {"client_secret": f"csec_test_{SECRET_PART}"},
        {
            "credential": f"sk_test_{SECRET_PART}",
            "client_id": "cid_test_1",
            "client_secret": f"csec_test_{SECRET_PART}",
        },
    ],
    ids=range(7),
)
def test_locals_of_a_failing_client_show_no_secret(make, arguments):
    with pytest.raises(ConfigurationError) as caught:
        make(**arguments)

    error = caught.value
    frames = list(traceback.walk_tb(error.__traceback__.tb_next))
    shown = [shown_of(value) for frame, _ in frames for value in frame.f_locals.values()]
    assert not [each for each in (str(error), *shown) if SECRET_PART in each]
    assert error.__context__ is None
    assert frames


def shown_of(value: object) -> str:
    # The constructor failed, so that the client lacks attributes that its repr shows.
    return reprlib.Repr().repr_instance(value, 1) if isinstance(value, AsyncDuro | Duro) else repr(value)


@pytest.mark.parametrize("text", [f"sk_test_{SECRET_PART} ", f"csec_test_{SECRET_PART}", f"csec_test_{SECRET_PART} "])
@pytest.mark.parametrize("make", [SecretKey, lambda text: ClientCredentials(text, text)], ids=["key", "client"])
def test_locals_of_a_failing_credential_can_be_formatted(make, text):
    """Error reporting tools format tracebacks with locals."""
    text = Secret(text)
    with pytest.raises(ConfigurationError) as caught:
        make(text)

    error = caught.value
    report = "".join(
        traceback.TracebackException(type(error), error, error.__traceback__.tb_next, capture_locals=True).format()
    )
    assert SECRET_PART not in report
    assert "credentials.py" in report


def test_equal_credentials_are_equal_and_hash_alike():
    for make in (
        lambda: SecretKey("sk_test_1"),
        lambda: ClientCredentials("cid_test_1", "csec_test_1"),
        lambda: IdentityToken("abc"),
        lambda: PortalSession("abc"),
    ):
        assert make() == make()
        assert hash(make()) == hash(make())
    assert SecretKey("sk_test_1") != SecretKey("sk_test_2")
    assert ClientCredentials("cid_test_1", "csec_test_1") != ClientCredentials("cid_test_1", "csec_test_2")
    assert ClientCredentials("cid_test_1", "csec_test_1") != ClientCredentials("cid_test_2", "csec_test_1")
    assert IdentityToken("abc") != PortalSession("abc")
    assert IdentityToken("abc") != "abc"
