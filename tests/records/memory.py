"""How much memory the readers of files take, seen from outside.

``getrusage`` would count what a child shared with this process before it became a reader, which is all that the tests
before it left in memory.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Thread

import psutil

_SECONDS_BETWEEN = 0.01


@dataclass
class Largest:
    """The most that any reader was seen to hold, in bytes; 0 if none was seen."""

    bytes: int = 0


@contextmanager
def largest_reader() -> Iterator[Largest]:
    """Look at the readers that this process starts meanwhile, every few milliseconds."""
    largest, over = Largest(), Event()
    watcher = Thread(target=_watch, args=(largest, over), daemon=True)
    watcher.start()
    try:
        yield largest
    finally:
        over.set()
        watcher.join()


def _watch(largest: Largest, over: Event) -> None:
    me = psutil.Process()
    while not over.wait(_SECONDS_BETWEEN):
        for child in me.children():
            try:
                if "records.formats.child" in " ".join(child.cmdline()):
                    largest.bytes = max(largest.bytes, child.memory_info().rss)
            except psutil.Error:
                continue
