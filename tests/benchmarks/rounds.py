"""Alternating rounds: each round measures all candidates, so that a slow moment of the machine affects all of them."""

from __future__ import annotations

from .processes import CandidateError

# Duration of a round of calls that take longer than the largest number of calls allows.
ROUND_SECONDS = 0.5
# Calls of each task at least. The start of all tasks at the same time costs a pool with a queue most.
MIN_CALLS_OF_A_TASK = 4
# Part of the calls of the first round, which is not counted.
FIRST_ROUND_DIVISOR = 20


def alternate(measurements, rounds, *, uncounted=1):
    """Measure candidates in alternating rounds.

    Args:
        measurements: Function that measures each candidate once, by the name of the candidate.
        rounds: Number of rounds that count.
        uncounted: Number of rounds before them.

    Returns:
        The figures of each candidate, and the message of each one that failed.
    """
    figures = {name: [] for name in measurements}
    failures = {}
    for turn in range(uncounted + rounds):
        for name, measure in measurements.items():
            if name in failures:
                continue
            try:
                figure = measure()
            except CandidateError as error:
                failures[name] = str(error)
                del figures[name]
                continue
            if turn >= uncounted:
                figures[name].append(figure)
    return figures, failures


class Rounds:
    """Rounds of calls of one candidate.

    A slow candidate makes fewer calls, because the figure is that of one call. The first round measures how many.

    Args:
        measure: Function that makes a number of calls, with a number of them in flight, and returns the seconds of one.
        max_calls: Number of calls at most.
        in_flight: Number of tasks, each of which has one call in flight.
    """

    def __init__(self, measure, max_calls, in_flight):
        self._measure = measure
        self._max_calls = max_calls
        self._in_flight = in_flight
        self._calls = None

    def __call__(self):
        """Measure one round, and return the seconds of a call."""
        if self._calls is not None:
            return self._measure(self._calls, self._in_flight)
        figure = self._measure(self._round(self._max_calls // FIRST_ROUND_DIVISOR), self._in_flight)
        self._calls = self._round(min(self._max_calls, int(ROUND_SECONDS / figure)))
        return figure

    def _round(self, calls):
        return max(calls // self._in_flight, MIN_CALLS_OF_A_TASK) * self._in_flight
