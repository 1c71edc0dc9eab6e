"""Faults that were applied in a test, for the output of a test that failed."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ...errors import redact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ...sandbox import Sandbox

__all__ = ["count_faults", "list_faults"]


def list_faults(sandbox: Sandbox) -> list[str]:
    """Return a line for each request and delivery that a fault was applied to, in the order of time.

    Each line begins with the kind of the fault.

    Args:
        sandbox: Sandbox at the end of the test.
    """
    requests = [
        (each.at, f"{each.fault}  {each.method} {each.path}{_describe_key(each.idempotency_key)}")
        for each in sandbox.requests
        if each.fault is not None
    ]
    deliveries = [
        (f"{each.at}", f"{each.fault}  {each.event_type}  attempt {each.attempt}  {each.event_id}")
        for each in sandbox.deliveries
        if each.fault is not None
    ]
    return [line for _, line in sorted(requests + deliveries, key=lambda entry: entry[0])]


def count_faults(lines: Sequence[str]) -> str:
    """Return the number of faults of each kind, such as ``2 reset_after, 1 early``.

    Args:
        lines: Lines of ``list_faults``.

    Example:
        >>> count_faults(["early  POST /v1/customers", "early  POST /v1/plans"])
        '2 early'
    """
    kinds = Counter(line.split()[0] for line in lines)
    return ", ".join(f"{number} {kind}" for kind, number in kinds.items())


def _describe_key(key: str | None) -> str:
    return "" if key is None else f"  key {redact(key)}"
