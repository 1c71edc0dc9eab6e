"""``duro export``: write a whole list of the API to a file."""

from .run import run_export

__all__ = ["run_export"]
