"""Control routes: the page of the documentation lists each of them."""

from __future__ import annotations

import re
from pathlib import Path
from unittest.mock import MagicMock

from duro.sandbox.control.routes import build_control_routes

PAGE = Path(__file__).parents[3] / "docs" / "sandbox" / "http-interface.md"


def test_the_page_lists_every_control_route() -> None:
    served = {
        (method, route.path)
        for route in build_control_routes(MagicMock(), MagicMock(), "http://127.0.0.1")
        for method in (route.methods or set()) - {"HEAD"}
    }
    documented = re.findall(r"^\| `([A-Z]+) (/_sandbox/\S+)` \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(documented) == served
