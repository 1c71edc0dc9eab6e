"""Bodies as a page shows them: indented JSON or text, bounded, with secrets masked."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Final

from ..._redaction import redact, redact_members

__all__ = ["mask", "show_body"]

MAX_BODY_CHARACTERS: Final = 20_000


def show_body(raw: bytes | str) -> str:
    """Return a body as text. JSON is indented, and the rest of a long body is left out.

    Args:
        raw: Body as it was sent.

    Example:
        >>> print(show_body(b'{"id":"evt_1","access_token":"a1b2"}'))
        {
          "id": "evt_1",
          "access_token": "…"
        }
    """
    text = raw.decode(errors="replace") if isinstance(raw, bytes) else raw
    with suppress(ValueError, RecursionError):
        # JSON can escape a lone surrogate, which a page cannot contain.
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False).encode(errors="replace").decode()
    # Masked before the cut, which could split a secret.
    text = mask(text)
    if len(text) <= MAX_BODY_CHARACTERS:
        return text
    return f"{text[:MAX_BODY_CHARACTERS]}\n… {len(text) - MAX_BODY_CHARACTERS:,} more characters"


def mask(text: str) -> str:
    """Mask the secrets in the text of a body.

    Args:
        text: Body as text.
    """
    return redact_members(redact(text))
