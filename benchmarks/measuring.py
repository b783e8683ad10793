"""How long an act takes: the median and the 99th percentile, printed on one line."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def measure(name: str, act: Callable[[int], object], times: int, *, per: int = 1, unit: str = "µs") -> float:
    """Print the median and the 99th percentile of ``act``, each divided by ``per``; the median in microseconds."""
    taken = []
    for number in range(times):
        start = time.perf_counter_ns()
        act(number)
        taken.append((time.perf_counter_ns() - start) / 1000 / per)
    middle, high = statistics.median(taken), statistics.quantiles(taken, n=100)[98]
    print(f"{name:<58} {middle:>10.1f} {unit}   p99 {high:>10.1f} {unit}", flush=True)
    return middle
