"""Faults and cards: forms that inject faults, and that determine the outcomes of charges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import fields_dict

from ...._json_types import camel_case
from ....api.models.event_data import EventType
from ...backend import Backend
from ...billing.charges import RAILS
from ...control.faults import remove_fault
from ...faults.build import parse_fault
from ...faults.fault import DELIVERY_MATCH, REQUEST_MATCH
from ...faults.kinds import KINDS, applies_to_deliveries
from ...recovery.card_commands import parse_command
from ...recovery.failure_codes import CATEGORIES
from ..card_rules import find_card_rules
from ..control_forms import read_card_command, read_fault
from ..lists import build_options
from ..navigation import ROOT
from ..page import DashboardForm, DashboardPage, FormResult, Visit

__all__ = ["FORMS", "PAGES"]

LIST: Final = f"{ROOT}/faults"
METHODS: Final = [("", "Any"), *((method, method) for method in ("GET", "POST", "PATCH", "DELETE"))]
TYPES: Final = build_options(each.value for each in EventType)
OUTCOMES: Final = build_options(CATEGORIES)[1:]
RAIL_OPTIONS: Final = build_options(RAILS, "Every rail")
MAX_FAULTS: Final = 50

# First sentence about each kind, and the fields of the form that belong to it.
_SUMMARIES: Final = {name: (kind.__doc__ or "").partition(".")[0] for name, kind in KINDS.items()}
_FIELDS: Final = {
    name: " ".join(
        (*(DELIVERY_MATCH if applies_to_deliveries(kind) else REQUEST_MATCH), *map(camel_case, fields_dict(kind)))
    )
    for name, kind in KINDS.items()
}


def _view(backend: Backend, _visit: Visit) -> Mapping[str, object]:
    faults = tuple(backend.faults)
    return {
        "faults": faults[: -MAX_FAULTS - 1 : -1],
        "hidden_faults": max(len(faults) - MAX_FAULTS, 0),
        "kinds": [(name, summary, _FIELDS[name]) for name, summary in _SUMMARIES.items()],
        "methods": METHODS,
        "types": TYPES,
        "categories": OUTCOMES,
        "rails": RAIL_OPTIONS,
        "rules": backend.transact(find_card_rules),
    }


def _add(backend: Backend, visit: Visit) -> FormResult:
    fault = backend.faults.append(parse_fault(read_fault(visit.form)))
    return FormResult(LIST, f"The fault {fault.kind} was added.")


def _clear(backend: Backend, _visit: Visit) -> FormResult:
    return FormResult(LIST, f"Faults removed: {backend.faults.clear()}.")


def _remove(backend: Backend, visit: Visit) -> FormResult:
    remove_fault(backend, visit.path["id"])
    return FormResult(LIST, "The fault was removed.")


def _run_card_command(backend: Backend, visit: Visit) -> FormResult:
    name, command = parse_command(read_card_command(visit.form))
    backend.cards.apply(command)
    return FormResult(LIST, _NOTICES[name])


_NOTICES: Final = {
    "decline": "The next charges are declined.",
    "outcomes": "The script was replaced.",
    "profile": "The profile was replaced.",
    "replace": "The card was replaced.",
}

_PAGE: Final = DashboardPage(LIST, "faults.html", _view, LIST)

PAGES: Final = (_PAGE,)
FORMS: Final = (
    DashboardForm(LIST, _add, _PAGE),
    DashboardForm(f"{LIST}/clear", _clear, _PAGE),
    DashboardForm(f"{LIST}/{{id}}/remove", _remove, _PAGE),
    DashboardForm(f"{ROOT}/cards", _run_card_command, _PAGE),
)
