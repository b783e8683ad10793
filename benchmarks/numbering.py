"""``python -m benchmarks.numbering [ENTRIES] [SHORT]``: how fast the sequencer numbers, and that it stays so.

Entries per second of processor time, its own and the server's together (one core), on a short log and at the end of a
log of ``ENTRIES``; and how long one batch of a hundred takes there, with its checkpoint.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from pathlib import Path

from benchmarks.house import open_house
from benchmarks.measuring import OURS, PART, Figure, tell

_FEW = 100
_ASKED, _MANY = 50_000, 100_000
_TICK = os.sysconf("SC_CLK_TCK")


def main(count: int, short: int) -> None:
    """Fill, number, print; then a few more, again and again, at both lengths."""
    with open_house() as house:
        from benchmarks.filling import fill

        fill(house.superuser_url, short)
        _number(short)
        small = _batches(house.superuser_url)
        fill(house.superuser_url, count - short, seed=2)
        _number(count - short)
        large = _batches(house.superuser_url)
        for length, taken in ((short, small), (count, large)):
            name = f"a batch of {_FEW} with its checkpoint, log of {length}"
            tell(Figure(goal="G8", name=name, role=PART, value=taken, unit="ms", ratio=taken / small))


def _number(count: int) -> None:
    from audit import sequencing
    from audit.numbering import numbering

    with numbering().cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        server = cursor.fetchone()[0]
    start, spent = time.perf_counter(), time.process_time() + _spent(server)
    while sequencing.sequence_once():
        pass
    elapsed, spent = time.perf_counter() - start, time.process_time() + _spent(server) - spent
    rate = count / spent
    note = f"ratio to the {_ASKED:,} asked; {count / elapsed:,.0f} a second on the clock"
    name = f"{count} entries numbered, per second of one core"
    tell(
        Figure(
            goal="G8",
            name=name,
            role=OURS,
            value=rate,
            unit="entries/s",
            ratio=rate / _ASKED,
            at_least=1.0 if count >= _MANY else None,
            note=note,
        )
    )


def _spent(process: int) -> float:
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICK


def _batches(url: str) -> float:
    """The median milliseconds of a batch of a few new entries."""
    from audit import sequencing
    from benchmarks.filling import fill

    taken = []
    for number in range(15):
        fill(url, _FEW, seed=1000 + number + time.time_ns() % 10**9, tidy=False)
        start = time.perf_counter()
        if sequencing.sequence_once() != _FEW:
            raise SystemExit("a batch did not number what was new")
        taken.append((time.perf_counter() - start) * 1000)
    return statistics.median(taken)


if __name__ == "__main__":
    arguments = [int(argument) for argument in sys.argv[1:]]
    main(*(arguments or [5_000_000]), *([] if len(arguments) > 1 else [10_000]))
