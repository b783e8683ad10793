"""Passwords known from leaks: a compact set on our own disk, and if wished a question that tells nobody the password.

The set is a file of the first 8 bytes of SHA-1 digests, sorted, each once, after a header of 16 bytes:
a thousand million passwords take 8 GB and 30 looks. ``manage.py build_leaked_set`` makes it.
A prefix of 8 bytes is right but for one password in ten thousand million.
"""

from __future__ import annotations

import hashlib
import heapq
import logging
import mmap
import os
import tempfile
from array import array
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from functools import lru_cache
from itertools import islice
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from django.conf import settings

_log = logging.getLogger("carnet.accounts")

HEADER = b"carnet-leaked-1\n"
_BYTES = 8
_RANGE_DIGITS = 5
_RANGE_SECONDS = 1.5
_RANGE_MOST = 4_000_000
# 16 million digests at a time: 128 MB.
CHUNK = 16_000_000


class BadSet(ValueError):
    """This file is no set of leaked passwords; ``str()`` is one sentence for the operator."""


def is_known(password: str) -> bool:
    """Whether the operator's set holds this password; no, when there is no set.

    Raises:
        BadSet: the file that the settings name is no such set.
    """
    path = settings.LEAKED_PASSWORDS_FILE
    if path is None:
        return False
    held = _opened(path, path.stat().st_mtime_ns)
    return _found(held, _digest(password)[:_BYTES])


def is_known_elsewhere(password: str) -> bool:
    """Whether a range service knows it: it is told five hexadecimal digits of the SHA-1, never the password.

    A service that does not answer in time refuses nobody: that is written to the technical log.
    """
    digest = _digest(password).hex().upper()
    address = f"{settings.PASSWORD_RANGE_URL}{digest[:_RANGE_DIGITS]}"
    request = Request(address, headers={"Add-Padding": "true", "User-Agent": "Carnet"})  # noqa: S310 - settings: https
    try:
        with urlopen(request, timeout=_RANGE_SECONDS) as answer:  # noqa: S310 - an https address of the settings  # nosec B310
            lines = answer.read(_RANGE_MOST).decode("ascii", "replace").splitlines()
    except (URLError, TimeoutError, OSError):
        _log.warning("the service of leaked passwords does not answer: look at PASSWORD_RANGE_URL")
        return False
    wanted = digest[_RANGE_DIGITS:]
    # Padding lines have a count of 0.
    return any(line.startswith(wanted) and not line.endswith(":0") for line in lines)


def digests_of(lines: Iterable[str], *, plain: bool) -> Iterator[int]:
    """The prefix of each line: a password as it is, or ``SHA1:count`` as range services publish them.

    Raises:
        BadSet: a line that is no digest.
    """
    for number, line in enumerate(lines, start=1):
        text = line.rstrip("\r\n")
        if not text:
            continue
        try:
            digest = _digest(text) if plain else bytes.fromhex(text.partition(":")[0])
        except ValueError:
            digest = b""
        if len(digest) != hashlib.sha1(usedforsecurity=False).digest_size:
            raise BadSet(f"line {number}: expected 40 hexadecimal digits, perhaps with :count behind them.")
        yield int.from_bytes(digest[:_BYTES], "big")


def write_set(digests: Iterator[int], target: Path, *, chunk: int = CHUNK) -> int:
    """Sort these prefixes into a new file, in memory for a chunk and on disk for all; how many it holds."""
    with ExitStack() as stack:
        runs = []
        while part := sorted(islice(digests, chunk)):
            run = stack.enter_context(tempfile.TemporaryFile(dir=target.parent))
            array("Q", part).tofile(run)
            run.seek(0)
            runs.append(_numbers(run))
        unfinished = target.with_suffix(".unfinished")
        count, last = 0, -1
        with unfinished.open("wb") as out:
            out.write(HEADER)
            for number in heapq.merge(*runs):
                if number != last:
                    out.write(number.to_bytes(_BYTES, "big"))
                    count, last = count + 1, number
            out.flush()
            os.fsync(out.fileno())
        # Whole or not at all: a set that is read while it is made would know half of them.
        unfinished.replace(target)
    return count


def _numbers(run: object) -> Iterator[int]:
    while True:
        part = array("Q")
        try:
            part.fromfile(run, 65_536)  # type: ignore[arg-type]
        except EOFError:
            yield from part
            return
        yield from part


@lru_cache(maxsize=1)
def _opened(path: Path, _changed: int) -> mmap.mmap:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        if file.read(len(HEADER)) != HEADER or (size - len(HEADER)) % _BYTES:
            raise BadSet(f"LEAKED_PASSWORDS_FILE is {str(path)!r}; expected a file made by build_leaked_set.")
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def _found(held: mmap.mmap, wanted: bytes) -> bool:
    low, high = 0, (len(held) - len(HEADER)) // _BYTES
    while low < high:
        middle = (low + high) // 2
        start = len(HEADER) + middle * _BYTES
        at = held[start : start + _BYTES]
        if at == wanted:
            return True
        low, high = (middle + 1, high) if at < wanted else (low, middle)
    return False


def _digest(password: str) -> bytes:
    # SHA-1 because published sets are made of it; nothing is protected by it here.
    return hashlib.sha1(password.encode(errors="replace"), usedforsecurity=False).digest()
