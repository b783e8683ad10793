"""``python -m benchmarks.verifying [ENTRIES]``: verification against what it cannot do without, and an inclusion proof.

Two limits: Python's hashing of leaves and nodes alone, and that together with one COPY of the same rows.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from hashlib import sha256
from uuid import UUID

import psycopg

from benchmarks.house import open_house
from benchmarks.measuring import OURS, PART, Figure, tell, tell_limit, tell_rounds

_ROUNDS = 3
_PROOF_MS = 5.0


def hashing_limit(count: int, length: int = 253) -> float:
    """Seconds that Python needs for the leaves and nodes of ``count`` entries, and for nothing else."""
    bodies = [number.to_bytes(8, "big") * (length // 8) for number in range(min(count, 100_000))]
    start = time.perf_counter()
    level = [sha256(b"\x00" + body).digest() for body in bodies]
    while len(level) > 1:
        level = [sha256(b"\x01" + left + right).digest() for left, right in zip(level[::2], level[1::2], strict=False)]
    return (time.perf_counter() - start) * count / len(bodies)


def copying_limit(url: str) -> float:
    """Seconds that one COPY of all entries and leaves takes to arrive, and nothing done with them."""
    start = time.perf_counter()
    with psycopg.connect(url) as connection, connection.cursor() as cursor:
        for table in ("audit_entry", "audit_leaf"):
            with cursor.copy(f"COPY (SELECT * FROM {table}) TO STDOUT (FORMAT binary)") as copy:  # noqa: S608
                for _ in copy:
                    pass
    return time.perf_counter() - start


def main(count: int) -> None:
    """Fill, number, verify, prove."""
    with open_house() as house:
        from audit import models, proving, sequencing, verifying
        from benchmarks.filling import fill

        fill(house.superuser_url, count)
        while sequencing.sequence_once():
            pass
        both, alone, taken, spent = [], [], [], []
        for _ in range(_ROUNDS):
            hashing = hashing_limit(count)
            alone.append(hashing)
            both.append(hashing + copying_limit(house.superuser_url))
            start, used = time.perf_counter(), time.process_time()
            report = verifying.verify_log()
            taken.append(time.perf_counter() - start)
            spent.append(time.process_time() - used)
            if not report.ok:
                raise SystemExit(report.sentence)
        label = f"{count:,} entries"
        tell_limit("G9", f"COPY of {label}, and hashing", both, "s")
        tell_rounds("G9", f"verification of {label}", OURS, taken, both, "s", at_most=2.0)
        tell_limit("G9", "hashing alone: leaves and nodes in Python", alone, "s")
        tell_rounds("G9", "verification, as a share of hashing alone", OURS, [1 / each for each in taken],
                    [1 / each for each in alone], "a second", at_least=0.5)  # fmt: skip
        tell_rounds("G9", "processor time of Python in it", PART, spent, alone, "s")
        _prove(models.Leaf.objects.get(idx=count // 2).entry_id, proving.prove, count)


def _prove(entry: UUID, prove: Callable[[UUID], str], count: int) -> None:
    prove(entry)
    taken = []
    for _ in range(100):
        start = time.perf_counter()
        prove(entry)
        taken.append((time.perf_counter() - start) * 1000)
    middle = statistics.median(taken)
    tell(Figure(goal="G9", name=f"an inclusion proof among {count:,}", role=OURS, value=middle, unit="ms",
                ratio=middle / _PROOF_MS, at_most=1.0, note=f"ratio to the {_PROOF_MS} ms that are asked"))  # fmt: skip


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
