"""Whoever took over a process that reads documents, and tries what such a one would try.

It holds what the process was given, and more than it could get: sealed bytes of other drawers, other documents and
another patient, and the addresses of the house. It says what it opened and what it reached.
"""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import simplejson

from records.drawing.opening import opened
from records.formats.child import HEAD_BYTES
from records.vault.cipher import Subkeys, Unreadable, open_
from records.vault.document import FORMAT as DOCUMENT
from records.vault.document import open_document
from records.vault.envelope import Place

_SELF = ctypes.CDLL(None, use_errno=True)


def take_over(raw: bytes) -> dict[str, Any]:
    """The reader that this one pretends to be: its input is that of a reader, then what it stole."""
    size = int.from_bytes(raw[-4:], "big")
    stolen = simplejson.loads(raw[-4 - size : -4])
    own = raw[: -4 - size]
    return {
        "own": len(opened(own)),
        "opened": [name for name, loot in stolen["loot"].items() if _opens(own, loot)],
        "reached": [name for name, reach in _reaches(stolen) if _does(reach)],
        "environment": sorted(os.environ),
    }


def _opens(own: bytes, loot: dict[str, Any]) -> bool:
    sealed = bytes.fromhex(loot["sealed"])
    sort, owner, category, object_id, revision = loot["place"]
    place = Place(sort, UUID(owner), category, UUID(object_id), revision)
    return any(_try(keys, place, sealed) for keys in _every_key(own, place))


def _every_key(own: bytes, place: Place) -> Iterator[Subkeys]:
    """The subkeys it was given, under every pretence, and whatever of 32 bytes lies in its memory."""
    end = HEAD_BYTES + int.from_bytes(own[:HEAD_BYTES], "big")
    _kind, _category, _version, enc, commit = simplejson.loads(own[HEAD_BYTES:end])["keys"]
    given = [bytes.fromhex(enc), bytes.fromhex(commit)]
    found = {each for each in _reachable() if len(each) == 32} | set(given)
    for version in (1, 2):
        for key in found:
            yield Subkeys.derive(key, version, place.kind, place.category)
            for other in given:
                yield Subkeys(place.kind, place.category, version, key, other)
                yield Subkeys(place.kind, place.category, version, other, key)


def _reachable() -> Iterator[bytes]:
    for thing in gc.get_objects():
        for inner in gc.get_referents(thing):
            # By its type alone: asking a lazy object what it is wakes it up.
            if type(inner) is bytes:
                yield inner


def _try(keys: Subkeys, place: Place, sealed: bytes) -> bool:
    try:
        if sealed[0] == DOCUMENT:
            open_document(lambda _: keys, place, lambda start, stop: sealed[start:stop], len(sealed))
        else:
            open_(lambda _: keys, place, sealed)
    except Unreadable:
        return False
    return True


def _does(reach: Callable[[], object]) -> bool:
    try:
        return bool(reach())
    except Exception:
        return False


def _reaches(stolen: dict[str, Any]) -> Iterator[tuple[str, Callable[[], object]]]:
    parent, house = stolen["house"], stolen["files"]
    for path in (*house, "/etc/passwd", "/proc/self/environ", f"/proc/{parent}/environ", f"/proc/{parent}/mem"):
        yield f"read {path}", lambda path=path: os.open(path, os.O_RDONLY) >= 0
    yield "write a file", lambda: os.open("/tmp/left", os.O_WRONLY | os.O_CREAT) >= 0
    yield "list a folder", lambda: os.listdir("/") is not None
    yield "connect over TCP", lambda: socket.create_connection(("127.0.0.1", stolen["port"]), 1)
    yield "connect to a socket", lambda: socket.socket(socket.AF_UNIX)
    yield "start a program", lambda: subprocess.run(["/bin/true"], check=False).returncode == 0
    yield "fork", _fork
    yield "become a program", lambda: os.execv("/bin/true", ["true"])  # noqa: S606
    yield "signal the house", lambda: os.kill(parent, 0) is None
    yield "stop the house", lambda: os.kill(parent, signal.SIGSTOP) is None
    yield "read the memory of the house", lambda: _read_memory(parent)
    yield "trace the house", lambda: _SELF.ptrace(16, parent, 0, 0) == 0
    yield "look for other keys of the kernel", lambda: _SELF.syscall(250, 0, 0, 0, 0) >= 0
    yield "raise its limits", lambda: _raise_limit()
    yield "drop the filter", lambda: _SELF.prctl(22, 0, 0, 0, 0) == 0
    yield "signal everybody", lambda: os.kill(-1, 0) is None


def _fork() -> bool:
    child = os.fork()
    if child == 0:
        os._exit(0)
    return True


def _read_memory(parent: int) -> bool:
    class Piece(ctypes.Structure):
        _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]

    room = ctypes.create_string_buffer(16)
    ours, theirs = Piece(ctypes.addressof(room), 16), Piece(id(sys.version_info), 16)
    done = _SELF.process_vm_readv(parent, ctypes.byref(ours), 1, ctypes.byref(theirs), 1, 0)
    return done > 0 or ctypes.get_errno() not in (1,)


def _raise_limit() -> bool:
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    return True
