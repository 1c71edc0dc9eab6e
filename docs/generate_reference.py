"""Generator of the reference: ``reference.md`` with all names, and a page in ``reference/`` for each group.

``python docs/generate_reference.py`` writes the pages. With ``--check``, it fails if they are not current.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from generator.entries import Entry, entries_of, join
from generator.groups import GROUPS, Group

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = Path(__file__).parent

INTRODUCTION = """\
# API reference

This page lists all public names in groups, with links to their signatures and descriptions.
A group that does not name another module is imported from `duro`.
`help(duro.Duro.plans)` shows the same text in Python.
"""


def render_page(group: Group, entries: list[Entry]) -> str:
    """Return the page of a group."""
    sections = [join([entry.heading, entry.text]) for entry in entries]
    return join([f"# {group.title}", group.introduction, *sections]) + "\n"


def render_table(group: Group, entries: list[Entry]) -> str:
    """Return the table of a group: for resources with the HTTP requests, else without the methods of the classes."""
    rows = ["| name | content |", "| --- | --- |"]
    if group.page == "resources":
        rows = ["| method | request | content |", "| --- | --- | --- |"]
    for entry, link in link_entries(group, entries):
        if group.page == "resources":
            request = f"`{entry.request}`" if entry.request else ""
            rows.append(f"| {link} | {request} | {first_sentence(entry.summary)} |")
        elif entry.level == 2:
            rows.append(f"| {link} | {first_sentence(entry.summary)} |")
    introduction = group.introduction.replace("](events.md)", "](#events)")
    return join([f"## {group.title}", introduction, "\n".join(rows)])


def link_entries(group: Group, entries: list[Entry]) -> Iterator[tuple[Entry, str]]:
    """Yield each entry with a link to its section."""
    anchors: list[str] = []
    for entry in entries:
        # A forge and the built site number the repeated anchors of a page.
        number = anchors.count(entry.anchor)
        anchors.append(entry.anchor)
        anchor = f"{entry.anchor}-{number}" if number else entry.anchor
        yield entry, f"[`{entry.name}`](reference/{group.page}.md#{anchor})"


def first_sentence(text: str) -> str:
    """Return the first sentence of a summary, for a cell of a table."""
    return re.split(r"(?<=\.)\s", text, maxsplit=1)[0].replace("|", "\\|")


def build_pages() -> dict[Path, str]:
    """Return the text of each page by its path."""
    entries = {group.page: list(entries_of(group.page)) for group in GROUPS}
    overview = ["| group | content |", "| --- | --- |"]
    for group in GROUPS:
        anchor = group.title.lower().replace(" ", "-")
        overview.append(f"| [{group.title}](#{anchor}) | {group.content} |")
    tables = [render_table(group, entries[group.page]) for group in GROUPS]
    pages = {DOCS / "reference.md": join([INTRODUCTION.strip(), "\n".join(overview), *tables]) + "\n"}
    for group in GROUPS:
        pages[DOCS / "reference" / f"{group.page}.md"] = render_page(group, entries[group.page])
    return pages


def is_current(path: Path, text: str) -> bool:
    """Return whether a file contains a text."""
    return path.exists() and path.read_text(encoding="utf-8") == text


def main() -> None:
    """Write the pages that are not current, or fail for them."""
    stale = {path: text for path, text in build_pages().items() if not is_current(path, text)}
    if "--check" in sys.argv[1:]:
        if stale:
            names = ", ".join(str(path.relative_to(DOCS)) for path in stale)
            sys.exit(f"{names} must be current; run: python docs/generate_reference.py")
        return
    for path, text in stale.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
