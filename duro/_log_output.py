"""Log output for programs that do not configure logging themselves (``DURO_LOG``)."""

from __future__ import annotations

import logging
import os
from typing import Final

from ._checks import describe_text
from .errors import ConfigurationError

__all__ = ["configure_log_output"]

_LEVELS: Final = {"debug": logging.DEBUG, "info": logging.INFO}


def configure_log_output() -> None:
    """Set the level of the logger ``duro`` to the one that ``DURO_LOG`` names.

    If no handler would get the messages, they are written to standard error.

    Raises:
        ConfigurationError: ``DURO_LOG`` is not ``info`` or ``debug``.
    """
    name = os.environ.get("DURO_LOG")
    if not name:
        return
    level = _LEVELS.get(name.strip().lower())
    if level is None:
        raise ConfigurationError(
            f"DURO_LOG must be info or debug, got {describe_text(name)}; set one of them, or unset it"
        )
    logger = logging.getLogger("duro")
    logger.setLevel(level)
    if not logger.hasHandlers():
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s"))
        logger.addHandler(handler)
