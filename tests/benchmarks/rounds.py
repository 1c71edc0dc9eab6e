"""Alternating rounds: each round measures all candidates, so that a slow moment of the machine affects all of them."""

from __future__ import annotations

from .processes import CandidateError


def alternate(measurements, rounds):
    """Measure candidates in alternating rounds, after one round that is not counted.

    Args:
        measurements: Function that measures each candidate once, by the name of the candidate.
        rounds: Number of rounds.

    Returns:
        The figures of each candidate, and the message of each one that failed.
    """
    figures = {name: [] for name in measurements}
    failures = {}
    for turn in range(rounds + 1):
        for name, measure in measurements.items():
            if name in failures:
                continue
            try:
                figure = measure()
            except CandidateError as error:
                failures[name] = str(error)
                del figures[name]
                continue
            if turn:
                figures[name].append(figure)
    return figures, failures
