"""From a wrapped row to a usable key, through the keyring that the settings name.

Unwrapped keys stay at most a minute in the memory of this process, and not many of them. A cached
key is found by the very bytes of its row: a key that a rolled-back transaction made, or that
another process replaced or destroyed, can never be taken for the one in the table.
"""

from __future__ import annotations

import hmac
import os
import time
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from uuid import UUID

from django.conf import settings

from records.models import HouseKey, PatientKey
from records.vault.cipher import Flaw, Unreadable
from records.vault.envelope import KEY_BYTES, check_value
from records.vault.keyring import Keyring, KeyringRefused, LocalKeyring, WrapContext, Wrapped

CACHE_SECONDS = 60.0
CACHE_KEYS = 1024

# A key that nobody asks for again leaves with the next one that is unlocked, after this at the latest.
_SWEEP_SECONDS = 1.0

_Slot = tuple[UUID, int, bytes, bytes]


class KeyCache:
    """A few unwrapped keys for a short while; safe between threads."""

    def __init__(self, seconds: float = CACHE_SECONDS, keys: int = CACHE_KEYS) -> None:
        self._seconds, self._keys = seconds, keys
        self._held: OrderedDict[_Slot, tuple[float, bytes]] = OrderedDict()
        self._lock = Lock()
        self._swept = 0.0

    def __repr__(self) -> str:
        return f"<KeyCache of {len(self._held)}>"

    def get(self, slot: _Slot) -> bytes | None:
        """The key, or ``None`` when it was never held or held too long."""
        with self._lock:
            held = self._held.get(slot)
            if held is None:
                return None
            if time.monotonic() - held[0] >= self._seconds:
                del self._held[slot]
                return None
            self._held.move_to_end(slot)
            return held[1]

    def put(self, slot: _Slot, key: bytes) -> None:
        """Hold a key; the one used longest ago leaves when there are too many."""
        now = time.monotonic()
        with self._lock:
            if now - self._swept >= _SWEEP_SECONDS:
                self._swept = now
                for old in [slot for slot, held in self._held.items() if now - held[0] >= self._seconds]:
                    del self._held[old]
            self._held[slot] = (now, key)
            self._held.move_to_end(slot)
            while len(self._held) > self._keys:
                self._held.popitem(last=False)

    def forget(self, owner: UUID, version: int) -> None:
        """Let go of one version of an owner's key, whatever its row held."""
        with self._lock:
            for slot in [slot for slot in self._held if slot[:2] == (owner, version)]:
                del self._held[slot]

    def clear(self) -> None:
        """Forget everything (rotation, shredding)."""
        with self._lock:
            self._held.clear()


CACHE = KeyCache()


@dataclass(frozen=True, slots=True, repr=False)
class NewKey:
    """A key just made: only its wrapped form is ever written."""

    kek_id: str
    wrapped: bytes
    check_value: bytes


def keyring() -> Keyring:
    """The keyring of the settings ``KEYRING`` and ``KEYRING_FILE``.

    Raises:
        KeyringRefused: it is of an unknown kind, or cannot be used.
    """
    if settings.KEYRING != "local":
        raise KeyringRefused(f"KEYRING={settings.KEYRING!r}: expected 'local'.")
    path = Path(settings.KEYRING_FILE)
    try:
        changed = path.stat().st_ctime_ns
    except OSError:
        changed = 0
    return _local(path, changed)


def make_key(owner: UUID, version: int) -> NewKey:
    """Draw a key for that owner and version, and wrap it."""
    key = os.urandom(KEY_BYTES)
    wrapped = keyring().wrap(key, WrapContext(owner, version))
    return NewKey(wrapped.kek_id, wrapped.blob, check_value(key, owner, version))


def unlock(owner: UUID, row: PatientKey | HouseKey) -> bytes:
    """The 32 bytes that a row wraps, checked to be the right ones.

    Raises:
        Unreadable: the key is destroyed, was wrapped for somebody else, or is not what it was.
    """
    if row.wrapped is None:
        # Each process learns of it here: the row is read again for every request.
        CACHE.forget(owner, row.version)
        raise Unreadable(Flaw.DESTROYED_KEY)
    slot = (owner, row.version, bytes(row.wrapped), bytes(row.check_value))
    key = CACHE.get(slot)
    if key is None:
        key = keyring().unwrap(Wrapped(row.kek_id, slot[2]), WrapContext(owner, row.version))
        if not hmac.compare_digest(check_value(key, owner, row.version), slot[3]):
            raise Unreadable(Flaw.WRONG_KEY)
        CACHE.put(slot, key)
    return key


@lru_cache(maxsize=2)
def _local(path: Path, _changed: int) -> LocalKeyring:
    # The time of change is part of the key, so that a file made readable by others is refused at
    # the next request and a new one is taken up, both without a restart.
    return LocalKeyring(path)
