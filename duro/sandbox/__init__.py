"""Local Duro server for tests and experiments.

Names load at first use, so that importing one part of the sandbox does not
import the web server.

Example:
    >>> from duro.sandbox import Sandbox
    >>> with Sandbox() as sandbox:
    ...     sandbox.url.startswith("http://127.0.0.1:")
    True
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

# Not lazy: the module has the name of the function, and importing it later would replace the one by the other.
from .serve import serve

if TYPE_CHECKING:
    from .asynchronous import AsyncSandbox
    from .auth.otp import OneTimeCode
    from .backend import Stats
    from .billing.ledger import Charge, Refund
    from .deliveries.delivery_log import Delivery
    from .deliveries.endpoints import Endpoint, Endpoints
    from .events import EventEntry
    from .faults.rules import Fault, FaultKind, Faults
    from .request_log import RequestEntry
    from .sandbox import Sandbox

__all__ = [
    "AsyncSandbox",
    "Charge",
    "Delivery",
    "Endpoint",
    "Endpoints",
    "EventEntry",
    "Fault",
    "FaultKind",
    "Faults",
    "OneTimeCode",
    "Refund",
    "RequestEntry",
    "Sandbox",
    "Stats",
    "serve",
]

_MODULES: Final = {
    "AsyncSandbox": "asynchronous",
    "Charge": "billing.ledger",
    "Delivery": "deliveries.delivery_log",
    "Endpoint": "deliveries.endpoints",
    "Endpoints": "deliveries.endpoints",
    "EventEntry": "events",
    "Fault": "faults.rules",
    "FaultKind": "faults.rules",
    "Faults": "faults.rules",
    "OneTimeCode": "auth.otp",
    "Refund": "billing.ledger",
    "RequestEntry": "request_log",
    "Sandbox": "sandbox",
    "Stats": "backend",
}
_EXTRA_PACKAGES: Final = frozenset({"h11", "jinja2", "starlette", "uvicorn"})


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f".{_MODULES[name]}", __name__)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in _EXTRA_PACKAGES:
            raise
        from ..errors import ConfigurationError

        raise ConfigurationError(
            f"the sandbox needs the package {package!r}; install it with: pip install 'duro-sdk[sandbox]'"
        ) from error
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
