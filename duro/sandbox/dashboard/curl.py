"""Commands of curl that repeat a request, with a variable in place of the credential."""

from __future__ import annotations

import shlex
from typing import Final

from ...http.operation import Surface
from .operation_names import find_operation

__all__ = ["build_command"]

# In double quotes, so that the shell inserts the variable.
_CREDENTIALS: Final = {
    Surface.MERCHANT: '"Authorization: Bearer $DURO_SECRET_KEY"',
    Surface.IDENTITY: '"Authorization: Bearer $DURO_IDENTITY_TOKEN"',
    Surface.PORTAL: '"x-portal-session: $DURO_PORTAL_SESSION"',
}


def build_command(
    origin: str, method: str, path: str, *, query: str = "", key: str | None = None, body: str = ""
) -> str:
    r"""Build the command that repeats a request to the API.

    Args:
        origin: URL of the sandbox, without a trailing slash.
        method: HTTP method.
        path: Path of the request.
        query: Query without its question mark. Empty for a request without one.
        key: Idempotency key, if any.
        body: Body as text. Empty for a request without one.

    Example:
        >>> print(build_command("http://127.0.0.1:8787", "GET", "/v1/plans"))
        curl http://127.0.0.1:8787/v1/plans \
          -H "Authorization: Bearer $DURO_SECRET_KEY"
    """
    operation = find_operation(method, path)
    credential = _CREDENTIALS.get(Surface.MERCHANT if operation is None else operation.surface)
    headers = [] if credential is None else [credential]
    if key is not None:
        headers.append(shlex.quote(f"Idempotency-Key: {key}"))
    if body:
        headers.append(shlex.quote("Content-Type: application/json"))
    url = f"{origin}{path}?{query}" if query else f"{origin}{path}"
    verb = "" if method == "GET" else f"-X {shlex.quote(method)} "
    lines = [f"curl {verb}{shlex.quote(url)}", *(f"-H {header}" for header in headers)]
    if body:
        # curl would read a file for a body that begins with @.
        lines.append(f"--data-raw {shlex.quote(body)}")
    return " \\\n  ".join(lines)
