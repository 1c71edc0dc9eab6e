"""Pictures of pages for the documentation."""

from __future__ import annotations

import base64
from pathlib import Path

from playwright.async_api import Page

DIRECTORY = Path(__file__).parents[2] / "docs" / "pictures"
MAX_BYTES = 150_000
QUALITY = 90


async def take_picture(page: Page, name: str) -> bytes:
    """Return the visible part of a page as WebP, which ``Page.screenshot`` does not write."""
    # A focused control would look as if someone used it.
    await page.evaluate("() => document.activeElement.blur()")
    session = await page.context.new_cdp_session(page)
    size = page.viewport_size
    x, y, scale = await page.evaluate("() => [scrollX, scrollY, devicePixelRatio]")
    clip = {"x": x, "y": y, "scale": scale, **size}
    result = await session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY, "clip": clip})
    picture = base64.b64decode(result["data"])
    assert picture.startswith(b"RIFF")
    assert len(picture) <= MAX_BYTES, f"{name} has {len(picture):,} bytes"
    return picture
