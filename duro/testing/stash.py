"""Key of the sandbox that a test uses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from duro.sandbox import Sandbox

__all__ = ["SANDBOX"]

SANDBOX: Final[pytest.StashKey[Sandbox]] = pytest.StashKey()
