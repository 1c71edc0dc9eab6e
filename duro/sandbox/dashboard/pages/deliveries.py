"""Deliveries: the list of attempts, and one attempt with its request and response, and the replay of it."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import partial
from typing import Final, get_args

from ...backend import Backend
from ...control.deliveries import parse_delivery_id
from ...deliveries.delivery import Delivery, DeliveryState, find_delivery
from ...deliveries.delivery_pages import select_deliveries
from ...errors import ApiError
from ...storage.pages import Selection
from ...storage.rows import find
from ..bodies import show_body
from ..lists import MAX_ROWS, build_options, read_selection
from ..navigation import ROOT
from ..page import DashboardForm, DashboardPage, FormResult, Visit

__all__ = ["FORMS", "PAGES"]

LIST: Final = f"{ROOT}/deliveries"
STATES: Final = build_options(get_args(DeliveryState))


def _view_list(backend: Backend, visit: Visit) -> Mapping[str, object]:
    selection = read_selection(visit.query, "state", "endpoint_id", "event_id")
    page = backend.transact(partial(select_deliveries, selection=selection))
    return {
        "rows": page.entries,
        "cursor": page.cursor,
        "states": STATES,
        "endpoints": tuple(backend.endpoints),
        "is_filtered": bool(selection.filters),
    }


def _view_detail(backend: Backend, visit: Visit) -> Mapping[str, object]:
    def read(db: sqlite3.Connection) -> Mapping[str, object]:
        delivery = find_delivery(db, parse_delivery_id(visit.path["id"]))
        if delivery is None:
            raise ApiError(404, "The delivery does not exist.")
        payload: bytes = find(db, "events", delivery.event_id)["payload"]
        endpoint = find(db, "endpoints", delivery.endpoint_id)
        return {
            "delivery": delivery,
            "attempts": _select_attempts(db, delivery),
            "body": show_body(payload),
            "is_removed": endpoint["removed_at"] is not None,
        }

    return backend.transact(read)


def _select_attempts(db: sqlite3.Connection, delivery: Delivery) -> tuple[Delivery, ...]:
    filters = {"event_id": delivery.event_id, "endpoint_id": delivery.endpoint_id}
    return select_deliveries(db, Selection(MAX_ROWS, filters=filters, newest_first=True)).entries


def _replay(backend: Backend, visit: Visit) -> FormResult:
    delivery = backend.deliveries.repeat(parse_delivery_id(visit.path["id"]))
    return FormResult(f"{LIST}/{delivery.id}", f"The event is delivered again, as attempt {delivery.attempt}.")


_DETAIL: Final = DashboardPage(f"{LIST}/{{id}}", "delivery.html", _view_detail, LIST)

PAGES: Final = (DashboardPage(LIST, "deliveries.html", _view_list, LIST), _DETAIL)
FORMS: Final = (DashboardForm(f"{LIST}/{{id}}/replay", _replay, _DETAIL),)
