"""Unwrapped keys in the memory of one process: few, for at most a minute, and gone when a key is destroyed anywhere.

A key is found by the very bytes of its row, which is read anew for each request: what another process destroyed,
replaced or closed is never *served* from here, whatever this cache still holds. What follows only shortens how long it
*lies* here. Each process looks at most once a second, when it unwraps a key, at a number that every destruction raises;
raised, the cache is emptied. A message (``NOTIFY``) would need a connection that listens, and could be missed; a number
is read again. A process that unwraps nothing has a thread that lets go of what is a minute old.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections import OrderedDict
from threading import Event, Lock, Thread
from uuid import UUID

from django.db import DatabaseError, connection, transaction

CACHE_SECONDS = 60.0
CACHE_KEYS = 1024
LOOK_SECONDS = 1.0

Slot = tuple[UUID, int, bytes, bytes]


class KeyCache:
    """A few unwrapped keys for a short while; safe between threads."""

    def __init__(self, seconds: float = CACHE_SECONDS, keys: int = CACHE_KEYS) -> None:
        self._seconds, self._keys = seconds, keys
        self._held: OrderedDict[Slot, tuple[float, bytes]] = OrderedDict()
        self._lock = Lock()
        self._sweeper: tuple[int, Thread] | None = None
        self._wake = Event()
        self._generation = -1
        self._looked = 0.0
        self.hits = self.misses = 0

    def __repr__(self) -> str:
        return f"<KeyCache of {len(self._held)}>"

    def __len__(self) -> int:
        return len(self._held)

    def get(self, slot: Slot) -> bytes | None:
        """The key, or ``None`` when it was never held or held too long."""
        with self._lock:
            held = self._held.get(slot)
            if held is None or time.monotonic() - held[0] >= self._seconds:
                self._held.pop(slot, None)
                self.misses += 1
                return None
            self._held.move_to_end(slot)
            self.hits += 1
            return held[1]

    def put(self, slot: Slot, key: bytes) -> None:
        """Hold a key; the one used longest ago leaves when there are too many."""
        with self._lock:
            if not self._held:
                self._wake.set()
            self._held[slot] = (time.monotonic(), key)
            self._held.move_to_end(slot)
            while len(self._held) > self._keys:
                self._held.popitem(last=False)
            self._keep_sweeping()

    def forget(self, owner: UUID, version: int) -> None:
        """Let go of one version of an owner's key, whatever its row held."""
        with self._lock:
            for slot in [slot for slot in self._held if slot[:2] == (owner, version)]:
                del self._held[slot]

    def clear(self) -> None:
        """Forget everything (rotation, shredding)."""
        with self._lock:
            self._held.clear()

    def follow(self, generation: int) -> None:
        """Forget everything if a key was destroyed since the last look."""
        with self._lock:
            if generation != self._generation:
                self._held.clear()
            self._generation, self._looked = generation, time.monotonic()

    @property
    def should_look(self) -> bool:
        """Whether the last look at the number of destructions is too long ago."""
        return time.monotonic() - self._looked >= LOOK_SECONDS

    def sweep(self) -> float | None:
        """Let go of what is too old; in how many seconds the next one will be, ``None`` when nothing is held."""
        with self._lock:
            now = time.monotonic()
            for slot in [slot for slot, held in self._held.items() if now - held[0] >= self._seconds]:
                del self._held[slot]
            oldest = min((held[0] for held in self._held.values()), default=None)
            return None if oldest is None else max(oldest + self._seconds - now, 0.0)

    def _keep_sweeping(self) -> None:
        # A forked worker inherits the keys and not the thread.
        if self._sweeper is None or self._sweeper[0] != os.getpid() or not self._sweeper[1].is_alive():
            thread = Thread(target=self._sweep_on, name="key-cache", daemon=True)
            self._sweeper = (os.getpid(), thread)
            thread.start()

    def _sweep_on(self) -> None:
        while True:
            wait = self.sweep()
            # Empty: until the next key comes.
            self._wake.wait(None if wait is None else max(wait, 0.05))
            self._wake.clear()


CACHE = KeyCache()


def look_around() -> None:
    """Empty the cache if a key was destroyed anywhere; one small query, at most once a second."""
    if not CACHE.should_look:
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_value FROM public.records_keys_destroyed")
        CACHE.follow(int(cursor.fetchone()[0]))


def empty_every_cache() -> None:
    """Tell every process, this one first, that keys were destroyed. Call it after the commit.

    Raised before the commit, the number could be read by a process that then unwraps the old row once more. What gets
    lost with a process that dies here leaves the memory of the others within the minute, and is never served.
    """
    CACHE.clear()
    with contextlib.suppress(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT nextval('public.records_keys_destroyed')")
