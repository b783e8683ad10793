"""``python -m benchmarks.searching [SMALL] [LARGE]``: the administrator's page of the log, every filter, two lengths.

The same acts per hour are written over more hours, as a log grows. Printed is the best of many searches of each
filter, and of the chart of the day, at both lengths, and their ratio.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import combinations

from benchmarks.house import open_house

_ROUNDS = 60
# Few enough to fill a page at both lengths: what is compared is the search, not how many lines it found.
_LINES = 4
# So that a day holds the same number of entries at both lengths.
_ENTRIES_PER_DAY = 5_000


def main(small: int, large: int) -> None:
    """Fill, ask, print; exit code 1 if a filter takes 1.5 times as long on the long log."""
    times = {count: _in_its_own_process(count) for count in (small, large)}
    worst = 0.0
    for name, fast in times[small].items():
        slow = times[large][name]
        worst = max(worst, slow / fast)
        print(f"{name:40} {fast * 1000:8.2f} ms {slow * 1000:8.2f} ms {slow / fast:6.2f}")
    print(f"worst ratio {worst:.2f}")
    if worst > 1.5:
        raise SystemExit(1)


def _in_its_own_process(count: int) -> dict[str, float]:
    """Django is set up once per process, for one database."""
    command = [sys.executable, "-m", "benchmarks.searching", str(count)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    times: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return times


def _times(count: int) -> dict[str, float]:
    """The seconds of each question on a log of that length."""
    with open_house() as house:
        from audit import models, reviewing, searching, sequencing
        from benchmarks.filling import fill

        fill(house.superuser_url, count, days=max(2, count // _ENTRIES_PER_DAY))
        while sequencing.sequence_once():
            pass
        line = models.Entry.objects.newest_first()[count // 2]
        facets = {
            "actor": str(line.actor),
            "dossier": str(line.dossier),
            "organisation": str(line.organisation),
            "event": "record.read",
            "outcome": "refused",
            "ground": "never",
            "profession": "nurse",
        }
        pairs = [*((name,) for name in facets), *combinations(facets, 2), tuple(facets), ("nothing",)]
        wanted = {
            " + ".join(names): searching.LogFilter(**{name: facets[name] for name in names if name in facets})
            for names in pairs
        }
        # What never meets: the search looks at as many candidates as it may, and stops.
        wanted["event + ground that never meet"] = searching.LogFilter(
            event="record.read", ground="default", outcome="failed"
        )
        wanted["a period of one day"] = searching.LogFilter(since=line.at, until=line.at + timedelta(days=1))
        questions: dict[str, Callable[[], object]] = {
            name: partial(searching.search_log, asked, limit=_LINES) for name, asked in wanted.items()
        }
        questions["chart of the day"] = partial(reviewing.accesses_per_hour, line.at.date())
        questions["latest checkpoint"] = reviewing.latest_checkpoint
        return _best(questions)


def _best(questions: dict[str, Callable[[], object]]) -> dict[str, float]:
    """Seconds of the fastest run of each. In rounds: whatever else the machine does only ever adds, and passes."""
    best = dict.fromkeys(questions, float("inf"))
    for _ in range(_ROUNDS):
        for name, ask in questions.items():
            start = time.perf_counter()
            ask()
            best[name] = min(best[name], time.perf_counter() - start)
    return best


if __name__ == "__main__":
    lengths = [int(argument) for argument in sys.argv[1:3]]
    if len(lengths) == 1:
        print(json.dumps(_times(lengths[0])))
    else:
        main(*(lengths or (10_000, 1_000_000)))
