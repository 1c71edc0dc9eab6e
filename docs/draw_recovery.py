"""Draw the picture of the comparison in ``examples/compare_recovery.py``: ``python docs/draw_recovery.py``."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

from matplotlib.figure import Figure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

DOCS = Path(__file__).parent
EXAMPLE = DOCS / "examples" / "compare_recovery.py"
PICTURE = DOCS / "pictures" / "recovery.png"
SUBSCRIBERS = 200
COLORS = ("#6e7781", "#2463c9")
KOBO_PER_THOUSAND_NAIRA = 100_000


def draw(curves: Mapping[str, Sequence[int]], path: Path) -> None:
    """Draw one line for each policy, with its name and result at the end.

    Args:
        curves: What each policy has won back by each day, in kobo.
        path: PNG file.
    """
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    axes = figure.add_subplot()
    for (name, recovered), color in zip(curves.items(), COLORS, strict=True):
        thousands = [0, *(amount / KOBO_PER_THOUSAND_NAIRA for amount in recovered)]
        axes.step(range(len(thousands)), thousands, where="post", color=color, linewidth=2)
        end = (len(recovered), thousands[-1])
        axes.annotate(f"  {name}\n  ₦{recovered[-1] / 100:,.0f}", end, color=color, va="center", annotation_clip=False)
    days = len(recovered)
    axes.set(xlim=(0, days), ylim=(0, None), xticks=range(0, days + 1, 15), xlabel="Day", ylabel="Thousand naira")
    axes.set_title("Failed renewals won back", loc="left", fontweight="bold")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#d0d7de", linewidth=0.8)
    axes.set_axisbelow(True)
    figure.savefig(path, dpi=150)


if __name__ == "__main__":
    draw(runpy.run_path(str(EXAMPLE))["compare"](SUBSCRIBERS), PICTURE)
