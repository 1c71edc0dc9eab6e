"""Comparison of figures with their budgets."""

from __future__ import annotations

# A budget that is further above its figure is too wide to notice a change.
MAX_MARGIN = 1.2


def compare(figures, budgets):
    """Return the lines of the report, and whether a budget is broken.

    Args:
        figures: Figures by name, within their units.
        budgets: Budgets by name, within the same units.
    """
    lines = []
    is_broken = False
    for unit, limits in budgets.items():
        lines += ["", f"{unit:60}{'figure':>10}{'budget':>10}"]
        for name, limit in limits.items():
            figure = figures.get(unit, {}).get(name)
            verdict = judge(figure, limit)
            is_broken |= verdict.startswith("BROKEN")
            lines.append(f"  {name:58}{show(figure):>10}{show(limit):>10}  {verdict}".rstrip())
    return lines, is_broken


def judge(figure, limit):
    if figure is None:
        return "BROKEN: it was not measured"
    if figure > limit:
        return f"BROKEN: {figure / limit - 1:.0%} above the budget"
    return "can be lowered" if figure * MAX_MARGIN < limit else ""


def show(figure):
    if figure is None:
        return "-"
    return f"{figure:,}" if isinstance(figure, int) else f"{figure:.2f}"
