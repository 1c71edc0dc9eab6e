"""Results of a run: the figures of each candidate, and the machine and packages. They are stored as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from attrs import asdict, field, frozen

from .processes import CORES

PACKAGES = (
    *("duro-sdk", "httpx", "httpcore", "anyio", "attrs", "cattrs", "aiohttp", "uvloop"),
    *("httpx2", "requests", "stripe", "openai"),
)


@frozen
class Measurement:
    """Figures of one work.

    Attributes:
        work: Name of the work.
        unit: Unit of the figures: ``seconds``, ``bytes`` or ``connections``.
        figures: One figure a round, by the name of the candidate.
        failures: Message of each candidate that failed, by its name.
    """

    work: str
    unit: str
    figures: dict[str, list[float]]
    failures: dict[str, str] = field(factory=dict)

    def median(self, candidate):
        """Return the median of a candidate, or ``None`` if it was not measured."""
        figures = self.figures.get(candidate)
        return statistics.median(figures) if figures else None


@frozen
class Results:
    """All measurements of a run.

    Attributes:
        environment: Machine and packages, by name.
        measurements: Measurements by the name of the work.
    """

    environment: dict[str, str]
    measurements: dict[str, Measurement]

    @classmethod
    def read(cls, path):
        """Read the results that ``write`` has stored."""
        document = json.loads(Path(path).read_text(encoding="utf-8"))
        measurements = [Measurement(**each) for each in document["measurements"]]
        return cls(document["environment"], {each.work: each for each in measurements})

    def write(self, path):
        """Store the results as JSON."""
        document = {
            "environment": self.environment,
            "measurements": [asdict(each) for each in self.measurements.values()],
        }
        Path(path).write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def describe_environment(rounds, clock):
    """Return the machine, the rounds and the versions of the packages, by name."""
    cores = "different cores" if CORES is not None else "any core"
    return {
        "system": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "server and client": f"on {cores}, loopback",
        "rounds": f"medians of {rounds} alternating rounds",
        "time of calls": {"wall": "wall time", "cpu": "processor time of the client"}[clock],
        "Python": platform.python_version(),
        **{name: found for name in PACKAGES if (found := find_version(name))},
    }


def find_version(package):
    try:
        return version(package)
    except PackageNotFoundError:
        return None
