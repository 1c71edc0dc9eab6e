"""Contract with the bounds of request values that the sandbox enforces."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

DATA = Path(__file__).parents[1] / "data"


def load_bounded_contract() -> dict[str, Any]:
    """Return the contract, with the bounds merged into its schemas."""
    contract, bounds = (
        yaml.safe_load((DATA / name).read_text(encoding="utf-8")) for name in ("openapi.yaml", "sandbox-bounds.yaml")
    )
    return merge(contract, bounds)


def merge(document: Any, additions: Any) -> Any:
    """Return a document with additional members, as RFC 7396 defines: null removes a member."""
    if not isinstance(additions, dict):
        return additions
    merged = dict(document) if isinstance(document, dict) else {}
    for name, each in additions.items():
        if each is None:
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), each)
    return merged
