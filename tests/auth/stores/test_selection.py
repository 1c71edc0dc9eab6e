"""Argument ``token_store=`` and variable ``DURO_TOKEN_STORE``."""

from __future__ import annotations

import sys

import pytest

from duro import AsyncDuro, ConfigurationError, Duro, FileTokenStore, MemoryTokenStore, TokenStoreCounters
from duro.auth.stores.selection import resolve_token_store

OPTIONS = {"base_url": "http://127.0.0.1:9", "client_id": "cid_test_1", "client_secret": "csec_test_1"}


@pytest.fixture(autouse=True)
def cache_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


def test_default_is_the_memory_of_the_client():
    assert resolve_token_store(None) is None


def test_memory_takes_precedence_over_the_environment(monkeypatch):
    monkeypatch.setenv("DURO_TOKEN_STORE", "file:")
    assert resolve_token_store("memory:") is None
    assert isinstance(resolve_token_store(None).store, FileTokenStore)


@pytest.mark.parametrize("url", ["file:{}", "file://{}"])
def test_file_url_with_a_path_selects_the_folder(url, tmp_path):
    chosen = resolve_token_store(url.format(tmp_path))
    assert repr(chosen.store) == f"FileTokenStore({str(tmp_path)!r})"
    assert chosen.is_owned


@pytest.mark.skipif(sys.platform != "linux", reason="the variable of the cache folder is one of Linux")
def test_file_url_without_a_path_selects_the_cache_folder(cache_folder):
    assert resolve_token_store("file:").store._folder == cache_folder / "duro" / "tokens"


def test_store_of_the_user_is_not_closed_by_the_client():
    assert not resolve_token_store(MemoryTokenStore()).is_owned


@pytest.mark.parametrize("url", ["redis:", "http://host", "/path", "postgres://user:password@host", "FILE:"])
def test_unknown_url_is_reported_with_advice(url):
    with pytest.raises(
        ConfigurationError, match=r"^token_store must be the URL of a token store, got '.*; pass 'file:'"
    ):
        resolve_token_store(url)


def test_error_for_the_environment_names_the_variable_and_hides_the_password(monkeypatch):
    monkeypatch.setenv("DURO_TOKEN_STORE", "postgres://user:hunter2@host")
    with pytest.raises(ConfigurationError, match=r"^DURO_TOKEN_STORE must be") as error:
        Duro(**OPTIONS)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize("value", [3, object(), MemoryTokenStore, ["file:"]])
def test_object_without_the_methods_of_a_store_is_reported(value):
    with pytest.raises(ConfigurationError, match="token_store must be a URL or a TokenStore, got "):
        AsyncDuro(**OPTIONS, token_store=value)


def test_relative_folder_is_reported():
    with pytest.raises(ConfigurationError, match="must be an absolute path, got 'tokens'"):
        resolve_token_store("file:tokens")
    with pytest.raises(ConfigurationError, match="got 'sk_live_…'"):
        FileTokenStore("sk_live_secret")
    with pytest.raises(ConfigurationError, match="folder must be a path, got int"):
        FileTokenStore(3)


@pytest.mark.parametrize(
    ("module", "value", "extra"),
    [
        ("filelock", "file:", "file-store"),
        ("platformdirs", "file:", "file-store"),
        ("cryptography.hazmat.primitives.kdf.hkdf", "file:", "file-store"),
        ("cryptography.hazmat.primitives.kdf.hkdf", MemoryTokenStore(), "token-store"),
        ("coredis", "redis://host", "redis"),
    ],
)
def test_missing_package_is_reported_with_its_extra(module, value, extra, monkeypatch):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError, match=rf"pip install 'duro-sdk\[{extra}\]'"):
        resolve_token_store(value)


# Clients


@pytest.mark.anyio
async def test_two_clients_share_a_token_and_a_copy_shares_the_counters(server):
    store = MemoryTokenStore()
    async with AsyncDuro(**server.options, token_store=store) as first:
        await first.request("GET", "/v1/plans")
    async with AsyncDuro(**server.options, token_store=store) as second:
        await second.request("GET", "/v1/plans")
        counters = second.with_options(timeout=3).token_store_counters
    assert server.posts == 1
    assert counters == TokenStoreCounters(exchanges=0, store_hits=1, store_misses=0, store_errors=0)
    assert first.token_store_counters == TokenStoreCounters(exchanges=1, store_hits=0, store_misses=1)


def test_blocking_client_shares_through_a_folder(server, tmp_path):
    for _ in range(2):
        with Duro(**server.options, token_store=f"file:{tmp_path}/tokens") as client:
            client.request("GET", "/v1/plans")
    assert server.posts == 1
    assert client.token_store_counters.store_hits == 1


def test_client_without_a_store_counts_its_exchanges(server):
    with Duro(**server.options) as client:
        client.token()
        client.oauth.token()
    assert client.token_store_counters == TokenStoreCounters(exchanges=2)


@pytest.mark.anyio
async def test_revoked_token_is_replaced_in_the_store(server):
    store = MemoryTokenStore()
    async with (
        AsyncDuro(**server.options, token_store=store) as first,
        AsyncDuro(**server.options, token_store=store) as second,
    ):
        for client in (first, second):
            await client.request("GET", "/v1/plans")
        server.revoke()
        for client in (first, second):
            await client.request("GET", "/v1/plans")
    assert server.posts == 2
