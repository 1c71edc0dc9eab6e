"""Special methods that an object does not support, which raise an error with advice."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import NoReturn

__all__ = ["unsupported"]


def unsupported(advice: str) -> Callable[..., NoReturn]:
    """Create a special method that raises ``TypeError``.

    Args:
        advice: Rest of the sentence after the name of the class.

    Returns:
        The method. Declare it where type checkers do not see it, so that they reject its use.
    """

    def method(self: object, *_: object) -> NoReturn:
        raise TypeError(f"{type(self).__name__} {advice}")

    return method
