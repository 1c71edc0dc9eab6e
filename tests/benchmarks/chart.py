"""Chart of the results as an SVG image: one column a load, one row a client, and a bar for the time of a call."""

from __future__ import annotations

from html import escape

from attrs import frozen

from .tables import format_figure

WIDTH = 800
LABEL_WIDTH = 180
ROW_HEIGHT = 26
BAR_HEIGHT = 14
PANEL_HEADER_HEIGHT = 58
PADDING = 20
FIGURE_WIDTH = 76  # of the figure beside a bar

STYLE = """\
text { font: 13px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #24292f; }
.card { fill: #ffffff; stroke: #d0d7de; }
.title { font-size: 15px; font-weight: 600; }
.load { fill: #57606a; }
.own { font-weight: 600; }
rect.peer { fill: #a4adb8; }
rect.own { fill: #2463c9; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .card { fill: #161b22; stroke: #30363d; }
  .load { fill: #9198a1; }
  rect.peer { fill: #6e7681; }
  rect.own { fill: #6cb0ff; }
}"""


@frozen
class Panel:
    """Part of the chart with clients of one kind.

    Attributes:
        title: Title of the panel.
        works: Names of the works, by the load that is the head of the column.
        clients: Names of the clients.
    """

    title: str
    works: dict[str, str]
    clients: tuple[str, ...]


PANELS = (
    Panel(
        "Time of an awaited call",
        {f"{load} in flight": f"awaited, {load} in flight" for load in (1, 100, 500)},
        ("duro, aiohttp", "duro", "duro, httpx2", "aiohttp", "httpx2", "httpx", "openai, aiohttp", "openai", "stripe"),
    ),
    Panel(
        "Time of a blocking call",
        {load: f"blocking, {load}" for load in ("1 thread", "16 threads")},
        ("duro, aiohttp and speed", "duro", "httpx2", "httpx", "requests", "openai", "stripe"),
    ),
)


def draw_chart(results):
    """Return the chart of the works that were measured, as the text of an SVG image."""
    top, parts = PADDING, []
    for panel in PANELS:
        drawn, height = draw_panel(panel, results, top)
        parts += drawn
        top += height
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {top}" role="img">',
            "<title>Time of a call, by client and load. Shorter bars are better.</title>",
            f"<style>\n{STYLE}\n</style>",
            f'<rect class="card" x="0.5" y="0.5" width="{WIDTH - 1}" height="{top - 1}" rx="8"/>',
            *parts,
            "</svg>\n",
        ]
    )


def draw_panel(panel, results, top):
    """Return the elements of a panel and its height. Clients that were not measured are left out."""
    measurements = {
        load: results.measurements[work] for load, work in panel.works.items() if work in results.measurements
    }
    clients = [name for name in panel.clients if any(each.median(name) for each in measurements.values())]
    if not clients:
        return [], 0
    parts = [draw_text(panel.title, PADDING, top + 16, "title")]
    first_row = top + PANEL_HEADER_HEIGHT
    parts += [
        draw_text(name, PADDING, first_row + row * ROW_HEIGHT + 12, kind_of(name)) for row, name in enumerate(clients)
    ]
    column_width = (WIDTH - LABEL_WIDTH - 2 * PADDING) / len(measurements)
    for column, (load, measurement) in enumerate(measurements.items()):
        left = PADDING + LABEL_WIDTH + column * column_width
        parts.append(draw_text(load, left, top + 42, "load"))
        parts += draw_bars(measurement, clients, left, first_row, column_width - FIGURE_WIDTH)
    return parts, PANEL_HEADER_HEIGHT + len(clients) * ROW_HEIGHT + PADDING


def draw_bars(measurement, clients, left, top, max_width):
    """Return a bar with its figure for each client. The longest bar of a load has the maximum width."""
    medians = {name: measurement.median(name) for name in clients}
    longest = max(median for median in medians.values() if median)
    parts = []
    for row, (name, median) in enumerate(medians.items()):
        if median is None:
            continue
        y, width = top + row * ROW_HEIGHT, max(2, max_width * median / longest)
        parts.append(
            f'<rect class="{kind_of(name)}" x="{left:.1f}" y="{y}" width="{width:.1f}" height="{BAR_HEIGHT}" rx="2"/>'
        )
        parts.append(draw_text(format_figure(median, measurement.unit), left + width + 6, y + 12, kind_of(name)))
    return parts


def draw_text(text, x, y, kind):
    """Return a text element."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y}">{escape(text)}</text>'


def kind_of(client):
    """Return the style class of a client."""
    return "own" if client.startswith("duro") else "peer"
