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
from duro.auth.authorizers import MAX_OAUTH_CLIENTS, Authorizers
from duro.auth.credentials import resolve_credential, wrap_secret
from duro.config import Settings
from duro.http.operation import Operation, Surface

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
        (f"sk_test_{SECRET_PART} ", "check for spaces and for missing characters"),
        ("sk_test_", "check for spaces and for missing characters"),
    ],
    ids=["publishable", "client id", "client secret", "checkout", "space", "cut off"],
)
def test_wrong_kind_of_credential_is_rejected_with_advice(text, advice):
    with pytest.raises(ConfigurationError) as error:
        SecretKey(text)

    assert advice in str(error.value)
    assert SECRET_PART not in str(error.value)


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


# Secrecy


CREDENTIALS = [
    SecretKey(f"sk_test_{SECRET_PART}"),
    ClientCredentials("cid_test_1", f"csec_test_{SECRET_PART}"),
    IdentityToken(SECRET_PART),
    PortalSession(SECRET_PART),
    Secret(SECRET_PART),
]


def kind_of(credential: object) -> str:
    return type(credential).__name__


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


# Precedence


def resolved(credential=None, **halves):
    return resolve_credential(wrap_secret(credential), **{name: wrap_secret(value) for name, value in halves.items()})


def test_argument_takes_precedence_over_the_environment(monkeypatch):
    monkeypatch.setenv("DURO_SECRET_KEY", "sk_live_environment")

    assert resolved("sk_test_given") == SecretKey("sk_test_given")
    assert resolved(client_id="cid_test_1", client_secret="csec_test_1").mode == "test"
    assert resolved(IdentityToken("abc")) == IdentityToken("abc")


def test_environment_provides_a_secret_key(monkeypatch):
    monkeypatch.setenv("DURO_SECRET_KEY", "sk_live_environment")

    assert resolved() == SecretKey("sk_live_environment")


def test_environment_provides_an_oauth_client(monkeypatch):
    monkeypatch.setenv("DURO_CLIENT_ID", "cid_live_1")
    monkeypatch.setenv("DURO_CLIENT_SECRET", "csec_live_1")

    assert resolved() == ClientCredentials("cid_live_1", "csec_live_1")


@pytest.mark.parametrize("name", ["DURO_CLIENT_ID", "DURO_CLIENT_SECRET"])
def test_half_of_a_client_in_the_environment_is_rejected(monkeypatch, name):
    monkeypatch.setenv(name, "cid_live_1" if name.endswith("ID") else "csec_live_1")

    with pytest.raises(ConfigurationError, match="set both DURO_CLIENT_ID and DURO_CLIENT_SECRET"):
        resolved()


@pytest.mark.parametrize("name", ["DURO_CLIENT_ID", "DURO_CLIENT_SECRET"])
def test_two_credentials_in_the_environment_are_rejected(monkeypatch, name):
    monkeypatch.setenv("DURO_SECRET_KEY", "sk_live_environment")
    monkeypatch.setenv(name, "cid_live_1" if name.endswith("ID") else "csec_live_1")

    with pytest.raises(ConfigurationError, match="the environment contains two credentials"):
        resolved()


def test_empty_variable_is_ignored(monkeypatch):
    monkeypatch.setenv("DURO_SECRET_KEY", "")
    with pytest.raises(ConfigurationError, match="the credential is missing"):
        resolved()

    monkeypatch.setenv("DURO_CLIENT_ID", "cid_live_1")
    monkeypatch.setenv("DURO_CLIENT_SECRET", "csec_live_1")
    assert resolved() == ClientCredentials("cid_live_1", "csec_live_1")


def test_malformed_variable_is_rejected_without_repeating_it(monkeypatch):
    monkeypatch.setenv("DURO_SECRET_KEY", f"pk_test_{SECRET_PART}")

    with pytest.raises(ConfigurationError, match="got a publishable key, which is for browsers") as error:
        resolved()
    assert SECRET_PART not in str(error.value)


@pytest.mark.parametrize("half", ["client_id", "client_secret"])
def test_half_of_a_client_is_not_completed_from_the_environment(monkeypatch, half):
    monkeypatch.setenv("DURO_CLIENT_ID", "cid_test_1")
    monkeypatch.setenv("DURO_CLIENT_SECRET", "csec_test_1")

    with pytest.raises(ConfigurationError, match="half of an OAuth client is missing"):
        resolved(**{half: "cid_test_1" if half == "client_id" else "csec_test_1"})


@pytest.mark.parametrize("half", ["client_id", "client_secret"])
def test_two_credentials_are_rejected(half):
    with pytest.raises(ConfigurationError, match="two credentials were passed"):
        resolved("sk_test_1", **{half: "cid_test_1"})


@pytest.mark.parametrize("credential", [7, b"sk_test_1", {"key": SECRET_PART}, object()], ids=kind_of)
def test_other_types_are_rejected_as_credential(credential):
    with pytest.raises(ConfigurationError, match=f"credential must be .*, got {type(credential).__name__}") as error:
        resolved(credential)
    assert SECRET_PART not in str(error.value)


# Surfaces


def authorizers(clock) -> Authorizers:
    return Authorizers(Settings("http://127.0.0.1:9", clock=clock.as_clock), lambda: pytest.fail("nothing is sent"))


ALLOWED = {
    SecretKey: {Surface.MERCHANT, Surface.PUBLIC, Surface.ANY},
    ClientCredentials: {Surface.MERCHANT, Surface.PUBLIC, Surface.ANY},
    IdentityToken: {Surface.IDENTITY, Surface.PUBLIC, Surface.ANY},
    PortalSession: {Surface.PORTAL, Surface.PUBLIC, Surface.ANY},
}


@pytest.mark.parametrize("credential", CREDENTIALS[:4], ids=kind_of)
@pytest.mark.parametrize("surface", Surface)
def test_operation_accepts_only_its_kind_of_credential(clock, credential, surface):
    operation = Operation("anything", "GET", "/v1/anything", surface)
    if surface in ALLOWED[type(credential)]:
        authorizers(clock).authorizer_for(credential, operation)
        return
    with pytest.raises(ConfigurationError, match="anything does not accept") as error:
        authorizers(clock).authorizer_for(credential, operation)
    assert SECRET_PART not in str(error.value)


@pytest.mark.parametrize(
    ("credential", "line"),
    [
        (SecretKey("sk_test_1"), (b"authorization", b"Bearer sk_test_1")),
        (IdentityToken("id.1"), (b"authorization", b"Bearer id.1")),
        (PortalSession("ps.1"), (b"x-portal-session", b"ps.1")),
    ],
    ids=["secret key", "identity token", "portal session"],
)
def test_credential_is_sent_in_one_header(clock, credential, line):
    headers = (
        authorizers(clock).authorizer_for(credential, Operation("anything", "GET", "/", Surface.ANY)).cached_headers()
    )

    assert headers == (line,)
    assert line[1].decode() not in repr(headers)


@pytest.mark.parametrize("credential", CREDENTIALS[:4], ids=kind_of)
def test_public_operation_is_sent_without_a_credential(clock, credential):
    authorizer = authorizers(clock).authorizer_for(credential, Operation("anything", "GET", "/", Surface.PUBLIC))

    assert authorizer.cached_headers() == ()
    assert authorizer.on_unauthorized(authorizer.cached_headers()) is False


def test_equal_oauth_clients_share_one_cache(clock):
    shared = authorizers(clock)
    one = shared.oauth_authorizer_for(ClientCredentials("cid_test_1", "csec_test_1"))

    assert shared.oauth_authorizer_for(ClientCredentials("cid_test_1", "csec_test_1")) is one
    assert shared.oauth_authorizer_for(ClientCredentials("cid_test_1", "csec_test_2")) is not one
    assert shared.oauth_authorizer_for(ClientCredentials("cid_test_2", "csec_test_1")) is not one


def test_number_of_caches_is_limited(clock):
    shared = authorizers(clock)
    for number in range(MAX_OAUTH_CLIENTS + 10):
        newest = shared.oauth_authorizer_for(ClientCredentials(f"cid_test_{number}", "csec_test_1"))

    assert len(shared._oauth) == MAX_OAUTH_CLIENTS
    assert shared.oauth_authorizer_for(ClientCredentials(f"cid_test_{MAX_OAUTH_CLIENTS + 9}", "csec_test_1")) is newest
