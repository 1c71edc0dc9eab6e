"""Base URL of a client: choice, checks and advice."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ._secrets import RedactedStr
from ._urls import find_url_problem, is_loopback, is_unencrypted
from .config import HOSTS
from .errors import ConfigurationError, redact

if TYPE_CHECKING:
    from .config import Mode

__all__ = ["resolve_base_url"]

# A host name has up to 253 characters. Paths and queries need the rest of the 8,000 bytes that servers accept.
MAX_BASE_URL_CHARS: Final = 1_000

_SURROUNDINGS: Final = "'\"` \t\r\n"
_VERSION_PATH: Final = "/v1"


def resolve_base_url(base_url: str | None, mode: Mode | None, *, allow_http: bool = False) -> str:
    """Choose the address of the API.

    Args:
        base_url: Address from the user, which takes precedence. Next comes ``DURO_BASE_URL``.
        mode: Mode of the credential, which selects one of Duro's hosts. ``None`` without one.
        allow_http: Whether ``http://`` is accepted on every host, and not only on loopback.

    Returns:
        The address, without a trailing slash.

    Raises:
        ConfigurationError: The address is malformed or missing.
    """
    name = "base_url"
    if base_url is None and (variable := os.environ.get("DURO_BASE_URL")):
        name, base_url = "DURO_BASE_URL", RedactedStr(variable)
    if base_url is None and mode is not None:
        base_url = HOSTS[mode]
    if base_url is None:
        raise ConfigurationError(
            "base_url is missing, and the mode of this credential is unknown; pass base_url= or set DURO_BASE_URL"
        )
    if problem := _find_problem(base_url, allow_http=allow_http):
        raise ConfigurationError(f"{name} {problem}; {_find_advice(base_url)}")
    return base_url.rstrip("/")


def _find_problem(base_url: str, *, allow_http: bool) -> str | None:
    if isinstance(base_url, str) and base_url.strip(_SURROUNDINGS) not in ("", base_url):
        return "has spaces, a line break or quotes around it"
    if problem := find_url_problem(base_url, allow_http=True):
        return problem
    if not allow_http and is_unencrypted(base_url):
        return "is http://, which is for loopback and for the sandbox's own credentials, such as sk_test_sandbox"
    if len(base_url) > MAX_BASE_URL_CHARS:
        return f"is longer than {MAX_BASE_URL_CHARS:,} characters"
    parts = urlsplit(base_url)
    if parts.query or parts.fragment:
        return "has a query or fragment"
    return "ends in '/v1', which is already part of each path" if _ends_in_version(parts.path) else None


def _find_advice(base_url: object) -> str:
    """Return an instruction with the corrected address if it is certain, else with an example."""
    corrected = _correct(base_url) if isinstance(base_url, str) else None
    if corrected is None or _find_problem(corrected, allow_http=False):
        return f"pass an address such as {HOSTS['live']!r}"
    # A path may contain a secret.
    return f"pass {redact(corrected)!r}"


def _correct(base_url: str) -> str | None:
    text = base_url.strip(_SURROUNDINGS)
    if "://" not in text:
        host = text.partition("/")[0].rpartition(":")[0] or text.partition("/")[0]
        text = f"{'http' if is_loopback(host) else 'https'}://{text}"
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    path = parts.path.rstrip("/")
    path = path.removesuffix(_VERSION_PATH) if _ends_in_version(path) else path
    scheme = parts.scheme if parts.scheme == "http" and is_loopback(parts.hostname or "") else "https"
    # Without the user name and the password, which "netloc" has in front of an @.
    return f"{scheme}://{parts.netloc.rpartition('@')[2]}{path}"


def _ends_in_version(path: str) -> bool:
    return path.rstrip("/").endswith(_VERSION_PATH)
