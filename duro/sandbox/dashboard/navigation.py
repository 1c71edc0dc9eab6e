"""Navigation of the dashboard: its groups and their items."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from attrs import frozen

__all__ = ["ROOT", "NavigationGroup", "select_navigation"]

ROOT: Final = "/_sandbox/dashboard"


@frozen
class NavigationItem:
    """Link of the navigation."""

    label: str
    path: str


@frozen
class NavigationGroup:
    """Links with a common heading."""

    label: str
    items: tuple[NavigationItem, ...]


_GROUPS: Final = (
    NavigationGroup(
        "Billing",
        (
            NavigationItem("Overview", "/_sandbox/"),
            NavigationItem("Subscriptions", f"{ROOT}/subscriptions"),
            NavigationItem("Customers", f"{ROOT}/customers"),
            NavigationItem("Recovery", f"{ROOT}/recovery"),
            NavigationItem("Ledger", f"{ROOT}/ledger"),
        ),
    ),
    NavigationGroup(
        "Activity",
        (
            NavigationItem("Events", f"{ROOT}/events"),
            NavigationItem("Deliveries", f"{ROOT}/deliveries"),
            NavigationItem("Requests", f"{ROOT}/requests"),
        ),
    ),
    NavigationGroup(
        "Tools",
        (
            NavigationItem("Faults and cards", f"{ROOT}/faults"),
            NavigationItem("Codes", f"{ROOT}/codes"),
        ),
    ),
)


def select_navigation(paths: Iterable[str]) -> tuple[NavigationGroup, ...]:
    """Return the groups of the navigation, with the items whose pages exist.

    Args:
        paths: Paths of the pages.
    """
    known = frozenset(paths)
    groups = (
        NavigationGroup(group.label, tuple(item for item in group.items if item.path in known)) for group in _GROUPS
    )
    return tuple(group for group in groups if group.items)
