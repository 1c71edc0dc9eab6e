"""Commands of the API's operations, such as ``duro plans list``, derived from the resources of the client.

Names, arguments and help texts are those of the asynchronous methods. A group is built when it is first used, so
that the start of the command imports no resource.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from cyclopts import Group

from .catalog import list_resources

if TYPE_CHECKING:
    from cyclopts import App

__all__ = ["register"]

_GROUP: Final = Group("Operations of the API", sort_key=1)  # after the other commands


def register(app: App) -> None:
    """Add one group of commands for each resource.

    Args:
        app: Root of the command line.
    """
    for name, summary in list_resources().items():
        app.command(f"{__name__}.groups:{name}", name=name.replace("_", "-"), help=summary, group=_GROUP)
