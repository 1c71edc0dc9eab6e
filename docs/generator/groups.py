"""Groups of the reference, and the public names in each."""

from __future__ import annotations

import inspect
import sys
from dataclasses import dataclass
from typing import Final

import duro


@dataclass
class Group:
    """Page of the reference, and table of the overview.

    Attributes:
        modules: Modules of ``duro`` whose public names belong to the page. The longest match decides.
    """

    page: str
    title: str
    content: str
    modules: tuple[str, ...] = ()
    introduction: str = ""


GROUPS: Final = [
    Group(
        "clients",
        "Clients",
        "the two clients, their options and request recording",
        ("client", "blocking.client", "api.options", "config", "_idempotency", "_unset", "http.observe"),
        "`Duro` has the methods of `AsyncDuro`, called without `await`.\nIts `close` corresponds to `aclose`.",
    ),
    Group("credentials", "Credentials and tokens", "credential types and access tokens", ("auth", "_secrets")),
    Group(
        "token-stores",
        "Token stores",
        "stores that share access tokens between processes",
        ("auth.stores.file", "auth.stores.memory", "auth.stores.protocol", "auth.stores.counters"),
    ),
    Group(
        "resources",
        "Resources",
        "the methods of the API by resource",
        introduction="Each resource is an attribute of the client.\n"
        "The resources of `Duro` have the same methods, called without `await`.\n"
        "Their lists are iterated over with `for` instead of `async for`.",
    ),
    Group(
        "models",
        "Models",
        "responses of the API",
        ("api.models",),
        "Responses are frozen attrs classes with the methods of `Model`.",
    ),
    Group(
        "enumerations",
        "Enumerations",
        "values of status and type fields",
        ("api.codec.open_enum",),
        "Enumerations are open.\nAn unknown value is kept, with `is_known` set to `False`.",
    ),
    Group("lists", "Lists", "paginated results", ("api.page", "api.pages", "blocking.pages")),
    Group("errors", "Errors", "exception classes", ("errors",)),
    Group("events", "Events", "events and their data", ("api.models.events", "api.models.event_data")),
    Group(
        "webhooks",
        "Webhooks",
        "verification, routing and deduplication of deliveries",
        introduction="Import these names from `duro.webhooks`.\n"
        "It also exports the names of [Events](events.md) and the webhook errors.\n"
        "`BlockingInbox` has the methods of `Inbox`, called without `await`.",
    ),
    Group(
        "adapters",
        "Webhook adapters",
        "web frameworks",
        introduction="Import these names from the module of your framework in `duro.webhooks.adapters`.",
    ),
    Group(
        "transports",
        "Custom transports",
        "the interface between client and HTTP library",
        ("http.headers", "http.request", "http.transport"),
    ),
    Group(
        "sandbox",
        "Sandbox",
        "the local Duro server",
        introduction="Import these names from `duro.sandbox`.\n"
        "`AsyncSandbox` has the names of `Sandbox`.\n"
        "Its methods `start`, `stop`, `save`, `clock.advance` and `wait_for_deliveries` are awaited.",
    ),
]


def is_enumeration(value: object) -> bool:
    """Return whether a value is a class of enumerated values."""
    return inspect.isclass(value) and issubclass(value, duro.OpenEnum) and value is not duro.OpenEnum


def find_group(name: str) -> tuple[Group, int]:
    """Return the group of a public name of ``duro``, and the place of its module in the group."""
    pages = {group.page: group for group in GROUPS}
    if is_enumeration(getattr(duro, name)):
        return pages["events" if name == "EventType" else "enumerations"], 1
    path = f"{duro._MODULES[name]}."  # noqa: SLF001 - the generator belongs to the package
    matches = [
        (len(module), group.page, place)
        for group in GROUPS
        for place, module in enumerate(group.modules)
        if path.startswith(f"{module}.")
    ]
    if not matches:
        sys.exit(f"{name} must belong to a group of the reference; add {path[:-1]!r} to GROUPS")
    _, page, place = max(matches)
    return pages[page], place


def names_of(page: str) -> list[str]:
    """Return the public names of ``duro`` on a page, in the order of their modules."""
    places = {name: find_group(name) for name in duro.__all__}
    return sorted((name for name in places if places[name][0].page == page), key=lambda name: places[name][1])
