"""Advice for attributes and arguments that do not exist: the nearest name that does.

Nothing here runs before an error, except for the declaration of ``__getattr__``.
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from typing import NoReturn

__all__ = ["find_nearest", "hinting_getattr", "join_names", "path_of"]

# Similarity from 0 to 1. A lower one suggests names of other things.
_MIN_SIMILARITY: Final = 0.7

# Names from other clients and libraries, with the names here. The first one that exists is suggested.
_SYNONYMS: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("get", "fetch", "find", "read", "show", "retrieve"), ("retrieve", "list")),
    **dict.fromkeys(("all", "iter", "iterate", "list_all", "auto_paging_iter", "search"), ("list", "collect")),
    **dict.fromkeys(("modify", "edit", "patch", "save", "set", "update"), ("update", "change_plan")),
    **dict.fromkeys(("delete", "remove", "destroy", "archive"), ("archive", "cancel")),
    **dict.fromkeys(("add", "new", "insert", "post"), ("create",)),
    **dict.fromkeys(("upgrade", "downgrade", "switch_plan", "migrate"), ("change_plan",)),
    **dict.fromkeys(("ban", "block"), ("blacklist",)),
    **dict.fromkeys(("to_list", "items", "data", "auto_paging"), ("collect",)),
    **dict.fromkeys(("pages", "iter_pages"), ("by_page",)),
    **dict.fromkeys(("first", "first_page", "get_page", "next_page"), ("page",)),
    "get_by_ref": ("retrieve_by_ref",),
    "unpause": ("resume",),
    "close": ("aclose",),
    "aclose": ("close",),
    **dict.fromkeys(("copy", "configure", "options"), ("with_options",)),
    **dict.fromkeys(("get_token", "access_token", "authenticate"), ("token",)),
    **dict.fromkeys(("send", "raw_request"), ("request",)),
    **dict.fromkeys(("coupons", "discounts", "promotion_codes"), ("promo_codes",)),
    **dict.fromkeys(("charges", "payments", "payment_intents"), ("transactions",)),
    **dict.fromkeys(("products", "prices"), ("plans",)),
    "portal": ("customer_portal",),
    **dict.fromkeys(("max_retries", "retry", "max_attempts", "num_retries"), ("retries",)),
    **dict.fromkeys(("api_key", "apikey", "key", "secret", "api_secret"), ("secret_key", "credential")),
    **dict.fromkeys(("token", "auth", "api_token"), ("credential",)),
    **dict.fromkeys(("api_base", "url", "host", "base", "endpoint", "server"), ("base_url",)),
    **dict.fromkeys(("http_client", "client", "session"), ("transport",)),
    **dict.fromkeys(("proxies", "http_proxy"), ("proxy",)),
    **dict.fromkeys(("verify", "cert", "ssl", "tls", "verify_ssl_certs"), ("ssl_context",)),
    **dict.fromkeys(("default_headers", "extra_headers"), ("headers",)),
    **dict.fromkeys(("request_timeout", "deadline"), ("timeout",)),
    **dict.fromkeys(("limits", "pool_size", "max_keepalive_connections"), ("max_connections",)),
    **dict.fromkeys(("limit", "per_page", "count", "size"), ("page_size", "limit")),
    **dict.fromkeys(("starting_after", "after", "page_token", "offset"), ("cursor",)),
    **dict.fromkeys(("idempotency", "request_id"), ("idempotency_key",)),
    **dict.fromkeys(("price", "unit_amount", "cost"), ("amount",)),
    **dict.fromkeys(("reference", "external_id", "customer_ref"), ("merchant_ref",)),
    **dict.fromkeys(("title", "label"), ("name",)),
    "code": ("otp",),
    "body": ("json",),
    "query": ("params",),
}
# Operations that most APIs have. Users expect them, so an error mentions that Duro does not offer them.
_COMMON_OPERATIONS: Final = frozenset({"create", "delete", "get", "list", "retrieve", "search", "update"})
_ELSEWHERE: Final = {
    ("client.subscriptions", "get"): "client.customers.list_subscriptions",
    ("client.subscriptions", "list"): "client.customers.list_subscriptions",
    ("client.subscriptions", "retrieve"): "client.customers.list_subscriptions",
    ("client.transactions", "list"): "client.customers.list_transactions",
    ("client", "refunds"): "client.invoices.refund",
    ("client", "webhooks"): "duro.webhooks.Webhook",
}
_WORD_BOUNDARY: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def find_nearest(name: str, candidates: Collection[str]) -> str | None:
    """Return the candidate that a user probably meant.

    Args:
        name: Name that does not exist, also one in camel case.
        candidates: Names that exist.

    Returns:
        The candidate, ``None`` if none is near.

    Example:
        >>> find_nearest("max_retries", ["retries", "timeout"])
        'retries'
        >>> find_nearest("planId", ["plan_id", "name"])
        'plan_id'
    """
    from difflib import get_close_matches

    name = _to_snake_case(name)
    if name in candidates:
        return name
    synonyms = [synonym for synonym in _SYNONYMS.get(name, ()) if synonym in candidates]
    similar = get_close_matches(name, sorted(candidates), n=1, cutoff=_MIN_SIMILARITY)
    longer = [each for each in sorted(candidates) if each.startswith(f"{name}_") or each.endswith(f"_{name}")]
    return next(iter([*synonyms, *similar, *longer]), None)


class hinting_getattr:  # noqa: N801 - it is read as a declaration
    """``__getattr__``, which Python calls for missing attributes only.

    It raises ``AttributeError`` with the nearest name. Names with an underscore in
    front get Python's message, because Python and tools look for many of them.
    Declare it where type checkers do not see it, so that they reject unknown attributes.

    The attribute of the class is ``None``. IPython does not complete the names of
    objects whose class has a ``__getattr__`` of its own.

    Args:
        path: Expression for the object in messages. Default: the resource of the client, by the class.
    """

    def __init__(self, path: str | None = None) -> None:
        self._path = path

    def __get__(self, instance: object, owner: type) -> Callable[[str], NoReturn] | None:
        return None if instance is None else partial(_raise_missing, instance, owner, self._path)


def _raise_missing(instance: object, owner: type, path: str | None, name: str) -> NoReturn:
    if name.startswith("_") or hasattr(owner, name):
        # For a name that the class has, its getter raised the error.
        raise AttributeError(f"{owner.__name__!r} object has no attribute {name!r}", name=name, obj=instance)
    # Without the object, Python does not append a suggestion of its own to the message.
    raise AttributeError(_describe_missing(owner, path or path_of(owner.__name__), name), name=name, obj=None)


def path_of(class_name: str) -> str:
    """Return the expression that leads to an object of the client, by the name of its class.

    Example:
        >>> path_of("AsyncPromoCodes"), path_of("Duro")
        ('client.promo_codes', 'client')
    """
    name = class_name.removeprefix("Async")
    return "client" if name == "Duro" else f"client.{_to_snake_case(name)}"


def join_names(names: Iterable[str]) -> str:
    """Join names for a sentence.

    Example:
        >>> join_names(["a", "b", "c"])
        'a, b and c'
    """
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def _describe_missing(owner: type, path: str, name: str) -> str:
    existing = sorted(each for each in dir(owner) if not each.startswith("_"))
    problem = f"{path} has no attribute {name!r}"
    reason = ", because the API does not offer it" if name in _COMMON_OPERATIONS else ""
    if elsewhere := _ELSEWHERE.get((path, name)):
        return f"{problem}{reason}; use {elsewhere}"
    if nearest := find_nearest(name, existing):
        return f"{problem}; use {path}.{nearest}"
    return f"{problem}{reason}; it has {join_names(existing)}"


def _to_snake_case(name: str) -> str:
    return _WORD_BOUNDARY.sub("_", name).lower()
