"""URLs of Redis servers."""

from __future__ import annotations

import pytest

from duro import ConfigurationError
from duro._secrets import Secret
from duro.auth.stores.redis.url import Login, RedisAddress, parse_redis_url


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
    assert parse_redis_url(url) == address


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("http://:hidden@cache", "must be a Redis URL"),
        ("redis://:hid#den@cache", "without '#'; write '#' as %23"),
        ("redis://:hidden@", "valid hosts and ports"),
        ("redis://:hidden@cache:port", "valid hosts and ports"),
        ("redis://:hidden@one,two", "one host"),
        ("redis://:hidden@cache/orders", "the number of the database"),
        ("redis://:hidden@cache/1/2", "the number of the database"),
        ("redis+sentinel://:hidden@cache", "the name of the service"),
        ("redis+cluster://:hidden@cache/1", "without a path"),
        ("redis://:hidden@cache?ssl_ca_certs=ca.pem", "the options of this scheme are: none"),
        ("rediss://:hidden@cache?ssl_cert_reqs=none", "ssl_ca_certs, ssl_certfile, ssl_keyfile"),
        ("rediss://:hidden@cache?ssl_keyfile=key.pem", "ssl_certfile if it has ssl_keyfile"),
    ],
)
def test_invalid_url_is_rejected_without_its_password(url, message):
    with pytest.raises(ConfigurationError) as caught:
        parse_redis_url(url)
    assert message in str(caught.value)
    assert "hid" not in str(caught.value)


def test_repr_of_an_address_hides_its_password():
    assert "hidden" not in repr(parse_redis_url("redis://:hidden@cache"))
