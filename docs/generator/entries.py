"""Entries of the reference: a section for each class, function and method."""

from __future__ import annotations

import enum
import importlib
import inspect
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import duro
import duro.sandbox
import duro.webhooks
from duro.api.models.base import Model
from duro.api.resources.base import AsyncResource
from duro.blocking.declare import BlockingResource
from duro.sandbox import AsyncSandbox
from duro.sandbox.assertions.checks import Assertions
from duro.sandbox.billing.clock_control import ClockControl
from duro.sandbox.control.controls import Controls
from duro.sandbox.control.records import Records

from .docstrings import format_annotation, parse, render_sections, render_signature
from .groups import is_enumeration, names_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Methods that only other parts of the package call, and classes that users do not create.
INTERNAL: Final = {
    *("AsyncDuro.check_open", "AsyncPages.iterate", "ClientCredentials.read_secret", "Event.select_class"),
    *("Endpoints.append", "Fault.is_spent", "Fault.kind", "Fault.matches", "Fault.to_json", "Faults.append"),
    *("Cards.apply", "Faults.select", "Token.from_grant"),
    *("AsyncPages", "Cards", "Claim", "Endpoints", "Faults", "Pages", "ClockControl", "Secret"),
}
FIRST: Final = (
    "Model",
    "Webhook",
    "Router",
    "Inbox",
    "MemoryInbox",
    "SQLiteInbox",
    "RedisInbox",
    "BlockingInbox",
    "Sandbox",
    "AsyncSandbox",
    "serve",
)
# Classes that are not exported, whose methods users call.
ADDITIONAL: Final = {
    "models": [("Model", Model)],
    "sandbox": [
        ("ClockControl", ClockControl),
        ("Controls", Controls),
        ("Records", Records),
        ("Assertions", Assertions),
    ],
}
# Classes whose members are those of another class, which describes them.
DERIVED: Final = (BlockingResource, duro.Pages, AsyncSandbox)
QUALIFIER: Final = re.compile(r"^(?:ClassVar|Final)\[(.*)\]$")
ADAPTERS: Final = {
    "starlette": "webhook_endpoint",
    "fastapi": "verified_event",
    "aiohttp": "WebhookEndpoint",
    "flask": "webhook_view",
    "django": "webhook_view",
}


@dataclass
class Entry:
    """Name of the reference with the text of its section."""

    name: str
    summary: str
    text: str
    request: str = ""
    level: int = 2

    @property
    def heading(self) -> str:
        """Heading of the section."""
        return f"{'#' * self.level} `{self.name}`"

    @property
    def anchor(self) -> str:
        """Anchor that a forge and the built site derive from the heading."""
        return re.sub(r"[^\w-]", "", self.name.lower())


def entries_of(page: str) -> Iterator[Entry]:
    """Yield the entries of a page."""
    if page == "resources":
        for name in vars(duro.AsyncDuro):
            resource = getattr(duro.AsyncDuro, name)
            if inspect.isclass(resource) and issubclass(resource, AsyncResource):
                yield from describe(f"client.{name}", resource)
        return
    if page == "adapters":
        for framework, name in ADAPTERS.items():
            value = getattr(importlib.import_module(f"duro.webhooks.adapters.{framework}"), name)
            yield from describe(f"{framework}.{name}", value)
        return
    module = {"webhooks": duro.webhooks, "sandbox": duro.sandbox}.get(page, duro)
    # Events and errors of webhooks are described once.
    names = names_of(page) if module is duro else [name for name in module.__all__ if name not in duro.__all__]
    values = [(name, getattr(module, name)) for name in names]
    values += ADDITIONAL.get(page, [])
    for name, value in sorted(values, key=position):
        yield from describe(name, value)


def position(item: tuple[str, object]) -> int:
    """Return the order of a name on its page: main classes first, the classes of events last."""
    name, value = item
    if name in FIRST:
        return FIRST.index(name)
    is_event = inspect.isclass(value) and issubclass(value, duro.Event) and value is not duro.Event
    return len(FIRST) + is_event


def describe(name: str, value: object) -> Iterator[Entry]:
    """Yield the entry of a class, a function or another value, and those of a class's methods."""
    if inspect.isclass(value):
        yield describe_class(name, value)
        if not issubclass(value, DERIVED):
            yield from describe_members(name, value)
    elif callable(value) and not hasattr(value, "__args__"):
        yield describe_function(name, value)
    else:
        yield describe_value(name, value)


def describe_class(name: str, value: type) -> Entry:
    """Return the entry of a class, with its constructor or its base classes."""
    docstring = parse(value.__doc__ or "")
    if name in INTERNAL or issubclass(value, AsyncResource):
        docstring.sections.pop("Args", None)
    parts = [docstring.summary, render_sections(docstring, attribute_types(value))]
    if issubclass(value, Exception) or is_enumeration(value):
        bases = ", ".join(base.__name__ for base in value.__bases__)
        parts.insert(0, f"```python\nclass {value.__name__}({bases})\n```")
    elif "Args" in docstring.sections:
        parts.insert(0, render_signature(f"class {value.__name__}", inspect.signature(value), with_result=False))
    if issubclass(value, enum.Enum):
        parts.append("\n".join(f"- `{member.name}` = `{member.value!r}`" for member in value))
    return Entry(name, docstring.summary, join(parts))


def attribute_types(value: type) -> dict[str, str]:
    """Return the type of each documented attribute of a class, in brackets."""
    annotations: dict[str, object] = {}
    if issubclass(value, Exception):
        annotations.update(inspect.get_annotations(value.__init__))
    for base in reversed(value.__mro__):
        annotations.update(inspect.get_annotations(base))
    texts = {name: QUALIFIER.sub(r"\1", format_annotation(each)) for name, each in annotations.items()}
    return {name: f" (`{text}`)" for name, text in texts.items()}


def describe_members(owner: str, value: type) -> Iterator[Entry]:
    """Yield the entries of the public methods and properties of a class."""
    for name, member in vars(value).items():
        # A method of a base class is described there.
        inherited = any(name in vars(base) for base in value.__mro__[1:])
        if name.startswith("_") or inherited or f"{owner}.{name}" in INTERNAL:
            continue
        function = member.fget if isinstance(member, property) else inspect.unwrap(getattr(member, "__func__", member))
        if not inspect.isfunction(function) or not function.__doc__:
            continue
        if isinstance(member, property):
            yield describe_property(f"{owner}.{name}", function)
        else:
            yield describe_function(f"{owner}.{name}", getattr(value, name), level=3)


def describe_property(name: str, getter: Callable[..., object]) -> Entry:
    """Return the entry of a property."""
    docstring = parse(getter.__doc__ or "")
    result = format_annotation(inspect.signature(getter).return_annotation)
    start = f"```python\n{name.rpartition('.')[2]}: {result}\n```"
    return Entry(name, docstring.summary, join([start, docstring.summary, render_sections(docstring, {})]), level=3)


def describe_function(name: str, value: Callable[..., object], *, level: int = 2) -> Entry:
    """Return the entry of a function or method."""
    docstring = parse(value.__doc__ or "")
    keyword = "async def" if inspect.iscoroutinefunction(value) else "def"
    signature = render_signature(f"{keyword} {name.rpartition('.')[2]}", inspect.signature(value))
    operation = f"Operation `{docstring.operation}`, `{docstring.request}`." if docstring.request else ""
    parts = [signature, docstring.summary, operation, render_sections(docstring, {})]
    return Entry(name, docstring.summary, join(parts), docstring.request, level)


def describe_value(name: str, value: object) -> Entry:
    """Return the entry of a type alias with its members, or of another value with its type."""
    if members := getattr(value, "__args__", None):
        names = ", ".join(f"`{each.__name__}`" if inspect.isclass(each) else f"`{each!r}`" for each in members)
        summary = f"One of {names}."
    else:
        summary = parse(type(value).__doc__ or "").summary
    return Entry(name, summary, summary)


def join(parts: list[str]) -> str:
    """Return the parts that are not empty as one text."""
    return "\n\n".join(part for part in parts if part)
