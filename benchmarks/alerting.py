"""``python -m benchmarks.alerting [SMALL] [LARGE]``: the administrator's page of alerts on a month of two lengths.

Printed is the best of a few visits of the page, of seven and of thirty days, and one run of the follower that finds
the alerts when a few lines were added.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

from benchmarks.house import open_house

_ROUNDS = 5
_DAYS = 30


def main(small: int, large: int) -> None:
    """Fill, ask, print; exit code 1 if the page takes 1.5 times as long on the long log."""
    times = {count: _in_its_own_process(count) for count in (small, large)}
    for name, fast in times[small].items():
        slow = times[large][name]
        print(f"{name:40} {fast * 1000:8.1f} ms {slow * 1000:8.1f} ms {slow / fast:6.2f}")
    if any(times[large][name] > 1.5 * fast for name, fast in times[small].items() if name.startswith("page")):
        raise SystemExit(1)


def _in_its_own_process(count: int) -> dict[str, float]:
    """Django is set up once per process, for one database."""
    command = [sys.executable, "-m", "benchmarks.alerting", str(count)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603
    times: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return times


def _times(count: int) -> dict[str, float]:
    """The seconds of each on a month with that many entries."""
    with open_house() as house:
        from uuid import uuid4

        from audit import sequencing
        from audit.actor import Actor, Role
        from benchmarks.filling import fill
        from portal.oversight.alerts import read_alerts
        from portal.oversight.following import follow_alerts

        fill(house.superuser_url, count, days=_DAYS)
        while sequencing.sequence_once():
            pass
        started = time.perf_counter()
        while follow_alerts():
            pass
        whole = time.perf_counter() - started
        admin = Actor(id=uuid4(), role=Role.ADMINISTRATOR)
        found = {
            "page of 7 days": _best(lambda: read_alerts(actor=admin, days=7)),
            "page of 30 days": _best(lambda: read_alerts(actor=admin, days=30)),
        }
        sequencing.sequence_once()
        return found | {"follower, one run": _best(follow_alerts), "follower, the whole month": whole}


def _best(ask: Callable[[], object]) -> float:
    """Seconds of the fastest run."""
    times = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        ask()
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    lengths = [int(argument) for argument in sys.argv[1:3]]
    if len(lengths) == 1:
        print(json.dumps(_times(lengths[0])))
    else:
        main(*(lengths or (10_000, 200_000)))
