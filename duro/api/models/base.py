"""Base classes of all models."""

from __future__ import annotations

import json
from collections.abc import Mapping  # noqa: TC003 - cattrs reads the annotations at run time
from copy import deepcopy
from typing import Any, ClassVar, Self

from attrs import evolve, field, fields, frozen

from ..codec import encode_json, structure, to_plain, to_python, to_wire_names
from .pydantic_hooks import PydanticHooks

__all__ = ["Model", "SecretModel"]


@frozen(kw_only=True)
class Model(PydanticHooks):
    """Response of the API: an immutable attrs class.

    Models work as types of pydantic models and of FastAPI routes.

    Attributes:
        extra: Fields that this release does not know, by their wire names.
    """

    # Without a hash, because a dict cannot be hashed. Equal models have equal hashes, and others may have them too.
    extra: Mapping[str, Any] = field(factory=dict[str, Any], repr=False, hash=False)

    def to_dict(self, *, wire: bool = False) -> dict[str, Any]:
        """Return the model as a new dict, unknown fields and secrets included.

        Args:
            wire: Whether to return plain JSON data with the names of the API. Unknown fields are then beside the
                others. By default, the keys are the attributes of the model, with ``extra`` among them. Values are
                Python values: timestamps are ``datetime`` objects, and enums are enums, which are strings.

        Returns:
            A dict. Models in it are dicts too, and tuples are lists.

        Example:
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> plan.to_dict()["interval_count"], plan.to_dict(wire=True)["intervalCount"]
            (1, 1)
        """
        return dict(to_plain(self)) if wire else to_python(self)

    def to_json(self, *, indent: int | None = None) -> str:
        """Return the model as the API writes it, unknown fields and secrets included.

        Args:
            indent: Number of spaces of each level. One compact line by default.

        Returns:
            JSON of ``to_dict(wire=True)``.

        Raises:
            InvalidArgumentError: A value of ``extra`` cannot be written as JSON.

        Example:
            >>> customer = await client.customers.create(email="ada@example.com")
            >>> customer.to_json()
            '{"id":"cus_...","email":"ada@example.com",...}'
        """
        compact = encode_json(to_plain(self)).decode()
        return compact if indent is None else json.dumps(json.loads(compact), indent=indent)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Create a model from a dict.

        Args:
            data: Result of ``to_dict`` in either form, or a decoded response. Each field has its Python or its wire
                name. Other names go to ``extra``.

        Returns:
            The model.

        Raises:
            DecodingError: The data breaks the contract. ``path`` is the place, with wire names.

        Example:
            >>> from duro import Plan
            >>> plan = await client.plans.create(name="Pro", amount=500_000, interval="month")
            >>> Plan.from_dict(plan.to_dict()) == Plan.from_dict(plan.to_dict(wire=True)) == plan
            True
        """
        return structure(to_wire_names(data, cls), cls, body=b"", source="data")


@frozen(kw_only=True)
class SecretModel(Model):
    """Response that contains a secret. No repr shows the secret, and the model cannot be pickled."""

    _hides_input: ClassVar[bool] = True

    def __reduce__(self) -> str:
        name = type(self).__name__
        raise TypeError(f"a {name} cannot be pickled because it contains a secret; pass on only the fields you need")

    # The standard copies would use the pickle protocol.
    def __copy__(self) -> Self:
        return evolve(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return type(self)(**{each.name: deepcopy(getattr(self, each.name), memo) for each in fields(type(self))})
