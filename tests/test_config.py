from __future__ import annotations

import contextlib
import inspect
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from duro import AsyncDuro, ClientCredentials, Duro, IdentityToken, PortalSession, RetryPolicy, SecretKey
from duro._base_url import resolve_base_url
from duro.config import ClientSettings
from duro.errors import ConfigurationError

KEY = "sk_test_4eC39HqLyjWDarjtT1zdp7dc"
LIVE = "https://api.useduro.com"
TEST = "https://sandbox.useduro.com"


@pytest.fixture(params=[AsyncDuro, Duro])
def client_class(request):
    return request.param


def address_of(client):
    return repr(client).split()[1]


class TestBaseURL:
    @pytest.mark.parametrize(
        ("arguments", "host"),
        [
            ({"credential": "sk_test_1"}, TEST),
            ({"credential": "sk_live_1"}, LIVE),
            ({"client_id": "cid_test_1", "client_secret": "csec_test_1"}, TEST),
            ({"client_id": "cid_live_1", "client_secret": "csec_live_1"}, LIVE),
            ({"credential": SecretKey("sk_live_1")}, LIVE),
            ({"credential": ClientCredentials("cid_live_1", "csec_live_1")}, LIVE),
            ({"credential": IdentityToken("t", mode="test")}, TEST),
            ({"credential": PortalSession("t", mode="live")}, LIVE),
        ],
    )
    def test_mode_of_the_credential_selects_the_host(self, arguments, host, client_class):
        assert address_of(client_class(**arguments)) == host

    def test_argument_precedes_the_environment_and_that_the_mode(self, monkeypatch, client_class):
        monkeypatch.setenv("DURO_BASE_URL", "https://environment.example")
        assert address_of(client_class(KEY)) == "https://environment.example"
        assert address_of(client_class(KEY, base_url="https://given.example")) == "https://given.example"

    def test_credential_without_a_mode_requires_base_url(self, client_class):
        with pytest.raises(ConfigurationError, match="base_url"):
            client_class(IdentityToken("t"))
        assert address_of(client_class(IdentityToken("t"), base_url="https://given.example")) == "https://given.example"

    @pytest.mark.parametrize(
        ("given", "kept"),
        [
            ("https://duro.example/", "https://duro.example"),
            ("https://duro.example/proxy/", "https://duro.example/proxy"),
            ("https://duro.example:8443", "https://duro.example:8443"),
            ("HTTPS://Duro.Example", "HTTPS://Duro.Example"),
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787"),
            ("http://127.9.9.9", "http://127.9.9.9"),
            ("http://[::1]:8787", "http://[::1]:8787"),
            ("http://localhost:8787", "http://localhost:8787"),
        ],
    )
    def test_valid_addresses_are_accepted(self, given, kept):
        assert resolve_base_url(given, None) == kept

    @pytest.mark.parametrize(
        "base_url",
        [
            "api.useduro.com",
            "ftp://api.useduro.com",
            "https://",
            "https:///v1",
            "https:api.useduro.com",
            "//api.useduro.com",
            "https://api.useduro.com?a=b",
            "https://api.useduro.com#a",
            "https://user@api.useduro.com",
            "https://user:password@api.useduro.com",
            "https://@api.useduro.com",
            "https://api.useduro.com:99999",
            "https://api.useduro.com:port",
            "https://api useduro.com",
            "https://api.useduro.com/a b",
            " https://api.useduro.com",
            "https://api.useduro.com\n",
            "https://api.useduro.com\r\nx-a: b",
            "https://\x00",
            "https://[::1",
            "https://dürö.example",
            "https://a..b",
            "https://.a",
            f"https://{'a' * 70}.example",
            "https://api.useduro.com\\.elsewhere.example",
            "https://api.useduro.com\\@elsewhere.example",
            "https://<host>",
            f"https://duro.example/{'a' * 1_000}",
            f"https://duro.example/{'a' * 100_000}",
            "",
            " ",
        ],
    )
    def test_malformed_addresses_are_rejected(self, base_url, client_class):
        with pytest.raises(ConfigurationError, match="base_url"):
            client_class(KEY, base_url=base_url)

    @pytest.mark.parametrize(
        ("base_url", "message"),
        [
            (f"{LIVE}/v1", f"ends in '/v1', which is already part of each path; pass {LIVE!r}"),
            (f"{LIVE}/billing/v1/", f"ends in '/v1', which is already part of each path; pass '{LIVE}/billing'"),
            ("api.useduro.com", f"does not start with https://; pass {LIVE!r}"),
            ("api.useduro.com/v1", f"does not start with https://; pass {LIVE!r}"),
            ("localhost:8787", "does not start with https://; pass 'http://localhost:8787'"),
            (f"{LIVE}?key=sk_test_hidden", f"has a query or fragment; pass {LIVE!r}"),
            ("https://user:hidden@api.useduro.com", f"contains a user name or password; pass {LIVE!r}"),
            (f" {LIVE}", f"has spaces, a line break or quotes around it; pass {LIVE!r}"),
            (f"{LIVE}\n", f"has spaces, a line break or quotes around it; pass {LIVE!r}"),
            (f"'{LIVE}'", f"has spaces, a line break or quotes around it; pass {LIVE!r}"),
            (
                "http://api.useduro.com",
                (
                    "is http://, which is for loopback and for the sandbox's own credentials, such as sk_test_sandbox; "
                    f"pass {LIVE!r}"
                ),
            ),
            ("https://[::1", f"cannot be parsed as a URL; pass an address such as {LIVE!r}"),
            ("https://a..b", f"does not contain a valid host name; pass an address such as {LIVE!r}"),
        ],
    )
    def test_message_has_the_mistake_and_the_corrected_address(self, base_url, message, client_class):
        with pytest.raises(ConfigurationError) as caught:
            client_class(KEY, base_url=base_url)
        assert str(caught.value) == f"base_url {message}"
        assert "hidden" not in str(caught.value)

    def test_message_names_the_variable(self, monkeypatch, client_class):
        monkeypatch.setenv("DURO_BASE_URL", f"{LIVE}/v1")
        with pytest.raises(ConfigurationError, match=r"^DURO_BASE_URL ends in '/v1'"):
            client_class(KEY)

    @pytest.mark.parametrize("base_url", [5, b"https://api.useduro.com", ["https://api.useduro.com"], True])
    def test_other_types_are_rejected(self, base_url, client_class):
        with pytest.raises(ConfigurationError, match="base_url"):
            client_class(KEY, base_url=base_url)

    @pytest.mark.parametrize(
        "host",
        [
            "api.useduro.com",
            "10.0.0.1",
            "192.168.1.1",
            "0.0.0.0",
            "[::]",
            "127.0.0.1.elsewhere.example",
            "localhost.example",
            "2130706433",
            "0x7f.1",
            "[::ffff:10.0.0.1]",
        ],
    )
    def test_http_is_accepted_for_loopback_only(self, host, client_class):
        with pytest.raises(ConfigurationError, match="http://"):
            client_class(KEY, base_url=f"http://{host}")

    def test_message_does_not_repeat_a_password(self):
        with pytest.raises(ConfigurationError) as caught:
            resolve_base_url("https://user:pass-word@api.useduro.com", None)
        assert "pass-word" not in str(caught.value)

    def test_malformed_address_from_the_environment_is_rejected(self, monkeypatch, client_class):
        monkeypatch.setenv("DURO_BASE_URL", "http://elsewhere.example")
        with pytest.raises(ConfigurationError):
            client_class(KEY)

    @given(st.text() | st.text(alphabet="htps:/[]@.\\?#%1a-_ ").map(lambda rest: f"https://{rest}"))
    def test_any_string_is_resolved_or_rejected(self, text):
        with contextlib.suppress(ConfigurationError):
            assert resolve_base_url(text, "test").lower().startswith(("https://", "http://"))


class TestCredential:
    def test_missing_credential_is_rejected_with_advice(self, client_class):
        with pytest.raises(ConfigurationError, match="DURO_SECRET_KEY") as caught:
            client_class()
        assert "DURO_CLIENT_ID" in str(caught.value)

    @pytest.mark.parametrize(
        "arguments",
        [
            {"client_id": "cid_test_1"},
            {"client_secret": "csec_test_1"},
            {"credential": KEY, "client_id": "cid_test_1", "client_secret": "csec_test_1"},
            {"credential": KEY, "client_id": "cid_test_1"},
            {"client_id": "cid_test_1", "client_secret": "csec_live_1"},
            {"client_id": "csec_test_1", "client_secret": "cid_test_1"},
            {"credential": ""},
            {"credential": " "},
            {"credential": "pk_test_1"},
            {"credential": "cid_test_1"},
            {"credential": "csec_test_1"},
            {"credential": "cs_test_1"},
            {"credential": "whsec_1"},
            {"credential": "sk_other_1"},
            {"credential": "sk_test_"},
            {"credential": "sk_test_1\n"},
            {"credential": " sk_test_1"},
            {"credential": "Bearer sk_test_1"},
            {"credential": 5},
            {"credential": b"sk_test_1"},
            {"client_id": 5, "client_secret": "csec_test_1"},
            {"client_id": "cid_test_1", "client_secret": b"csec_test_1"},
        ],
        ids=lambda arguments: " ".join(f"{name}={value!r}" for name, value in arguments.items()),
    )
    def test_invalid_credentials_are_rejected(self, arguments, client_class):
        with pytest.raises(ConfigurationError):
            client_class(**arguments)

    @pytest.mark.parametrize("key", ["sk_test_", "pk_live_abcdef0123", "csec_test_abcdef0123", "sk-test-abcdef0123"])
    def test_message_does_not_repeat_a_secret(self, key, client_class):
        with pytest.raises(ConfigurationError) as caught:
            client_class(f"{key}abcdef0123 ")
        assert "abcdef0123" not in str(caught.value)

    def test_environment_provides_a_key(self, monkeypatch, client_class):
        monkeypatch.setenv("DURO_SECRET_KEY", "sk_live_1")
        assert address_of(client_class()) == LIVE

    def test_environment_provides_an_oauth_client(self, monkeypatch, client_class):
        monkeypatch.setenv("DURO_CLIENT_ID", "cid_test_1")
        with pytest.raises(ConfigurationError, match="half"):
            client_class()
        monkeypatch.setenv("DURO_CLIENT_SECRET", "csec_test_1")
        assert "cid_test_1" in repr(client_class())

    def test_environment_with_both_is_rejected(self, monkeypatch, client_class):
        monkeypatch.setenv("DURO_SECRET_KEY", KEY)
        monkeypatch.setenv("DURO_CLIENT_ID", "cid_test_1")
        with pytest.raises(ConfigurationError, match="two credentials"):
            client_class()

    def test_argument_takes_precedence_over_the_environment(self, monkeypatch, client_class):
        monkeypatch.setenv("DURO_CLIENT_ID", "cid_test_1")
        monkeypatch.setenv("DURO_CLIENT_SECRET", "csec_test_1")
        assert address_of(client_class("sk_live_1")) == LIVE

    def test_empty_variables_are_ignored(self, monkeypatch, client_class):
        for name in ("DURO_SECRET_KEY", "DURO_CLIENT_ID", "DURO_CLIENT_SECRET", "DURO_BASE_URL"):
            monkeypatch.setenv(name, "")
        with pytest.raises(ConfigurationError, match="the credential is missing"):
            client_class()
        assert address_of(client_class(KEY)) == TEST


class TestRetryPolicy:
    def test_defaults(self):
        policy = RetryPolicy()
        assert (policy.retries, policy.base_delay, policy.max_delay) == (3, 0.5, 8.0)

    @pytest.mark.parametrize("name", ["base_delay", "max_delay", "budget", "budget_ratio"])
    @pytest.mark.parametrize("value", [-1, math.inf, math.nan, "1", None, True])
    def test_invalid_numbers_are_rejected(self, name, value):
        with pytest.raises(ConfigurationError, match=name):
            RetryPolicy(**{name: value})

    @pytest.mark.parametrize("value", [-1, 1.0, "1", None, True])
    def test_invalid_numbers_of_retries_are_rejected(self, value):
        with pytest.raises(ConfigurationError, match="retries"):
            RetryPolicy(retries=value)

    def test_policy_is_immutable(self):
        with pytest.raises(AttributeError):
            RetryPolicy().retries = 5


@pytest.mark.parametrize("value", [0, -1, 1.0, 1e6, "1", None, True, math.inf])
def test_invalid_response_limits_are_rejected(value, client_class):
    with pytest.raises(ConfigurationError, match=r"max_response_bytes must be an integer of at least 1, got"):
        client_class(KEY, max_response_bytes=value)


def test_defaults_of_a_client():
    settings = ClientSettings("https://api.useduro.com")
    assert (settings.timeout, settings.max_connections, settings.retry) == (30.0, 100, RetryPolicy())
    assert settings.max_response_bytes == 16 * 1024 * 1024


def test_all_arguments_but_the_credential_are_keyword_only(client_class):
    first, *others = inspect.signature(client_class).parameters.values()
    assert (first.name, first.kind) == ("credential", first.POSITIONAL_OR_KEYWORD)
    assert all(each.kind is each.KEYWORD_ONLY for each in others)
    with pytest.raises(TypeError):
        client_class(KEY, "cid_test_1")
    with pytest.raises(TypeError, match="retires"):
        client_class(KEY, retires=5)
