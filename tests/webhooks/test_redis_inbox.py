"""Arguments of ``RedisInbox``; the tests with a server are in ``tests/fleet``."""

from __future__ import annotations

import ssl
import sys

import pytest
import redis
import redis.asyncio

from duro import ConfigurationError
from duro.webhooks import RedisInbox

URL = "redis://127.0.0.1:6379/0"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:6379",
        "http://:needle@host",
        "redis://",
        "redis://:needle@",
        "redis://:needle@host:port",
        "redis://:needle@host:99999",
        "redis://:needle@[host",
        "redis://:needle@host/name",
        "redis://:needle@host/-1",
        "redis://:needle@host/0?timeout=1",
        "redis://:needle@one,two",
        "redis+sentinel://:needle@host/service",
        "redis://:needle@host/0#fragment",
        "redis://:nee#dle@host",
    ],
)
def test_malformed_url_is_rejected_without_showing_it(url):
    with pytest.raises(ConfigurationError, match="server must be the URL of a Redis server, got one") as caught:
        RedisInbox(url)
    assert "needle" not in str(caught.value)


@pytest.mark.parametrize("server", [None, 5, b"redis://host", redis.Redis(), redis.asyncio.Redis])
def test_server_must_be_a_url_or_an_asynchronous_client(server):
    with pytest.raises(ConfigurationError, match=r"server must be a URL or a redis\.asyncio\.Redis, got"):
        RedisInbox(server)


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"timeout": 61},
        {"timeout": "5"},
        {"prefix": None},
        {"prefix": "a\nb"},
        {"ssl_context": True},
        {"lease": 0},
        {"retention": 60},
    ],
)
def test_invalid_option_is_rejected(options):
    with pytest.raises(ConfigurationError, match=f"{next(iter(options))} must be"):
        RedisInbox(URL, **options)


def test_tls_settings_are_accepted_only_once():
    with pytest.raises(ConfigurationError, match="ssl_context must be None if the URL has certificates"):
        RedisInbox("rediss://host?ssl_ca_certs=ca.pem", ssl_context=ssl.create_default_context())
    with pytest.raises(ConfigurationError, match="ssl_context must be None with a client"):
        RedisInbox(redis.asyncio.Redis(), ssl_context=ssl.create_default_context())


def test_tls_settings_that_would_have_no_effect_are_rejected():
    with pytest.raises(ConfigurationError, match="ssl_context must be None with redis://"):
        RedisInbox("redis://host", ssl_context=ssl.create_default_context())


def test_tls_settings_of_a_server_are_rejected():
    with pytest.raises(ConfigurationError, match="ssl_context must be for clients"):
        RedisInbox("rediss://host", ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))


def test_error_for_a_prefix_does_not_show_a_secret():
    with pytest.raises(ConfigurationError, match=r"prefix must be a printable string, got 'sk_live_…") as caught:
        RedisInbox(URL, prefix="sk_live_needle\n")
    assert "needle" not in str(caught.value)


def test_missing_extra_is_reported_with_its_name(monkeypatch):
    monkeypatch.setitem(sys.modules, "coredis.connection", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'duro-sdk\[redis\]'"):
        RedisInbox(URL)


def test_repr_shows_the_server_and_no_password():
    assert repr(RedisInbox("redis://:needle@cache.example", lease=60)) == (
        "<RedisInbox at cache.example:6379, lease 60 s>"
    )
    assert repr(RedisInbox(redis.asyncio.Redis())) == "<RedisInbox at a Redis client, lease 300 s>"
