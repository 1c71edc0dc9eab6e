"""What all models share."""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003 - cattrs reads the annotations at run time
from typing import TYPE_CHECKING, Any, Self

from attrs import field, frozen

from ...errors import redact
from ..codec import structure, to_plain

if TYPE_CHECKING:
    from ..._json import JSONObject

__all__ = ["Model", "SecretModel", "hidden", "masked"]


@frozen(kw_only=True)
class Model:
    """An answer of the API.

    Attributes:
        extra: The fields that this release does not know, under their wire names.
    """

    extra: Mapping[str, Any] = field(factory=dict[str, Any], repr=False)

    def to_dict(self) -> JSONObject:
        """Give the wire's form, unknown fields included."""
        return to_plain(self)

    @classmethod
    def from_dict(cls, data: JSONObject) -> Self:
        """Make a model of the wire's form.

        Args:
            data: What ``to_dict`` gave, or an answer of the API.

        Returns:
            The model.

        Raises:
            DecodingError: It breaks the contract; says where.
        """
        return structure(dict(data), cls, body=b"")


@frozen(kw_only=True)
class SecretModel(Model):
    """An answer with a secret in it, which no repr shows and no pickle carries."""

    def __reduce__(self) -> str:
        raise TypeError(f"a {type(self).__name__} cannot be pickled, it holds a secret; hand on what is needed of it")


def masked(value: object) -> str:
    """Represent a value with the secret in it cut down to its prefix."""
    return redact(repr(value))


def hidden(_value: object) -> str:
    """Represent a secret whose form Duro does not tell."""
    return "…"
