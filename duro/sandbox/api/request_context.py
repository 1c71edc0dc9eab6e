"""Context of one API request: what its operation reads, and the unit of work that it changes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from attrs import AttrsInstance, frozen

from ..unit_of_work import UnitOfWork
from ..validation import parse_json, structure

__all__ = ["RequestContext"]

Shape = TypeVar("Shape", bound=AttrsInstance)


@frozen
class RequestContext:
    """Authenticated request with its open unit of work.

    Attributes:
        uow: Unit of work. Billing rules take it and not the context.
        path: Parameters of the path.
        query: Parameters of the query.
        raw_body: Body as received.
        person_id: Id of the identity or portal account, or the publishable key. It is empty for other callers.
        origin: URL of the sandbox, without a trailing slash.
        token_lifetime: Lifetime of new access tokens in seconds.
    """

    uow: UnitOfWork
    path: Mapping[str, str]
    query: Mapping[str, str]
    raw_body: bytes
    person_id: str
    origin: str
    token_lifetime: float

    def read_body(self, shape: type[Shape], spelling: Callable[[str], str] | None = None) -> Shape:
        """Parse and validate the body. An empty body counts as an empty object.

        Args:
            shape: Class that declares the members and their rules.
            spelling: Function from an attribute name to the member's name. The default is camelCase.

        Raises:
            ApiError: The body is not JSON (400), or breaks a rule (422).
        """
        return structure(shape, parse_json(self.raw_body), spelling)
