"""``python -m benchmarks.log [ENTRIES]``: verification against what it cannot do without, and an inclusion proof.

Two limits: Python's hashing of leaves and nodes alone, and that together with one COPY of the same rows.
"""

from __future__ import annotations

import sys
import time
from hashlib import sha256

import psycopg

from benchmarks.house import open_house


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
    """Fill, number, verify, prove; print seconds and shares."""
    with open_house() as house:
        from audit import models, proving, sequencing, verifying
        from benchmarks.filling import fill

        fill(house.superuser_url, count)
        start = time.perf_counter()
        while sequencing.sequence_once():
            pass
        print(f"numbered {count} entries in {time.perf_counter() - start:.1f} s")
        for _ in range(3):
            limit, both = hashing_limit(count), copying_limit(house.superuser_url)
            both += limit
            start, spent = time.perf_counter(), time.process_time()
            report = verifying.verify_log()
            elapsed, spent = time.perf_counter() - start, time.process_time() - spent
            if not report.ok:
                raise SystemExit(report.sentence)
            print(f"verified in {elapsed:.2f} s ({spent:.2f} s of Python): {limit / elapsed:.2f} of hashing alone, "
                  f"{both / elapsed:.2f} of COPY and hashing", flush=True)  # fmt: skip
        entry = models.Leaf.objects.get(idx=count // 2).entry_id
        proving.prove(entry)
        start = time.perf_counter()
        for _ in range(50):
            proving.prove(entry)
        print(f"an inclusion proof in {(time.perf_counter() - start) * 20:.2f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
