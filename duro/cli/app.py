"""The commands and their options; what carries one out is imported when it is called."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, TypeAlias

from cyclopts import App, CycloptsError, Parameter
from cyclopts.validators import Number

from .._version import __version__
from ..errors import InvalidArgumentError, redact
from .account import ACCOUNT_OF_ENVIRONMENT, Account

__all__ = ["carry_out"]

# cyclopts reads these annotations while the program runs, so they are no texts here.
Count: TypeAlias = Annotated[int, Parameter(validator=Number(gte=1))]
Port: TypeAlias = Annotated[int, Parameter(validator=Number(gte=0, lte=65535))]
JSONOption: TypeAlias = Annotated[str | None, Parameter(allow_leading_hyphen=True, name="--data", metavar="JSON")]
FileArgument: TypeAlias = Annotated[str, Parameter(allow_leading_hyphen=True)]
Seconds: TypeAlias = Annotated[float, Parameter(validator=Number(gt=0), metavar="SECONDS")]
Moment: TypeAlias = Annotated[int | None, Parameter(validator=Number(gte=0), metavar="SECONDS")]
SecretOption: TypeAlias = Annotated[tuple[str, ...], Parameter(name="--secret", metavar="SECRET", show_default=False)]
PairOption: TypeAlias = Annotated[tuple[str, ...], Parameter(name="--param", metavar="NAME=VALUE", show_default=False)]


_app: Final = App(
    name="duro",
    help="Recurring payments with Duro, from the command line.",
    help_epilogue="Exit codes: 0 done, 1 failed, 2 wrongly used, 130 interrupted.",
    version=f"duro {__version__}",
    default_parameter=Parameter(negative=()),
    print_error=False,
    exit_on_error=False,
    suppress_keyboard_interrupt=False,
    result_action="return_value",
)


def carry_out(arguments: Sequence[str]) -> None:
    """Carry a command line out.

    Args:
        arguments: What follows the program's name.

    Raises:
        InvalidArgumentError: It is no command, or an option is wrong.
        DuroError: The command failed.
    """
    try:
        _app(list(arguments))
    except CycloptsError as error:
        command = " ".join(("duro", *(error.command_chain or ())))
        # A misspelt option may leave its secret among the words that nobody asked for.
        raise InvalidArgumentError(f"{redact(str(error))} See: {command} --help") from error


@_app.command
def quickstart(*, callers: Count = 1000, threads: Count = 16, account: Account = ACCOUNT_OF_ENVIRONMENT) -> None:
    """Show the SDK at work: one token exchange, however many callers.

    Plays on a sandbox of its own, unless options or the environment name another Duro: there it makes a few plans,
    customers and subscriptions, in test mode only.

    Args:
        callers: Coroutines that call at once.
        threads: Threads that share the blocking client.
        account: Where to play.
    """
    from .quickstart import play

    play(account, callers=callers, threads=threads)


@_app.command
def sandbox(
    *, host: str = "127.0.0.1", port: Port = 8787, database: Path | None = None, endpoint: list[str] | None = None
) -> None:
    """Serve a whole Duro on this machine, until Ctrl-C or SIGTERM.

    Args:
        host: The address to listen on; nothing guards a sandbox, so stay on loopback.
        port: The port; 0 picks a free one.
        database: A file that keeps the state; without it, the state ends with the program.
        endpoint: An address that events are delivered to, signed with whsec_sandbox; may be given again.
    """
    from .sandbox import serve_until_stopped

    serve_until_stopped(host, port, database, endpoint or ())


@_app.command
def token(*, reveal: bool = False, account: Account = ACCOUNT_OF_ENVIRONMENT) -> None:
    """Exchange the client's credentials, and show the access token masked.

    With --reveal, standard output is the token and nothing else, as for TOKEN=$(duro token --reveal); type and expiry
    go to standard error.

    Args:
        reveal: Show the whole token.
        account: Whose token.
    """
    from .token import show_token

    show_token(account, reveal=reveal)


@_app.command
def request(
    method: str,
    path: str,
    /,
    *,
    data: JSONOption = None,
    param: PairOption = (),
    idempotency_key: str | None = None,
    account: Account = ACCOUNT_OF_ENVIRONMENT,
) -> None:
    """Call any path of the API, and print the JSON that it answers.

    Args:
        method: The HTTP method.
        path: The path, as in /v1/plans.
        data: The body: JSON, or @FILE, or - for standard input.
        param: A value of the query string; may be given again.
        idempotency_key: The key of an earlier call, to learn what became of it.
        account: Who calls.
    """
    from .request import send

    send(account, method, path, data=data, parameters=param, idempotency_key=idempotency_key)


_webhooks: Final = App(
    name="webhooks",
    help="Sign and verify deliveries, as a webhook endpoint does.",
    help_epilogue="Without --secret, the environment's DURO_WEBHOOK_SECRET. "
    "Every user of this machine can read the options of a running program.",
)
_app.command(_webhooks)


@_webhooks.command
def sign(file: FileArgument = "-", /, *, secret: SecretOption = (), at: Moment = None) -> None:
    """Sign a body as Duro does, and print the headers of a delivery.

    Args:
        file: The file that holds the body, or - for standard input.
        secret: The endpoint's secret (whsec_...); may be given again, and each signs.
        at: The time of signing, since the epoch; without it, now.
    """
    from .webhooks import sign_body

    sign_body(file, secret, at=at)


@_webhooks.command
def verify(
    file: FileArgument = "-",
    /,
    *,
    signature: str,
    secret: SecretOption = (),
    tolerance: Seconds = 300.0,
    at: Moment = None,
) -> None:
    """Verify a delivery, and tell what it says.

    Args:
        file: The file that holds the body, byte for byte, or - for standard input.
        signature: The value of the header Duro-Signature.
        secret: The endpoint's secret (whsec_...); may be given again, while it is rotated.
        tolerance: How old the signature may be, or ahead of the clock.
        at: The time to judge by, since the epoch; without it, now.
    """
    from .webhooks import verify_body

    verify_body(file, secret, signature=signature, tolerance=tolerance, at=at)
