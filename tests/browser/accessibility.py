"""Accessibility of pages: the rules of axe-core, and the width of a page on a phone."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from playwright.async_api import Page

# Not among the default rules: the size of targets is a success criterion of WCAG 2.2.
_OPTIONS = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}


@cache
def _read_axe() -> str:
    path = os.environ.get("AXE")
    assert path, "axe-core was not found; run: nox -s browser"
    return Path(path).read_text(encoding="utf-8")


async def check_accessibility(page: Page) -> None:
    """Fail if axe-core finds a violation in the page, of any impact, or if the page scrolls sideways."""
    assert await find_violations(page) == []


async def find_violations(page: Page) -> list[str]:
    """Return the violations that axe-core finds in the page, and whether the page is wider than the window."""
    # The policy of the page does not apply to a script that the debugger evaluates.
    await page.evaluate(_read_axe())
    result = await page.evaluate("options => axe.run(document, options)", _OPTIONS)
    violations = [
        f"{page.url}: {violation['impact']} {violation['id']}: {node['html']}\n{node['failureSummary']}"
        for violation in result["violations"]
        for node in violation["nodes"]
    ]
    widths = await page.evaluate("() => [document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    if widths[0] > widths[1]:
        violations.append(f"{page.url} is {widths[0]} pixels wide, in a window of {widths[1]}")
    return violations
