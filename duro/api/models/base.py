"""Base classes of all models."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - cattrs reads the annotations at run time
from typing import TYPE_CHECKING, Any, Self

from attrs import field, frozen

from ...errors import redact
from ..codec import structure, to_plain

if TYPE_CHECKING:
    from ..._json_types import JSONObject

__all__ = ["Model", "SecretModel", "hide", "mask"]


@frozen(kw_only=True)
class Model:
    """Response of the API: an immutable attrs class.

    Attributes:
        extra: Fields that this release does not know, by their wire names.
    """

    # Without a hash, because a dict has none. Equal models have equal hashes, and others may have equal ones too.
    extra: Mapping[str, Any] = field(factory=dict[str, Any], repr=False, hash=False)

    def to_dict(self) -> JSONObject:
        """Return the model as plain data with wire names, unknown fields included."""
        return to_plain(self)

    @classmethod
    def from_dict(cls, data: JSONObject) -> Self:
        """Create a model from plain data with wire names.

        Args:
            data: Result of ``to_dict``, or a decoded response.

        Returns:
            The model.

        Raises:
            DecodingError: The data breaks the contract. ``path`` is the place.
        """
        return structure(dict(data), cls, body=b"")


@frozen(kw_only=True)
class SecretModel(Model):
    """Response that contains a secret. No repr shows the secret, and the model cannot be pickled."""

    def __reduce__(self) -> str:
        name = type(self).__name__
        raise TypeError(f"a {name} cannot be pickled because it contains a secret; pass on only the fields you need")


def mask(value: object) -> str:
    """Return the repr of a value, with secrets of a known form cut to their prefix."""
    return redact(repr(value))


def hide(_value: object) -> str:
    """Return a placeholder for a secret whose form is unknown."""
    return "…"
