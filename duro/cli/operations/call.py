"""Call of an operation's method, and the output of its result."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

from attrs import frozen

from ...http.observe import capture
from ..confirmation import confirm_live
from ..output import print_details, print_note, print_rows
from .customer import CustomerAccount
from .document import to_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..._json_types import JSONObject
    from ...blocking.client import Duro
    from ...blocking.pages import Pages
    from ..account import Account
    from .description import MethodDescription

__all__ = ["DEFAULT_LIMIT", "CommandOptions", "run_operation"]

DEFAULT_LIMIT: Final = 20
MAX_PAGE_SIZE: Final = 100


@frozen(kw_only=True)
class CommandOptions:
    """Options of a command that are not arguments of its method.

    Attributes:
        as_json: Whether to print JSON.
        limit: Maximum number of items of a list.
        idempotency_key: Idempotency key, ``None`` for a new one.
        yes: Whether to change live data without a confirmation.
        reveal: Whether to print secrets.
    """

    as_json: bool = False
    limit: int = DEFAULT_LIMIT
    idempotency_key: str | None = None
    yes: bool = False
    reveal: bool = False


def run_operation(
    description: MethodDescription,
    path: Sequence[Any],
    arguments: Mapping[str, Any],
    account: Account,
    options: CommandOptions,
) -> None:
    """Call the method of an operation, and print its result.

    Args:
        description: Description of the method.
        path: Positional arguments.
        arguments: Keyword arguments.
        account: Account of the call.
        options: Options of the command.

    Raises:
        InvalidArgumentError: An argument is invalid, or a change of live data was not confirmed. Nothing was sent.
        DuroError: The call failed.
    """
    if description.is_mutation:
        confirm_live(description.operation.id, account.mode, yes=options.yes)
    with _open_client(description, account) as client:
        method = getattr(getattr(client, description.resource), description.name)
        key = {} if options.idempotency_key is None else {"idempotency_key": options.idempotency_key}
        if description.is_list:
            _print_list(method(*path, **_with_page_size(description, arguments, options.limit)), options)
        else:
            _print_result(partial(method, *path, **arguments, **key), description, options)


def _open_client(description: MethodDescription, account: Account) -> Duro:
    if not isinstance(account, CustomerAccount):
        return account.client()
    from ...blocking.client import Duro

    return Duro(account.customer_credential(description.operation.surface), base_url=account.base_url)


def _with_page_size(description: MethodDescription, arguments: Mapping[str, Any], limit: int) -> Mapping[str, Any]:
    """Add the size of a page that holds all items, so that a short list needs one request."""
    if any(parameter.name == "page_size" for parameter in description.parameters):
        return {"page_size": min(limit, MAX_PAGE_SIZE), **arguments}
    return arguments


def _print_list(pages: Pages[Any], options: CommandOptions) -> None:
    items: list[JSONObject] = []
    cursor: str | None = None
    for page in pages.by_page():
        items += [to_document(item, reveal=False) for item in page.items]
        cursor = page.next_cursor
        if len(items) >= options.limit:
            break
    print_rows(items[: options.limit], as_json=options.as_json)
    if len(items) > options.limit:
        print_note("more items exist; pass a larger --limit")
    elif cursor:
        print_note(f"more items exist; pass a larger --limit, or --cursor {cursor}")


def _print_result(call: partial[Any], description: MethodDescription, options: CommandOptions) -> None:
    with capture() as calls:
        result = call()
    print_details(to_document(result, reveal=options.reveal), as_json=options.as_json)
    if options.as_json:
        return
    if description.is_mutation:
        print_note(f"{calls[-1].operation} succeeded with idempotency key {calls[-1].idempotency_key}")
    if description.has_secrets and not options.reveal:
        print_note("secrets are masked; add --reveal to print them")
