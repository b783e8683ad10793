"""How passwords and recovery codes are hashed, and how many at a time.

One hash takes 64 MiB and all it can get of the processor for a fifth of a second. So it is done by one thread of each
process, which stands back behind everything that serves a page; and of the people whom nobody knows yet, only a few
stand in line for it at once. Whoever guesses passwords by the hundred fills that line, and nothing else.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from django.contrib.auth.hashers import Argon2PasswordHasher

# How many of one process hash or wait for it. Fewer than its threads, so that one is always left for pages.
IN_LINE = 2
# How far the thread stands back (nice): a page that wants the processor gets ten times as much of it.
STEPS_BACK = 10
# What somebody is asked to wait for whom there was no place; a line of two is through by then.
BUSY_SECONDS = 2

T = TypeVar("T")


class CarnetArgon2Hasher(Argon2PasswordHasher):
    """Argon2id with the second recommended choice of RFC 9106, section 4: t=3, p=4, 64 MiB.

    Raising a cost here rehashes each password at its owner's next sign-in.
    """

    time_cost = 3
    memory_cost = 64 * 1024
    parallelism = 4

    def encode(self, password: str, salt: str) -> str:
        """The hash to keep."""
        return _hands.do(lambda: super(CarnetArgon2Hasher, self).encode(password, salt))

    def verify(self, password: str, encoded: str) -> bool:
        """Whether this password has this hash."""
        return _hands.do(lambda: super(CarnetArgon2Hasher, self).verify(password, encoded))


@contextlib.contextmanager
def in_line(prefix: str) -> Iterator[bool]:
    """Whether a stranger from this network has a place in the line of this process; held until the block ends.

    One network has one place, so that it never takes all of them. A device on which the account came in before needs
    none: do not ask for it.
    """
    with _hands.place(prefix) as given:
        yield given


class _Hands:
    """The thread that hashes, and the line before it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._strangers: list[str] = []
        self._thread = ThreadPoolExecutor(1, "hashing", _step_back)

    def do(self, hashing: Callable[[], T]) -> T:
        return self._thread.submit(hashing).result()

    @contextlib.contextmanager
    def place(self, prefix: str) -> Iterator[bool]:
        with self._lock:
            given = len(self._strangers) < IN_LINE and prefix not in self._strangers
            if given:
                self._strangers.append(prefix)
        try:
            yield given
        finally:
            if given:
                with self._lock:
                    self._strangers.remove(prefix)


def _step_back() -> None:
    """Lower the priority of this thread and of those that it starts; Linux counts it by thread, others by process."""
    if sys.platform == "linux":
        # A sandbox may forbid it: then hashing takes its full share, and the line still holds.
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), STEPS_BACK)


def _begin_anew() -> None:
    """A thread does not survive a fork: a child that waited for its parent's would wait forever."""
    global _hands
    _hands = _Hands()


_hands = _Hands()
os.register_at_fork(after_in_child=_begin_anew)
