"""Commands of ``duro`` and their options. A command imports its implementation when it is called."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final, TypeAlias

from cyclopts import App, CycloptsError, Parameter
from cyclopts.validators import Number

from .._version import __version__
from ..errors import InvalidArgumentError, redact
from .account import ACCOUNT_OF_ENVIRONMENT, Account
from .completion import register_completion
from .help_columns import build_columns
from .help_formatter import HelpFormatter
from .operations import register
from .options import ClockOption, ExportFormat, ExportKind, FlagOption, JSONOutput
from .webhook_commands import webhook_commands

__all__ = ["run"]

# cyclopts evaluates these annotations at runtime, so this module does not postpone them.
Count: TypeAlias = Annotated[int, Parameter(validator=Number(gte=1))]
Port: TypeAlias = Annotated[int, Parameter(validator=Number(gte=0, lte=65535))]
JSONOption: TypeAlias = Annotated[str | None, Parameter(allow_leading_hyphen=True, name="--data", metavar="JSON")]
HiddenArgument: TypeAlias = Annotated[str | None, Parameter(show=False)]
FormatOption: TypeAlias = Annotated[ExportFormat | None, Parameter(name="--format", show_default=False)]
MomentOption: TypeAlias = Annotated[str | None, Parameter(metavar="MOMENT")]
PairOption: TypeAlias = Annotated[tuple[str, ...], Parameter(name="--param", metavar="NAME=VALUE", show_default=False)]


_app: Final = App(
    name="duro",
    help="Subscription billing with Duro, from the command line.",
    help_epilogue="Exit codes: 0 success, 1 failure, 2 wrong usage, 130 interrupted.",
    version=f"duro {__version__}",
    help_formatter=HelpFormatter(column_specs=build_columns),
    help_format="plaintext",  # without Markdown, whose import takes longer than the rest of the help
    default_parameter=Parameter(negative=()),
    print_error=False,
    exit_on_error=False,
    suppress_keyboard_interrupt=False,
    result_action="return_value",
)


def run(arguments: Sequence[str]) -> None:
    """Run one command.

    Args:
        arguments: Words after the program's name.

    Raises:
        InvalidArgumentError: The command is unknown, or an option is wrong.
        DuroError: The command failed.
    """
    try:
        _app(list(arguments))
    except CycloptsError as error:
        command = " ".join(("duro", *(error.command_chain or ())))
        # The message quotes unexpected words, and the value of a misspelt option may be a secret.
        raise InvalidArgumentError(f"{redact(str(error))} See: {command} --help") from error


@_app.command
def quickstart(
    *,
    callers: Count = 1000,
    threads: Count = 16,
    yes: bool = False,
    as_json: JSONOutput = False,
    account: Account = ACCOUNT_OF_ENVIRONMENT,
) -> None:
    """Create a subscription, and make many calls with one token exchange.

    Starts a sandbox for this run, unless options or environment variables select an account. Before it writes to that
    account, it asks on the terminal. A live account is refused.

    Args:
        callers: Number of tasks that share an asynchronous client.
        threads: Number of threads that share a blocking client.
        yes: Write to the account without a question.
        as_json: Print one JSON document, errors included.
        account: Account to run in.
    """
    from .quickstart import run

    run(account, callers=callers, threads=threads, yes=yes, as_json=as_json)


@_app.command
def sandbox(
    *,
    host: str = "127.0.0.1",
    port: Port = 8787,
    database: Path | None = None,
    endpoint: list[str] | None = None,
    allow_host: list[str] | None = None,
    fixtures: Path | None = None,
    clock: ClockOption = "real",
    start: MomentOption = None,
    seed: int | None = None,
    strict: FlagOption = False,
    tls: FlagOption = False,
    quiet: FlagOption = False,
    as_json: JSONOutput = False,
) -> None:
    """Serve a local Duro sandbox until Ctrl-C or SIGTERM.

    Prints a line for each request of the API: time, status, method, path, duration and idempotency key.

    Args:
        host: Address to listen on. A sandbox does not protect its data, so use loopback.
        port: TCP port; 0 selects a free one.
        database: SQLite file for the state. Default: a temporary state, lost when the sandbox stops.
        endpoint: URL to deliver events to, signed with whsec_sandbox; can be repeated.
        allow_host: Host name that requests may use besides IP addresses and localhost; can be repeated.
        fixtures: YAML or JSON file with the objects of a new sandbox: plans, customers, subscriptions, and more.
        clock: Clock of the sandbox. A frozen one moves only by the dashboard and by POST /_sandbox/clock.
        start: Time of a new sandbox, such as 2026-01-31T09:00:00Z. Default: the present. A database keeps its time.
        seed: Number that makes ids and outcomes repeatable. Default: random. A database keeps its seed.
        strict: Check the invariants of billing after every request and due item. Violations make the exit status 1.
        tls: Serve HTTPS with a certificate authority of its own, whose file is printed at the start.
        quiet: Do not print requests.
        as_json: Print JSON on one line, errors included.
    """
    from .sandbox import serve_until_stopped

    serve_until_stopped(
        host,
        port,
        database,
        endpoint or (),
        allow_host or (),
        fixtures=fixtures,
        clock=clock,
        start=start,
        seed=seed,
        strict=strict,
        tls=tls,
        quiet=quiet,
        as_json=as_json,
    )


@_app.command
def token(
    *,
    reveal: FlagOption = False,
    store: str | None = None,
    as_json: JSONOutput = False,
    account: Account = ACCOUNT_OF_ENVIRONMENT,
) -> None:
    """Get an access token, and print it masked.

    With --reveal, standard output contains the token only, as in TOKEN=$(duro token --reveal). Type and expiry are
    printed on standard error.

    Args:
        reveal: Print the whole token.
        store: URL of a token store. Print the age, generation and holder of its token instead.
        as_json: Print JSON on one line, errors included.
        account: Account of the token.
    """
    if store is not None:
        from .shared_token import show_shared_token

        show_shared_token(account, store, as_json=as_json)
        return
    from .token import show_token

    show_token(account, reveal=reveal, as_json=as_json)


@_app.command
def doctor(
    *,
    store: str | None = None,
    as_json: JSONOutput = False,
    account: Account = ACCOUNT_OF_ENVIRONMENT,
) -> None:
    """Check the installation, the environment and the connection to the API.

    Prints a line for each check, from the versions to the webhook secrets. Writes nothing to the account.

    Args:
        store: URL of a token store. Default: DURO_TOKEN_STORE.
        as_json: Print JSON on one line, errors included.
        account: Account to check.
    """
    from .doctor import run

    run(account, store, as_json=as_json)


@_app.command
def request(
    method: str,
    path: str | None = None,
    rest: HiddenArgument = None,
    /,
    *,
    data: JSONOption = None,
    param: PairOption = (),
    idempotency_key: str | None = None,
    yes: FlagOption = False,
    as_json: JSONOutput = False,
    account: Account = ACCOUNT_OF_ENVIRONMENT,
) -> None:
    """Send a request to any path of the API, and print the JSON response.

    The response is JSON with and without --json, which prints it on one line. The body is the value of --data.

    Args:
        method: HTTP method.
        path: Path of the API, such as /v1/plans?limit=2.
        rest: Word that does not belong there.
        data: JSON body, or @FILE to read it from a file, or - for standard input.
        param: Query parameter; can be repeated.
        idempotency_key: Idempotency key; pass that of an earlier request to get its outcome.
        yes: Change live data without a confirmation.
        as_json: Print JSON on one line, errors included.
        account: Account to send the request with.
    """
    from .request import check_words, send

    send(
        account,
        method,
        check_words(method, path, rest),
        data=data,
        parameters=param,
        idempotency_key=idempotency_key,
        yes=yes,
        as_json=as_json,
    )


@_app.command
def export(
    kind: ExportKind,
    /,
    *,
    out: Path,
    file_format: FormatOption = None,
    overwrite: FlagOption = False,
    as_json: JSONOutput = False,
    account: Account = ACCOUNT_OF_ENVIRONMENT,
) -> None:
    """Write a whole list to a file.

    The file appears when it is complete. After an interruption, the same command continues with the next page.
    Transactions and subscriptions are read customer by customer.

    Args:
        kind: List to export.
        out: File to create, which ends in .csv, .jsonl or .parquet.
        file_format: Format of a file with another ending.
        overwrite: Replace an existing file.
        as_json: Print JSON on one line, errors included.
        account: Account of the list.
    """
    from .export import run_export

    run_export(account, kind, out, export_format=file_format, overwrite=overwrite, as_json=as_json)


_app.command(webhook_commands)
register(_app)
register_completion(_app)
