"""Instructions of the processor that operations execute, counted by valgrind, as ratios to other operations."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from .instructions_program import MARKER, NAMES

ROOT = Path(__file__).parents[2]
RATIOS = {
    "page of 100 plans decoded, to json.loads": ("decode page", "load page"),
    "event of 2 KB decoded, to json.loads": ("decode event", "load event"),
    "webhook delivery of 2 KB verified, to HMAC and json.loads": ("verify delivery", "sign and load delivery"),
    "call of an OAuth client, to one with a secret key": ("call, OAuth client", "call, secret key"),
}


def count_instructions():
    """Return the number of instructions of each operation by its name."""
    with tempfile.TemporaryDirectory() as directory:
        profile = Path(directory) / "profile"
        subprocess.run(
            [
                *("valgrind", "--quiet", "--tool=callgrind", f"--dump-before={MARKER}"),
                *(f"--callgrind-out-file={profile}", sys.executable, "-m", "tests.budgets.instructions_program"),
            ],
            cwd=ROOT,
            # The order of sets, and thereby the number of instructions, depends on the seed.
            env={**os.environ, "PYTHONHASHSEED": "0"},
            timeout=600,
            check=True,
        )
        # The first part is the start of the program, and each further part ends at a marker.
        parts = [profile.with_name(f"profile.{number}") for number in range(2, len(NAMES) + 2)]
        totals = [int(re.search(r"^totals: (\d+)", part.read_text(), re.MULTILINE)[1]) for part in parts]
    return dict(zip(NAMES, totals, strict=True))


def measure_instructions():
    """Return the figures of all ratios by name."""
    counts = count_instructions()
    return {name: counts[operation] / counts[reference] for name, (operation, reference) in RATIOS.items()}
