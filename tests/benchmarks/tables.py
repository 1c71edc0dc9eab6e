"""Tables of the results, for the terminal and as Markdown."""

from __future__ import annotations

from .goals import COMPARISONS, MIB

COMPARISON_HEADER = ("work", "client", "figure", "compared with", "ratio", "goal", "result")
FIGURE_HEADER = ("work", "client", "median", "ratio to the first")
ENVIRONMENT_HEADER = ("part", "value")


def format_figure(value, unit):
    """Return a figure with its unit, or "not measured" for ``None``."""
    if value is None:
        return "not measured"
    if unit == "bytes":
        return f"{value / MIB:.1f} MiB"
    if unit == "connections":
        return f"{value:,.0f}"
    if value >= 0.01:
        return f"{value * 1e3:,.0f} ms"
    return f"{value * 1e6:,.0f} µs" if value >= 1e-5 else f"{value * 1e6:.2f} µs"


def format_ratio(value):
    """Return a ratio with two decimals, or an empty text for ``None``."""
    return "" if value is None else f"{value:.2f}"


def format_goal(comparison, unit):
    """Return the goal of a comparison with its direction, or an empty text without a goal."""
    if comparison.goal is None:
        return ""
    bound = format_ratio(comparison.goal) if comparison.peer else format_figure(comparison.goal, unit)
    return f"{'≥' if comparison.is_throughput else '≤'} {bound}"


def list_comparisons(results):
    """Return the rows of all comparisons whose work was measured."""
    return [
        format_comparison(each, results.measurements[each.work])
        for each in COMPARISONS
        if each.work in results.measurements
    ]


def format_comparison(comparison, measurement):
    """Return the cells of one comparison."""
    own, peer = measurement.median(comparison.candidate), measurement.median(comparison.peer)
    compared_with = f"{comparison.peer}, {format_figure(peer, measurement.unit)}" if comparison.peer else ""
    return (
        comparison.work,
        comparison.candidate,
        format_figure(own, measurement.unit),
        compared_with,
        format_ratio(comparison.ratio(measurement)),
        format_goal(comparison, measurement.unit),
        {True: "held", False: "missed", None: ""}[comparison.is_held(measurement)],
    )


def list_figures(results):
    """Return a row for each candidate of each work, with its ratio to the first candidate."""
    return [row for measurement in results.measurements.values() for row in format_measurement(measurement)]


def format_measurement(measurement):
    """Return the cells of each candidate of a work. Figures of memory are not compared."""
    medians = {name: measurement.median(name) for name in measurement.figures}
    first = next(iter(medians.values()), None)
    for name, median in medians.items():
        ratio = median / first if first and measurement.unit != "bytes" else None
        yield measurement.work, name, format_figure(median, measurement.unit), format_ratio(ratio)


def list_failures(results):
    """Return a line for each candidate that failed."""
    return [
        f"{measurement.work}, {name} failed: {message}"
        for measurement in results.measurements.values()
        for name, message in measurement.failures.items()
    ]


def to_text(header, rows):
    """Return a table for a terminal."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    lines = [header, tuple("-" * width for width in widths), *rows]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def to_markdown(header, rows):
    """Return a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
