"""``Invariant``: a rule that every unit of work must keep, as a query for the rows that break it."""

from __future__ import annotations

from attrs import frozen

__all__ = ["Invariant"]


@frozen
class Invariant:
    """Rule that every unit of work must keep.

    Attributes:
        name: Name of the rule, such as ``paid_at_most_once``.
        kinds: Kinds of changes that can break the rule.
        query: SQL query over the table ``changes`` of ``changes.sql``. It returns a sentence for each violation, and
            reads only rows that the unit of work touched.
    """

    name: str
    kinds: frozenset[str]
    query: str
