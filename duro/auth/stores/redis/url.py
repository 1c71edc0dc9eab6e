"""URLs of Redis servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from attrs import field, frozen

from ...._secrets import Secret
from ....errors import ConfigurationError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

__all__ = ["Login", "RedisAddress", "parse_redis_url"]

_SCHEMES: Final = ("redis", "rediss", "redis+sentinel", "rediss+sentinel", "redis+cluster", "rediss+cluster")
_TLS_OPTIONS: Final = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_SENTINEL_OPTIONS: Final = ("sentinel_username", "sentinel_password")
_REDIS_PORT: Final = 6379
_SENTINEL_PORT: Final = 26379
_EXAMPLE: Final = "pass a URL such as redis://cache.example:6379/0"


@frozen
class Login:
    """Name and password of a user of the server; an empty name means the default user."""

    username: str
    password: Secret


@frozen
class RedisAddress:
    """Parsed URL of one or several servers.

    Attributes:
        kind: ``single``, ``sentinel`` or ``cluster``.
        hosts: Names and ports of the servers, or of the Sentinels.
        service: Name of the service that the Sentinels monitor.
        database: Number of the database.
        login: Login at the Redis servers.
        sentinel_login: Login at the Sentinels.
        tls: Whether connections use TLS.
        tls_files: Paths of certificates, by the name of their option.
    """

    kind: str
    hosts: tuple[tuple[str, int], ...]
    service: str = ""
    database: int = 0
    login: Login | None = None
    sentinel_login: Login | None = None
    tls: bool = False
    tls_files: dict[str, str] = field(factory=dict[str, str])


def parse_redis_url(url: str) -> RedisAddress:
    """Parse the URL of one server, of Sentinels, or of a cluster.

    Args:
        url: ``redis://[user:password@]host[:port][/database]``. The scheme ``rediss`` uses TLS.
            ``redis+sentinel://host,host/service[/database]`` and ``redis+cluster://host,host`` list several hosts.
            The query may have ``ssl_ca_certs``, ``ssl_certfile`` and ``ssl_keyfile``, and for Sentinels
            ``sentinel_username`` and ``sentinel_password``.

    Returns:
        The address.

    Raises:
        ConfigurationError: The URL has another form. The message does not contain the URL, which has a password.
    """
    parts = _split(url)
    transport, _, kind = parts.scheme.partition("+")
    kind = kind or "single"
    user, _, hosts = parts.netloc.rpartition("@")
    options = _parse_options(parts.query, kind=kind, tls=transport == "rediss")
    service, database = _parse_path(parts.path, kind)
    return RedisAddress(
        kind,
        _parse_hosts(hosts, kind),
        service,
        database,
        _parse_login(user),
        _build_login(options.get("sentinel_username", ""), options.get("sentinel_password", "")),
        transport == "rediss",
        {name: value for name, value in options.items() if name in _TLS_OPTIONS},
    )


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = None
    if parts is None or parts.scheme not in _SCHEMES:
        raise ConfigurationError(
            f"token_store must be a Redis URL that begins with one of {', '.join(f'{name}://' for name in _SCHEMES)}; "
            f"{_EXAMPLE}"
        )
    if parts.fragment:
        raise _build_error("a URL without '#'", "write '#' as %23 in a password")
    return parts


def _parse_hosts(text: str, kind: str) -> tuple[tuple[str, int], ...]:
    default = _SENTINEL_PORT if kind == "sentinel" else _REDIS_PORT
    hosts = tuple(_parse_host(each, default) for each in text.split(","))
    if kind == "single" and len(hosts) > 1:
        raise _build_error(
            "a URL with one host",
            "use redis+sentinel:// or redis+cluster:// for several",
        )
    return hosts


def _parse_host(text: str, default_port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host:
        raise _build_error("a URL with valid hosts and ports", _EXAMPLE)
    return host, default_port if port is None else port


def _parse_path(path: str, kind: str) -> tuple[str, int]:
    """Return the service and the number of the database."""
    segments = [unquote(segment) for segment in path.strip("/").split("/") if segment]
    service = segments.pop(0) if kind == "sentinel" and segments else ""
    if kind == "sentinel" and not service:
        raise _build_error("a URL with the name of the service", "append it: redis+sentinel://host/service")
    if kind == "cluster" and segments:
        raise _build_error("a URL without a path", "a cluster has one database only")
    if not segments:
        return service, 0
    if len(segments) > 1 or not (segments[0].isascii() and segments[0].isdigit()):
        raise _build_error("a URL that ends with the number of the database", _EXAMPLE)
    return service, int(segments[0])


def _parse_options(query: str, *, kind: str, tls: bool) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    allowed = (*(_TLS_OPTIONS if tls else ()), *(_SENTINEL_OPTIONS if kind == "sentinel" else ()))
    if not options.keys() <= set(allowed):
        known = ", ".join(allowed) or "none"
        raise _build_error("a URL with known options", f"the options of this scheme are: {known}")
    if "ssl_keyfile" in options and "ssl_certfile" not in options:
        raise _build_error("a URL with ssl_certfile if it has ssl_keyfile", "add the certificate of the key")
    return options


def _parse_login(text: str) -> Login | None:
    username, _, password = text.partition(":")
    return _build_login(unquote(username), unquote(password))


def _build_login(username: str, password: str) -> Login | None:
    return Login(username, Secret(password)) if password or username else None


def _build_error(expected: str, advice: str) -> ConfigurationError:
    return ConfigurationError(f"token_store must be {expected}; {advice}")
