"""Commands that determine the outcomes of charges, for ``sandbox.cards`` and ``POST /_sandbox/cards``."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Mapping
from typing import Annotated, Final, Protocol, TypeAlias, cast

from attrs import frozen

from ..._checks import is_integer, is_number
from ..billing.charges import RAILS
from ..errors import ApiError
from ..storage.rows import find
from ..unit_of_work import UnitOfWork
from ..validation import InvalidValueError, has_surrogate, integer, nullable, one_of, structure
from .card_updates import update_card
from .charge_rules import FailureProfile, add_decline, set_profile, set_script
from .failure_codes import CATEGORIES, FailureCategory, find_category

__all__ = [
    "AnyCommand",
    "CardCommand",
    "DeclineCommand",
    "ProfileCommand",
    "ReplaceCommand",
    "ScriptCommand",
    "parse_command",
]

SUCCESS: Final = "ok"
MAX_CHARGES: Final = 1000


class CardCommand(Protocol):
    """Command that determines the outcomes of charges."""

    def run(self, uow: UnitOfWork) -> None:
        """Run the command in a unit of work.

        Args:
            uow: Unit of work.

        Raises:
            ApiError: The customer or the checkout session does not exist (404).
        """
        ...


def _check_category(value: object) -> FailureCategory:
    if isinstance(value, str) and (category := find_category(value)):
        return category
    raise InvalidValueError(f"expected one of {', '.join(CATEGORIES)}, or a code such as 51")


def _check_outcomes(value: object) -> tuple[FailureCategory | None, ...]:
    outcomes = cast("list[object]", value) if isinstance(value, list | tuple) else None
    if outcomes is None or len(outcomes) > MAX_CHARGES:
        raise InvalidValueError(f"expected a list of at most {MAX_CHARGES} outcomes")
    try:
        return tuple(None if outcome == SUCCESS else _check_category(outcome) for outcome in outcomes)
    except InvalidValueError as error:
        raise InvalidValueError(f"{error}, or {SUCCESS}, in each item") from None


def _check_shares(value: object) -> dict[FailureCategory, float]:
    if not isinstance(value, Mapping):
        raise InvalidValueError("expected a mapping from failure categories to shares")
    items = cast("Mapping[object, object]", value).items()
    shares: dict[FailureCategory, float] = {_check_category(name): _check_share(share) for name, share in items}
    if math.fsum(shares.values()) > 1:
        raise InvalidValueError("expected a mapping whose shares have a sum of at most 1")
    return shares


def _check_share(value: object) -> float:
    if not is_number(value) or not 0 <= value <= 1:
        raise InvalidValueError("expected a mapping with shares from 0 to 1")
    return value


def _check_true(value: object) -> bool:
    if value is not True:
        raise InvalidValueError("expected true")
    return True


def _check_seed(value: object) -> int:
    if not is_integer(value):
        raise InvalidValueError("expected an integer")
    return value


def _check_id(value: object) -> str:
    if not isinstance(value, str) or not value or has_surrogate(value):
        raise InvalidValueError("expected a string that is not empty")
    return value


Subject: TypeAlias = Annotated[str, _check_id]


@frozen
class DeclineCommand:
    """Decline of the next charges of a customer or a checkout session."""

    customer_id: Subject
    decline: Annotated[FailureCategory, _check_category]
    times: Annotated[int | None, nullable(integer(1, MAX_CHARGES, f"an integer from 1 to {MAX_CHARGES}"))] = 1
    rail: Annotated[str | None, nullable(one_of(*RAILS))] = "card"

    def run(self, uow: UnitOfWork) -> None:
        """Add the decline."""
        _check_subject(uow.db, self.customer_id)
        add_decline(uow.db, self.customer_id, self.decline, times=self.times, rail=self.rail)


@frozen
class ScriptCommand:
    """Outcomes of the next charges of a customer or a checkout session, in order."""

    customer_id: Subject
    outcomes: Annotated[tuple[FailureCategory | None, ...], _check_outcomes]

    def run(self, uow: UnitOfWork) -> None:
        """Replace the script."""
        _check_subject(uow.db, self.customer_id)
        set_script(uow.db, self.customer_id, self.outcomes)


@frozen
class ProfileCommand:
    """Shares of failing charges, for all customers."""

    profile: Annotated[dict[FailureCategory, float], _check_shares]
    seed: Annotated[int | None, nullable(_check_seed)] = None

    def run(self, uow: UnitOfWork) -> None:
        """Replace the profile."""
        set_profile(uow.db, FailureProfile(self.profile, self.seed))


@frozen
class ReplaceCommand:
    """Replacement of a customer's card."""

    customer_id: Subject
    replace: Annotated[bool, _check_true] = True

    def run(self, uow: UnitOfWork) -> None:
        """Replace the card, and attempt the charges that wait for it."""
        find(uow.db, "customers", self.customer_id)
        update_card(uow, self.customer_id)


AnyCommand: TypeAlias = DeclineCommand | ScriptCommand | ProfileCommand | ReplaceCommand

# The member that distinguishes each command.
_COMMANDS: Final[Mapping[str, type[AnyCommand]]] = {
    "decline": DeclineCommand,
    "outcomes": ScriptCommand,
    "profile": ProfileCommand,
    "replace": ReplaceCommand,
}


def parse_command(body: object) -> tuple[str, CardCommand]:
    """Parse the body of ``POST /_sandbox/cards``.

    Args:
        body: Decoded JSON.

    Returns:
        The member that distinguishes the command, and the command.

    Raises:
        ApiError: The body breaks a rule (422).
    """
    given = cast("dict[str, object]", body) if isinstance(body, dict) else {}
    names = [name for name in _COMMANDS if name in given]
    if len(names) != 1:
        raise ApiError(
            422,
            "The body must be a JSON object with one command.",
            [{"path": "", "issue": f"expected exactly one of the members {', '.join(_COMMANDS)}"}],
        )
    return names[0], structure(_COMMANDS[names[0]], given, allow_unknown=False)


def _check_subject(db: sqlite3.Connection, subject: str) -> None:
    """Check that a customer or a checkout session exists."""
    query = "SELECT 1 FROM customers WHERE id = ? UNION ALL SELECT 1 FROM checkout_sessions WHERE token = ?"
    if db.execute(query, (subject, subject)).fetchone() is None:
        raise ApiError(404, "The customer or checkout session does not exist.")
