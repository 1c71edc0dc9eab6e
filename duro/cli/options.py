"""Options that several commands share, and types of options."""

from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

__all__ = ["ClockOption", "ExportFormat", "ExportKind", "FlagOption", "JSONOutput"]

ClockOption: TypeAlias = Literal["real", "frozen"]
ExportKind: TypeAlias = Literal["customers", "plans", "transactions", "subscriptions"]
ExportFormat: TypeAlias = Literal["csv", "jsonl", "parquet"]

FlagOption: TypeAlias = Annotated[bool, Parameter(show_default=False)]
JSONOutput: TypeAlias = Annotated[
    bool, Parameter(name="--json", show_default=False, help="Print JSON, one document a line, errors included.")
]
