"""Python blocks of the README and the pages, as files for tools that read Python files.

``python -m tests.support.page_blocks DIRECTORY`` writes them to a directory.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("docs/sandbox/*.md"))]
# The functions of a short block need no annotations, and handlers of http.server name their arguments differently.
HEADER = (
    "# mypy: allow-untyped-defs, allow-incomplete-defs, allow-untyped-calls, allow-untyped-decorators\n"
    "# pyright: standard, reportIncompatibleMethodOverride=false\n"
)
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@frozen
class Block:
    """Python block of a page.

    Attributes:
        page: Path of the page.
        line: Number of the line above the first line of the source.
        source: Text between the fences.
    """

    page: Path
    line: int
    source: str

    @property
    def has_tests(self) -> bool:
        """Whether the block is a file of tests for pytest."""
        return "\ndef test_" in self.source or "\nasync def test_" in self.source

    @property
    def module_name(self) -> str:
        """Name of a module that names the page and the line."""
        name = "_".join(self.page.relative_to(ROOT).with_suffix("").parts).lower()
        return f"{name.replace('-', '_')}_{self.line}"

    def write(self, path: Path) -> None:
        """Write the source to a file, in which each line has the same number as in the page."""
        path.write_text(HEADER + "\n" * (self.line - HEADER.count("\n")) + self.source, encoding="utf-8")


def find_blocks() -> Iterator[Block]:
    """Yield the Python blocks of all pages."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for fence in FENCE.finditer(text):
            yield Block(page, line=text.count("\n", 0, fence.start(1)), source=fence[1])


if __name__ == "__main__":
    directory = Path(sys.argv[1])
    for block in find_blocks():
        block.write(directory / f"{block.module_name}.py")
