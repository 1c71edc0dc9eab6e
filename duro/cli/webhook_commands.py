"""Commands of ``duro webhooks``. A command imports its implementation when it is called."""

from typing import Annotated, Final, TypeAlias

from cyclopts import App, Parameter
from cyclopts.validators import Number

from .options import JSONOutput

__all__ = ["webhook_commands"]

# cyclopts evaluates these annotations at runtime, so this module does not postpone them.
FileArgument: TypeAlias = Annotated[str, Parameter(allow_leading_hyphen=True)]
Seconds: TypeAlias = Annotated[float, Parameter(validator=Number(gt=0), metavar="SECONDS")]
EpochSeconds: TypeAlias = Annotated[int | None, Parameter(validator=Number(gte=0), metavar="SECONDS")]
SecretOption: TypeAlias = Annotated[tuple[str, ...], Parameter(name="--secret", metavar="SECRET", show_default=False)]

webhook_commands: Final = App(
    name="webhooks",
    help="Sign, verify and forward webhook deliveries.",
    help_epilogue="Without --secret, the secrets of the environment variable DURO_WEBHOOK_SECRET are used. "
    "Prefer the variable: every user of this machine can read the options of a running program.",
)


@webhook_commands.command
def sign(
    file: FileArgument = "-",
    /,
    *,
    secret: SecretOption = (),
    at: EpochSeconds = None,
    as_json: JSONOutput = False,
) -> None:
    """Sign a body as Duro does, and print the headers of the delivery.

    Each line is a header, as curl -H @FILE and duro webhooks verify --signature @FILE read them.

    Args:
        file: File that contains the body, or - for standard input.
        secret: Secret of the endpoint (whsec_...); can be repeated to sign with each.
        at: Time of signing, in seconds since the epoch. Default: now.
        as_json: Print JSON on one line, errors included.
    """
    from .webhooks import sign_body

    sign_body(file, secret, at=at, as_json=as_json)


@webhook_commands.command
def verify(
    file: FileArgument = "-",
    /,
    *,
    signature: str,
    secret: SecretOption = (),
    tolerance: Seconds = 300.0,
    at: EpochSeconds = None,
    as_json: JSONOutput = False,
) -> None:
    """Verify a delivery, and print its event.

    Args:
        file: File that contains the exact bytes of the body, or - for standard input.
        signature: Value of the Duro-Signature header, or @FILE with the output of duro webhooks sign.
        secret: Secret of the endpoint (whsec_...); can be repeated during a rotation.
        tolerance: Largest difference between the time of signing and the clock.
        at: Time to verify at, in seconds since the epoch. Default: now.
        as_json: Print JSON on one line, errors included.
    """
    from .webhooks import verify_body

    verify_body(file, secret, signature=signature, tolerance=tolerance, at=at, as_json=as_json)


@webhook_commands.command
def listen(
    *,
    forward_to: str | None = None,
    sandbox: str | None = None,
    event: list[str] | None = None,
    as_json: JSONOutput = False,
) -> None:
    """Forward the deliveries of a local sandbox to an application, and print them, until Ctrl-C or SIGTERM.

    Adds an endpoint to the sandbox, and removes it at the end. The response of the application is that of the
    delivery, so that the sandbox retries failed ones. Without --forward-to, each delivery is acknowledged.

    Args:
        forward_to: URL of the application, such as http://127.0.0.1:8000/webhooks/duro.
        sandbox: URL of the sandbox. Default: DURO_BASE_URL, else http://127.0.0.1:8787.
        event: Event type to deliver; can be repeated. Default: all.
        as_json: Print JSON on one line for each delivery, errors included.
    """
    from .listen import listen_until_stopped

    listen_until_stopped(forward_to, sandbox, event or (), as_json=as_json)
