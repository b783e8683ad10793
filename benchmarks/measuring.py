"""How everything here is measured and told: limit, ours and peers in turns in one run; medians with their spread."""

from __future__ import annotations

import json
import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

# Where the runner collects what a module found; alone, a module only prints it.
FIGURES = "CARNET_BENCH_FIGURES"
LIMIT, OURS, PEER, PART = "limit", "ours", "peer", "part"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the page.

    ``ratio`` is to the limit of the same rounds, ``low`` and ``high`` its smallest and largest round. ``at_most`` or
    ``at_least`` is the goal of that ratio. ``role`` tells the limit, ours, a peer, or a part of ours.
    """

    goal: str
    name: str
    role: str
    value: float
    unit: str
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    at_most: float | None = None
    at_least: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; ``None`` if this line has none."""
        if self.ratio is None or (self.at_most is None and self.at_least is None):
            return None
        return self.ratio <= self.at_most if self.at_most is not None else self.ratio >= (self.at_least or 0)


@dataclass(frozen=True)
class Case:
    """One act to measure; ``at_most`` times the limit is its goal, for ours.

    ``before`` and ``after`` surround each act and are not measured.
    """

    name: str
    act: Callable[[int], object]
    role: str = PEER
    at_most: float | None = None
    note: str = ""
    before: Callable[[int], object] | None = None
    after: Callable[[], object] | None = None


def tell(figure: Figure) -> None:
    """Print a figure, and hand it to the runner if there is one."""
    ratio = "" if figure.ratio is None else f"×{figure.ratio:7.2f}"
    spread = "" if figure.low is None else f" ({figure.low:.2f} to {figure.high:.2f})"
    verdict = {None: "", True: "  met", False: "  falls short"}[figure.met]
    print(
        f"{figure.goal:<4} {figure.name:<62} {figure.value:>12,.1f} {figure.unit:<11} {ratio}{spread}{verdict}",
        flush=True,
    )
    path = os.environ.get(FIGURES)
    if path:
        with Path(path).open("a", encoding="utf-8") as out:
            out.write(json.dumps(asdict(figure)) + "\n")


def alternate(
    goal: str, limit: Case, cases: Sequence[Case], *, rounds: int = 7, seconds: float = 0.12, unit: str = "µs"
) -> None:
    """Measure the acts in turns, block by block, so that whatever else the machine does meets all of them alike.

    The middle of each block's acts counts; the ratio is to the block of the limit in the same round.
    """
    taken: dict[str, list[float]] = {case.name: [] for case in (limit, *cases)}
    for case in (limit, *cases):
        _block(case, seconds / 4)
    for _ in range(rounds):
        for case in (limit, *cases):
            taken[case.name].append(_block(case, seconds))
    tell(Figure(goal=goal, name=limit.name, role=LIMIT, value=statistics.median(taken[limit.name]), unit=unit,
                ratio=1.0, note=limit.note))  # fmt: skip
    for case in cases:
        tell_rounds(goal, case.name, case.role, taken[case.name], taken[limit.name], unit, at_most=case.at_most,
                    note=case.note)  # fmt: skip


def tell_rounds(
    goal: str, name: str, role: str, values: Sequence[float], limits: Sequence[float], unit: str,
    *, at_most: float | None = None, at_least: float | None = None, note: str = "",
) -> None:  # fmt: skip
    """Tell the median of rounds, and of their ratios to the limit of the same rounds."""
    ratios = sorted(value / limit for value, limit in zip(values, limits, strict=True))
    tell(Figure(goal=goal, name=name, role=role, value=statistics.median(values), unit=unit,
                ratio=statistics.median(ratios), low=ratios[0], high=ratios[-1],
                at_most=at_most, at_least=at_least, note=note))  # fmt: skip


def tell_limit(goal: str, name: str, values: Sequence[float], unit: str, note: str = "") -> None:
    """Tell the limit itself."""
    tell(Figure(goal=goal, name=name, role=LIMIT, value=statistics.median(values), unit=unit, ratio=1.0, note=note))


def pin(*processes: int) -> None:
    """Put this process and these (the servers that answer it) on one core.

    A round trip between two cores jumps between 25 and 90 µs; on one it is the same each time.
    """
    core = max(os.sched_getaffinity(0))
    for process in (0, *processes):
        try:
            os.sched_setaffinity(process, {core})
        except OSError as refused:
            print(f"not pinned to one core ({refused.strerror}): ratios will jump")


def _block(case: Case, seconds: float) -> float:
    """Microseconds of the middle act of a block, over at least twelve."""
    clock, taken, number = time.perf_counter_ns, [], 0
    act, before, after = case.act, case.before, case.after
    end = clock() + int(seconds * 1e9)
    while number < 12 or clock() < end:
        if before:
            before(number)
        start = clock()
        act(number)
        taken.append(clock() - start)
        if after:
            after()
        number += 1
    return statistics.median(taken) / 1000
