"""Export all customers to a CSV file, page by page.

Run the program again after an interruption, and it continues at the page that is not complete:
``python export_customers.py customers.csv``.
"""

import csv
import json
import os
import sys
from pathlib import Path

from duro import Duro

COLUMNS = ["id", "email", "name", "created_at"]


def load_position(state: Path) -> tuple[str | None, int]:
    """Return the cursor of the next page, and the size of the file without it."""
    if not state.exists():
        return None, 0
    position = json.loads(state.read_text(encoding="utf-8"))
    return position["cursor"], position["size"]


def save_position(state: Path, cursor: str, size: int) -> None:
    temporary = state.with_suffix(".new")
    temporary.write_text(json.dumps({"cursor": cursor, "size": size}), encoding="utf-8")
    temporary.replace(state)


def export(client: Duro, path: Path) -> None:
    state = path.with_suffix(".position")
    cursor, size = load_position(state)
    with path.open("r+b" if cursor else "wb") as binary:
        binary.truncate(size)  # rows of a page that was interrupted
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if cursor is None:
            writer.writerow(COLUMNS)
        for page in client.customers.list(page_size=100, cursor=cursor).by_page():
            writer.writerows([getattr(customer, column) for column in COLUMNS] for customer in page.items)
            file.flush()
            os.fsync(file.fileno())
            if page.next_cursor:
                save_position(state, page.next_cursor, path.stat().st_size)
    state.unlink(missing_ok=True)


if __name__ == "__main__":
    target = Path(sys.argv[1] if len(sys.argv) > 1 else "customers.csv")
    with Duro() as client:
        export(client, target)
    print(f"customers exported to {target.name}")
