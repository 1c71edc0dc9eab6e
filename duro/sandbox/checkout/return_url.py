"""Return of a customer to the shop: its URL with the reference, and its place in the policy of the page."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote, urlsplit

__all__ = ["add_reference", "find_form_target"]

# A host, and perhaps a port. Other characters could add a directive to the policy.
_AUTHORITY: Final = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]+)?")


def add_reference(url: str, session_id: str) -> str:
    """Return the URL that a customer returns to after a payment.

    Args:
        url: ``successUrl`` of the session. Its query and its fragment are kept.
        session_id: Id of the session, the reference.

    Example:
        >>> add_reference("https://shop.test/done?lang=en#top", "chk_1")
        'https://shop.test/done?lang=en&reference=chk_1#top'
    """
    address, hash_sign, fragment = url.partition("#")
    separator = "&" if "?" in address else "?"
    return f"{address}{separator}reference={quote(session_id)}{hash_sign}{fragment}"


def find_form_target(url: str) -> str:
    """Return the source expression of a ``form-action`` policy that permits the redirect to a URL.

    Args:
        url: ``successUrl`` of the session.

    Example:
        >>> find_form_target("https://shop.test:8443/done"), find_form_target("shop-app://done")
        ('https://shop.test:8443', 'shop-app:')
    """
    scheme, _, _ = url.partition(":")
    try:
        authority = urlsplit(url).netloc
    except ValueError:
        authority = ""
    if scheme.lower() in {"http", "https"} and _AUTHORITY.fullmatch(authority):
        return f"{scheme}://{authority}"
    return f"{scheme}:"
