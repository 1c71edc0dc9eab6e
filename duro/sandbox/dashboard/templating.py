"""Templates of the dashboard, rendered with Jinja2."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final, cast

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from ..checkout.money import format_amount, format_interval
from ..clock import timestamp
from .formats import (
    find_tone,
    format_day,
    format_exact,
    format_relative,
    format_whole_amount,
    humanize,
    name_rail,
    shorten,
)

__all__ = ["render_template"]

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    auto_reload=False,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_FILTERS: Final[Mapping[str, Callable[..., str]]] = {
    "amount": format_amount,
    "day": format_day,
    "exact": format_exact,
    "humanize": humanize,
    "interval": format_interval,
    "rail": name_rail,
    "relative": format_relative,
    "shorten": shorten,
    "timestamp": timestamp,
    "tone": find_tone,
    "whole_amount": format_whole_amount,
}
cast("dict[str, object]", _TEMPLATES.filters).update(_FILTERS)


def render_template(name: str, variables: Mapping[str, object]) -> str:
    """Render a template.

    Args:
        name: File name of the template.
        variables: Variables of the template.

    Returns:
        HTML with every text escaped.
    """
    return _TEMPLATES.get_template(name).render(variables)
