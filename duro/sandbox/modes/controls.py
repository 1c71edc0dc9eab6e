"""``ModeControls``: what a program reads and controls in one mode of a sandbox."""

from __future__ import annotations

from abc import abstractmethod

from ..assertions.checks import Assertions
from ..auth.connection_options import ConnectionOptions
from ..checkout.controls import CheckoutControls
from ..control.controls import Controls
from ..control.records import Records
from ..portal.controls import PortalControls

__all__ = ["ModeControls"]


class ModeControls(Assertions, Records, Controls, CheckoutControls, PortalControls):
    """Records, controls and assertions of one mode, and the credentials of its merchant."""

    @property
    @abstractmethod
    def options(self) -> ConnectionOptions:
        """Arguments of a client for this mode."""

    @property
    @abstractmethod
    def secret_key(self) -> str:
        """Secret key, the alternative to the client id and client secret."""
