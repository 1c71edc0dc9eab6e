"""Failure categories, and the codes that processors report for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, TypeGuard, get_args

__all__ = ["CARD_CATEGORIES", "CATEGORIES", "FailureCategory", "describe_category", "failure_code", "find_category"]

FailureCategory: TypeAlias = Literal[
    "insufficient_funds", "expired_card", "card_not_supported", "do_not_honor", "hard_decline", "processor_error"
]

CATEGORIES: Final[tuple[FailureCategory, ...]] = get_args(FailureCategory)

# Only a new card helps after these failures.
CARD_CATEGORIES: Final[frozenset[FailureCategory]] = frozenset({"expired_card", "card_not_supported"})

# The documentation does not have a code for a card that is not supported, so that its category is the code.
_CODES: Final[Mapping[FailureCategory, str]] = {
    "insufficient_funds": "51",
    "expired_card": "54",
    "card_not_supported": "card_not_supported",
    "do_not_honor": "05",
    "hard_decline": "stolen_card",
    "processor_error": "timeout",
}
_CATEGORY_OF: Final[Mapping[str, FailureCategory]] = {code: category for category, code in _CODES.items()}


def failure_code(category: FailureCategory) -> str:
    """Return the code of a failure, as transactions and the ledger show it.

    Args:
        category: Category of the failure.

    Example:
        >>> failure_code("insufficient_funds")
        '51'
    """
    return _CODES[category]


def find_category(name: str) -> FailureCategory | None:
    """Return the category with a name or a code. Return ``None`` for other strings.

    Args:
        name: Category such as ``expired_card``, or code such as ``54``.

    Example:
        >>> find_category("54"), find_category("expired_card"), find_category("ok")
        ('expired_card', 'expired_card', None)
    """
    return name if _is_category(name) else _CATEGORY_OF.get(name)


def describe_category(category: FailureCategory) -> str:
    """Return a category in words, as the beginning of a sentence.

    Args:
        category: Category of the failure.

    Example:
        >>> describe_category("do_not_honor")
        'Do not honor'
    """
    return category.replace("_", " ").capitalize()


def _is_category(name: str) -> TypeGuard[FailureCategory]:
    return name in CATEGORIES
