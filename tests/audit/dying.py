"""``python -m tests.audit.dying NUMBER…``: a sequencer per number, each killed by SIGKILL before its statement NUMBER.

Each is a process of its own (forked, so that fifty cost no fifty starts of Python) and counts what it sends to the
server: the lock, every query, the copy of the leaves, the checkpoint, and the commit, before and after it.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import Any

import django
from psycopg import Cursor

_SECONDS = 20
_BATCH = 20


def main(numbers: list[int]) -> None:
    """Let one sequencer after the other die; print how each ended."""
    django.setup()
    for number in numbers:
        child = os.fork()
        if not child:
            _die_before(number)
        _, status = os.waitpid(child, 0)
        print(number, "killed" if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL else status)


def _die_before(number: int) -> None:
    from django.db import connections

    from audit import sequencing
    from audit.numbering import NUMBERING

    connection = connections[NUMBERING]
    sent = 0

    def count() -> None:
        nonlocal sent
        sent += 1
        if sent == number:
            os.kill(os.getpid(), signal.SIGKILL)

    class Counting(Cursor[Any]):
        def execute(self, *arguments: Any, **options: Any) -> Any:
            count()
            return super().execute(*arguments, **options)

        def copy(self, *arguments: Any, **options: Any) -> Any:
            count()
            return super().copy(*arguments, **options)

    commit = connection.commit

    def counted_commit() -> None:
        count()
        commit()
        count()

    sequencing.Cursor = Counting  # type: ignore[misc]
    connection.commit = connection._commit = counted_commit  # type: ignore[method-assign]
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        sequencing.sequence_once(_BATCH)
    os._exit(1)


if __name__ == "__main__":
    main([int(argument) for argument in sys.argv[1:]])
