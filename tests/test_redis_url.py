"""URLs of Redis servers."""

from __future__ import annotations

import pytest

from duro import ConfigurationError
from duro._redis.url import Login, RedisAddress, parse_redis_url
from duro._secrets import Secret


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("redis://cache", RedisAddress("single", (("cache", 6379),))),
        ("redis://cache:1/2", RedisAddress("single", (("cache", 1),), database=2)),
        ("redis://[::1]:1", RedisAddress("single", (("::1", 1),))),
        ("redis://:p%40ss@cache", RedisAddress("single", (("cache", 6379),), login=Login("", Secret("p@ss")))),
        ("redis://duro:a:b@cache", RedisAddress("single", (("cache", 6379),), login=Login("duro", Secret("a:b")))),
        (
            "rediss://cache?ssl_ca_certs=ca.pem",
            RedisAddress("single", (("cache", 6379),), tls=True, tls_files={"ssl_ca_certs": "ca.pem"}),
        ),
        (
            "redis+sentinel://one,two:1/billing/3?sentinel_password=s",
            RedisAddress(
                "sentinel",
                (("one", 26379), ("two", 1)),
                service="billing",
                database=3,
                sentinel_login=Login("", Secret("s")),
            ),
        ),
        ("rediss+cluster://one,two", RedisAddress("cluster", (("one", 6379), ("two", 6379)), tls=True)),
    ],
)
def test_url_names_servers_login_and_database(url, address):
    assert parse_redis_url(url, name="token_store") == address


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://:hidden@cache", "token_store must be the URL of a Redis server, got one with another scheme"),
        ("redis://:hid#den@cache", "one with '#'; write '#' as %23"),
        ("redis://:hidden@", "an invalid or missing host or port"),
        ("redis://:hidden@[cache", "an invalid host"),
        (b"redis://:hidden@cache", "got bytes; pass a URL such as"),
        ("redis://:hidden@cache:port", "an invalid or missing host or port"),
        ("redis://:hidden@one,two", "several hosts; use redis+sentinel:// or redis+cluster:// for several"),
        ("redis://:hidden@cache/orders", "the number of a database"),
        ("redis://:hidden@cache/1/2", "the number of a database"),
        ("redis+sentinel://:hidden@cache", "without the name of the service"),
        ("redis+cluster://:hidden@cache/1", "one with a path"),
        ("redis://:hidden@cache?ssl_ca_certs=ca.pem", "the options of this scheme are: none"),
        ("rediss://:hidden@cache?ssl_cert_reqs=none", "ssl_ca_certs, ssl_certfile, ssl_keyfile"),
        ("rediss://:hidden@cache?ssl_keyfile=key.pem", "ssl_keyfile and without ssl_certfile"),
    ],
)
def test_invalid_url_is_rejected_without_its_password(url, message):
    with pytest.raises(ConfigurationError) as caught:
        parse_redis_url(url, name="token_store")
    assert message in str(caught.value)
    assert "hid" not in str(caught.value)


def test_repr_of_an_address_hides_its_password():
    assert "hidden" not in repr(parse_redis_url("redis://:hidden@cache", name="server"))
