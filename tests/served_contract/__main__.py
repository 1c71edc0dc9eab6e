"""Test a served sandbox with schemathesis, against the contract and the bounds of its request values.

Options are those of schemathesis: ``python -m tests.served_contract --max-examples 100 --seed 2``.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import httpx
from schemathesis.cli import schemathesis as command

from duro.sandbox import Sandbox

from .contract import load_bounded_contract
from .guide import Guide

CONFIG = Path(__file__).with_name("schemathesis.toml")


def main() -> None:
    with Sandbox(strict=True) as sandbox, httpx.Client(base_url=sandbox.url, timeout=10) as api:
        api.headers["Authorization"] = f"Bearer {sandbox.secret_key}"
        guide = Guide(sandbox, api)
        guide.register()
        status = test(sandbox.url, sys.argv[1:])
    for label in sorted({label for label, _ in guide.results}):
        print(label, *(f"{family}xx:{guide.results[label, family]}" for family in range(2, 6)))
    sys.exit(status)


def test(url: str, options: list[str]) -> int:
    """Run schemathesis against a sandbox, and return the exit status."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "openapi.json"
        path.write_text(json.dumps(load_bounded_contract()), encoding="utf-8")
        try:
            command(["--config-file", str(CONFIG), "run", str(path), "--url", url, *options])
        except SystemExit as ended:
            return int(ended.code or 0)
    return 0


if __name__ == "__main__":
    main()
