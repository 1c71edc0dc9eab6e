"""``duro quickstart``: the main job in three acts, and who counted what."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING

from rich.console import Console

from ...errors import DuroError
from ...http.observe import capture
from .acts import programme
from .progress import watch
from .report import Result, explanation, table
from .stage import open_stage

if TYPE_CHECKING:
    from ..account import Account
    from .acts import Act, Advance
    from .stage import Stage

__all__ = ["count", "play"]


def play(account: Account, *, callers: int, threads: int) -> None:
    """Play all acts, and print the table of what was counted.

    Progress goes to standard error, the table to standard output.

    Args:
        account: Where to play; an account that is not told gets a sandbox.
        callers: Coroutines that call at once.
        threads: Threads that share the blocking client.

    Raises:
        DuroError: A call failed, or the server counted other exchanges than one for each client.
    """
    acts = programme(callers, threads)
    progress = Console(stderr=True, highlight=False)
    with open_stage(account) as stage:
        progress.print(f"Playing on {stage}", markup=False, soft_wrap=True)
        with watch(acts, progress) as follow:
            results: list[Result] = []
            for act in acts:
                with follow(act) as advance:
                    results.append(count(act, stage, advance))
    console = Console(highlight=False)
    console.print("", table(results), "", explanation(results[0]), sep="\n")
    for result in results:
        if not result.is_right:
            raise DuroError(result.complaint)
    console.print("Read on in docs/getting-started.md, or serve a sandbox of your own: duro sandbox")


def count(act: Act, stage: Stage, advance: Advance) -> Result:
    """Play one act, and count what it took.

    Args:
        act: The act.
        stage: Where to play it.
        advance: Is told after each call.

    Returns:
        The counts: calls and retries by the client, exchanges by the server.

    Raises:
        DuroError: A call failed.
    """
    before = stage.exchanges()
    begun = perf_counter()
    with capture() as calls:
        act.perform(stage, advance)
    seconds = perf_counter() - begun
    after = stage.exchanges()
    return Result(
        act=act,
        calls=len(calls),
        exchanges=None if before is None or after is None else after - before,
        expected_exchanges=stage.exchanges_per_client,
        retries=sum(call.attempts - 1 for call in calls),
        seconds=seconds,
    )
