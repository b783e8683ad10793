"""Asking a web server as browsers do: so many kept connections, each with its next request once the answer is whole.

One process, no threads: it costs the measured server a few hundredths of one core, the same for every server.
"""

from __future__ import annotations

import selectors
import socket
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle

_READ = 1 << 18


class BadAnswer(RuntimeError):
    """A server answered something else than a whole page with status 200."""


@dataclass(frozen=True)
class Load:
    """What one run measured: pages a second, milliseconds of the middle and the slowest hundredth page, their bytes."""

    rate: float
    middle: float
    slow: float
    length: int


@dataclass
class _Line:
    socket: socket.socket
    asked: float = 0.0
    held: bytes = b""
    whole: int = 0


def load(port: int, requests: list[bytes], *, connections: int = 16, seconds: float = 4.0) -> Load:
    """Ask for the requests in turn, over and over, for so long.

    Raises:
        BadAnswer: an answer is not 200, or has no length.
    """
    wanted, taken, length = cycle(requests), [], 0
    with selectors.DefaultSelector() as selector:
        lines = [_Line(socket.create_connection(("127.0.0.1", port))) for _ in range(connections)]
        try:
            for line in lines:
                line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                selector.register(line.socket, selectors.EVENT_READ, line)
                _ask(line, wanted)
            began = time.perf_counter()
            end = began + seconds
            while (now := time.perf_counter()) < end:
                for key, _ in selector.select(end - now):
                    line: _Line = key.data
                    if _take(line):
                        taken.append((time.perf_counter() - line.asked) * 1000)
                        length = line.whole
                        _ask(line, wanted)
            spent = time.perf_counter() - began
        finally:
            for line in lines:
                line.socket.close()
    if len(taken) < 2:
        raise BadAnswer(f"{len(taken)} pages in {seconds} s")
    return Load(len(taken) / spent, statistics.median(taken), statistics.quantiles(taken, n=100)[98], length)


def _ask(line: _Line, wanted: Iterator[bytes]) -> None:
    line.held, line.whole, line.asked = b"", 0, time.perf_counter()
    line.socket.sendall(next(wanted))


def _take(line: _Line) -> bool:
    """Read what came; whether the answer is whole now."""
    piece = line.socket.recv(_READ)
    if not piece:
        raise BadAnswer("the server hung up")
    line.held += piece
    if not line.whole:
        head, found, _ = line.held.partition(b"\r\n\r\n")
        if not found:
            return False
        if b" 200 " not in head[:16]:
            raise BadAnswer(head.decode("latin-1")[:300])
        line.whole = len(head) + 4 + _length(head)
    return len(line.held) >= line.whole


def _length(head: bytes) -> int:
    for field in head.split(b"\r\n"):
        name, _, value = field.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    raise BadAnswer("an answer without Content-Length")
