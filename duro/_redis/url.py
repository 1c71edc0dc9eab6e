"""URLs of Redis servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypedDict
from urllib.parse import parse_qsl, unquote, urlsplit

from attrs import field, frozen

from .._checks import describe_type
from .._secrets import Secret
from ..errors import ConfigurationError

if TYPE_CHECKING:
    from urllib.parse import SplitResult

__all__ = ["ALL_KINDS", "Credentials", "Login", "RedisAddress", "build_credentials", "is_redis_url", "parse_redis_url"]

# Each kind has a scheme with TLS and one without.
_SCHEMES: Final = {
    "single": ("redis", "rediss"),
    "sentinel": ("redis+sentinel", "rediss+sentinel"),
    "cluster": ("redis+cluster", "rediss+cluster"),
}
ALL_KINDS: Final = tuple(_SCHEMES)
_TLS_OPTIONS: Final = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
_SENTINEL_OPTIONS: Final = ("sentinel_username", "sentinel_password")
_REDIS_PORT: Final = 6379
_SENTINEL_PORT: Final = 26379


@frozen
class Login:
    """Name and password of a user of the server; an empty name means the default user."""

    username: str
    password: Secret


class Credentials(TypedDict):
    """Arguments of coredis for a login. They contain the password as plain text."""

    username: str | None
    password: str | None


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


def is_redis_url(url: str) -> bool:
    """Return whether a URL has one of the schemes of Redis."""
    return any(url.startswith(f"{scheme}://") for schemes in _SCHEMES.values() for scheme in schemes)


def parse_redis_url(url: object, *, name: str, kinds: tuple[str, ...] = ALL_KINDS) -> RedisAddress:
    """Parse the URL of one server, of Sentinels, or of a cluster.

    Args:
        url: ``redis://[user:password@]host[:port][/database]``. The scheme ``rediss`` uses TLS.
            ``redis+sentinel://host,host/service[/database]`` and ``redis+cluster://host,host`` list several hosts.
            The query may have ``ssl_ca_certs``, ``ssl_certfile`` and ``ssl_keyfile``, and for Sentinels
            ``sentinel_username`` and ``sentinel_password``.
        name: Name of the argument, for errors.
        kinds: Kinds of addresses that are accepted: ``single``, ``sentinel``, ``cluster``.

    Returns:
        The address.

    Raises:
        ConfigurationError: The URL has another form. The message does not contain the URL, which has a password.
    """
    try:
        return _parse(url, kinds)
    except _InvalidUrlError as error:
        problem, advice = error.args
    raise ConfigurationError(f"{name} must be the URL of a Redis server, got {problem}; {advice}")


class _InvalidUrlError(Exception):
    """Problem of a URL, and what to do."""

    def __init__(self, problem: str, advice: str = "pass a URL such as redis://cache.example:6379/0") -> None:
        super().__init__(problem, advice)


def _parse(url: object, kinds: tuple[str, ...]) -> RedisAddress:
    parts = _split(url, kinds)
    transport, _, kind = parts.scheme.partition("+")
    kind = kind or "single"
    user, _, hosts = parts.netloc.rpartition("@")
    options = _parse_options(parts.query, kind=kind, tls=transport == "rediss")
    service, database = _parse_path(parts.path, kind)
    return RedisAddress(
        kind,
        _parse_hosts(hosts, kind, kinds),
        service,
        database,
        _parse_login(user),
        _build_login(options.get("sentinel_username", ""), options.get("sentinel_password", "")),
        transport == "rediss",
        {name: value for name, value in options.items() if name in _TLS_OPTIONS},
    )


def _split(url: object, kinds: tuple[str, ...]) -> SplitResult:
    if not isinstance(url, str):
        raise _InvalidUrlError(describe_type(url))
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = None
    if parts is None:
        raise _InvalidUrlError("one with an invalid host")
    schemes = [f"{scheme}://" for kind in kinds for scheme in _SCHEMES[kind]]
    if f"{parts.scheme}://" not in schemes:
        raise _InvalidUrlError("one with another scheme", f"the schemes are: {', '.join(schemes)}")
    if parts.fragment:
        raise _InvalidUrlError("one with '#'", "write '#' as %23 in a password")
    return parts


def _parse_hosts(text: str, kind: str, kinds: tuple[str, ...]) -> tuple[tuple[str, int], ...]:
    default = _SENTINEL_PORT if kind == "sentinel" else _REDIS_PORT
    hosts = tuple(_parse_host(each, default) for each in text.split(","))
    if kind == "single" and len(hosts) > 1:
        others = " or ".join(f"redis+{other}://" for other in kinds if other != kind)
        raise _InvalidUrlError("one with several hosts", f"use {others} for several" if others else "pass one host")
    return hosts


def _parse_host(text: str, default_port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host:
        raise _InvalidUrlError("one with an invalid or missing host or port")
    return host, default_port if port is None else port


def _parse_path(path: str, kind: str) -> tuple[str, int]:
    """Return the service and the number of the database."""
    segments = [unquote(segment) for segment in path.strip("/").split("/") if segment]
    service = segments.pop(0) if kind == "sentinel" and segments else ""
    if kind == "sentinel" and not service:
        raise _InvalidUrlError("one without the name of the service", "append it: redis+sentinel://host/service")
    if kind == "cluster" and segments:
        raise _InvalidUrlError("one with a path", "remove it, because a cluster has one database only")
    if not segments:
        return service, 0
    if len(segments) > 1 or not (segments[0].isascii() and segments[0].isdigit()):
        raise _InvalidUrlError("one whose path does not end with the number of a database")
    return service, int(segments[0])


def _parse_options(query: str, *, kind: str, tls: bool) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    allowed = (*(_TLS_OPTIONS if tls else ()), *(_SENTINEL_OPTIONS if kind == "sentinel" else ()))
    if not options.keys() <= set(allowed):
        known = ", ".join(allowed) or "none"
        raise _InvalidUrlError("one with unknown options", f"the options of this scheme are: {known}")
    if "ssl_keyfile" in options and "ssl_certfile" not in options:
        raise _InvalidUrlError("one with ssl_keyfile and without ssl_certfile", "add the certificate of the key")
    return options


def _parse_login(text: str) -> Login | None:
    username, _, password = text.partition(":")
    return _build_login(unquote(username), unquote(password))


def _build_login(username: str, password: str) -> Login | None:
    return Login(username, Secret(password)) if password or username else None


def build_credentials(login: Login | None) -> Credentials:
    """Return the arguments of coredis for a login.

    Args:
        login: Login, ``None`` for a server without authentication.

    Returns:
        The arguments, ``None`` for those without a value.
    """
    if login is None:
        return Credentials(username=None, password=None)
    return Credentials(username=login.username or None, password=login.password.reveal())
