"""A whole Duro on this machine, for tests and for trying things out.

Example:
    >>> from duro.sandbox import Sandbox
    >>> with Sandbox() as sandbox:
    ...     sandbox.url.startswith("http://127.0.0.1:")
    True
"""

from __future__ import annotations

try:
    from .backend import Charge, EventEntry, OneTimeCode, Refund, RequestEntry, Stats
    from .deliveries.delivery_log import Delivery
    from .deliveries.endpoints import Endpoint, Endpoints
    from .faults.rules import Fault, FaultKind, Faults
    from .sandbox import Sandbox, serve
except ModuleNotFoundError as error:
    package = (error.name or "").partition(".")[0]
    if package not in {"h11", "starlette", "uvicorn"}:
        raise
    from ..errors import ConfigurationError

    raise ConfigurationError(
        f"the sandbox needs the package {package!r}; install it with: pip install 'duro-sdk[sandbox]'"
    ) from error

__all__ = [
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
