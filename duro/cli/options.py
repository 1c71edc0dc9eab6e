"""Options that several commands share."""

from typing import Annotated, TypeAlias

from cyclopts import Parameter

__all__ = ["FlagOption", "JSONOutput"]

FlagOption: TypeAlias = Annotated[bool, Parameter(show_default=False)]
JSONOutput: TypeAlias = Annotated[
    bool, Parameter(name="--json", show_default=False, help="Print JSON, one document a line, errors included.")
]
