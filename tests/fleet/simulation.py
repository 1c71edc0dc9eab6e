"""Simulation of 100,000 processes that share one token: commands per second on the server around one refresh.

Each process reads the store when its own soft limit is reached. The first one finds the old token and exchanges. The
others find the new one. Write the figure with: python -m tests.fleet.simulation
"""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

FIGURE = Path(__file__).parents[2] / "docs" / "fleet-refresh.svg"
PROCESSES = 100_000
LIFETIME = 3_600
# Duration of a token exchange. Processes that come in that time find the old token and the lease, and keep the token.
EXCHANGE_SECONDS = 0.3
# The soft limits of a fleet lie between these times before the end of the token; see ``Token.from_grant``.
EARLIEST, LATEST = 300, 150

FIRST, LAST = LIFETIME - 330, LIFETIME - 120
WIDTH, HEIGHT, LEFT, BOTTOM = 720, 300, 70, 50


def simulate(soft_limits):
    """Return the commands in each second: a read of each process, and an attempt to acquire the lease."""
    end = min(soft_limits) + EXCHANGE_SECONDS
    commands = Counter()
    for soft_limit in soft_limits:
        commands[int(soft_limit)] += 2 if soft_limit < end else 1
    return commands


def draw_soft_limits(seed=13):
    rng = random.Random(seed)
    return [LIFETIME - rng.uniform(LATEST, EARLIEST) for _ in range(PROCESSES)]


def render(random_limits, same_limit):
    """Return the figure: the random soft limits as bars, and the peak of a common soft limit as text."""
    top = 1_000
    scale_x, scale_y = (WIDTH - LEFT - 20) / (LAST - FIRST), (HEIGHT - BOTTOM - 40) / top
    base = HEIGHT - BOTTOM
    note = f"with one soft limit for all processes: {max(same_limit.values()):,} in one second"
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif">',
        "<style>text { font-size: 12px }</style>",
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="22">Commands per second of {PROCESSES:,} processes with one token</text>',
    ]
    for value in range(0, top + 1, 250):
        y = base - value * scale_y
        lines.append(f'<line x1="{LEFT}" y1="{y:.1f}" x2="{WIDTH - 20}" y2="{y:.1f}" stroke="#ddd"/>')
        lines.append(f'<text x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:,}</text>')
    for second in range(FIRST, LAST):
        x, height = LEFT + (second - FIRST) * scale_x, min(random_limits[second], top) * scale_y
        lines.append(
            f'<rect x="{x:.1f}" y="{base - height:.1f}" width="{scale_x:.2f}" height="{height:.1f}" fill="#2a6f97"/>'
        )
    for before in range(330, 119, -30):
        x = LEFT + (LIFETIME - before - FIRST) * scale_x
        lines.append(f'<text x="{x:.1f}" y="{base + 18}" text-anchor="middle">{before}</text>')
    lines += [
        f'<text x="{(WIDTH + LEFT) / 2}" y="{base + 38}" text-anchor="middle">seconds until the token expires</text>',
        f'<text x="{WIDTH - 20}" y="56" text-anchor="end" fill="#b3261e">{note}</text>',
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def draw():
    return render(simulate(draw_soft_limits()), simulate([LIFETIME - EARLIEST] * PROCESSES))


if __name__ == "__main__":
    FIGURE.write_text(draw(), encoding="utf-8")
    print(FIGURE)
