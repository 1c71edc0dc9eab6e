"""Choice of the credential: arguments, environment, and the surface of an operation."""

from __future__ import annotations

import pytest

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
from duro.auth.authorizers import Authorizers
from duro.auth.credential_choice import resolve_credential
from duro.auth.credentials import wrap_secret
from duro.config import ClientSettings
from duro.http.operation import Operation, Surface

SECRET_PART = "d0-n0t-sh0w"
CREDENTIALS = [
    SecretKey(f"sk_test_{SECRET_PART}"),
    ClientCredentials("cid_test_1", f"csec_test_{SECRET_PART}"),
    IdentityToken(SECRET_PART),
    PortalSession(SECRET_PART),
    Secret(SECRET_PART),
]


def kind_of(credential: object) -> str:
    return type(credential).__name__


def resolved(credential=None, **halves):
    return resolve_credential(wrap_secret(credential), **{name: wrap_secret(value) for name, value in halves.items()})


# Precedence


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


def test_secret_key_is_accepted_by_name():
    for key in ("sk_test_1", SecretKey("sk_test_1")):
        assert resolved(secret_key=key) == SecretKey("sk_test_1")
        for make in (AsyncDuro, Duro):
            assert repr(make(secret_key=key)) == repr(make("sk_test_1"))


@pytest.mark.parametrize(
    "others", [{"credential": "sk_test_1"}, {"client_id": "cid_test_1"}, {"client_secret": "csec_test_1"}]
)
def test_secret_key_with_another_credential_is_rejected(others):
    with pytest.raises(ConfigurationError) as error:
        resolved(secret_key=f"sk_test_{SECRET_PART}", **others)
    assert str(error.value) == (
        "two credentials were passed; pass either a secret key, or client_id and client_secret, and pass it once"
    )


def test_other_credentials_are_rejected_as_secret_key():
    with pytest.raises(ConfigurationError) as error:
        resolved(secret_key=IdentityToken(SECRET_PART))
    assert str(error.value) == (
        "secret_key must be a string or SecretKey, got IdentityToken; pass other credentials as the first argument"
    )


def test_error_of_an_invalid_variable_names_it(monkeypatch):
    monkeypatch.setenv("DURO_CLIENT_ID", "cid_test_1")
    monkeypatch.setenv("DURO_CLIENT_SECRET", f"csec_test_{SECRET_PART}\n")
    with pytest.raises(ConfigurationError, match=r"^DURO_CLIENT_SECRET must .*, got spaces or a line break around it"):
        resolved()
    monkeypatch.setenv("DURO_CLIENT_ID", "")
    monkeypatch.setenv("DURO_CLIENT_SECRET", "")
    monkeypatch.setenv("DURO_SECRET_KEY", f"'sk_test_{SECRET_PART}'")
    with pytest.raises(ConfigurationError, match=r"^DURO_SECRET_KEY must .*, got quotes around it; remove them"):
        resolved()


def test_error_without_a_credential_names_the_empty_variables(monkeypatch):
    monkeypatch.setenv("DURO_CLIENT_ID", "")
    monkeypatch.setenv("DURO_CLIENT_SECRET", "")
    with pytest.raises(ConfigurationError, match=r"because DURO_CLIENT_ID and DURO_CLIENT_SECRET in the .* are empty"):
        resolved()


@pytest.mark.parametrize("credential", [7, b"sk_test_1", {"key": SECRET_PART}, object()], ids=kind_of)
def test_other_types_are_rejected_as_credential(credential):
    with pytest.raises(ConfigurationError, match=f"credential must be .*, got {type(credential).__name__}") as error:
        resolved(credential)
    assert SECRET_PART not in str(error.value)


def test_coroutine_as_credential_is_rejected_with_advice():
    async def verify():
        pytest.fail("nothing is awaited")

    access = verify()
    with pytest.raises(ConfigurationError, match="got coroutine; write 'await' before the call that returns the"):
        resolved(access)
    access.close()


def authorizers(clock) -> Authorizers:
    return Authorizers(
        ClientSettings("http://127.0.0.1:9", clock=clock.as_clock), lambda: pytest.fail("nothing is sent")
    )


ALLOWED = {
    SecretKey: {Surface.MERCHANT, Surface.PUBLIC, Surface.ANY},
    ClientCredentials: {Surface.MERCHANT, Surface.PUBLIC, Surface.ANY},
    IdentityToken: {Surface.IDENTITY, Surface.PUBLIC, Surface.ANY},
    PortalSession: {Surface.PORTAL, Surface.PUBLIC, Surface.ANY},
}


# Surfaces


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
