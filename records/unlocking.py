"""From a wrapped row to a usable key, through the keyring that the settings name.

Unwrapped keys stay in memory for a short while (:mod:`records.key_cache`). A cached key is found by the
very bytes of its row: a key that a rolled-back transaction made, or that another process replaced or
destroyed, can never be taken for the one in the table.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass
from uuid import UUID

from records.key_cache import CACHE as CACHE
from records.key_cache import look_around
from records.keyrings.choosing import keyring as keyring
from records.models import HouseKey, KeyState, PatientKey
from records.vault.cipher import Flaw, Unreadable
from records.vault.envelope import KEY_BYTES, check_value
from records.vault.keyring import WrapContext, Wrapped


@dataclass(frozen=True, slots=True, repr=False)
class NewKey:
    """A key just made: only its wrapped form is ever written."""

    kek_id: str
    wrapped: bytes
    check_value: bytes


def make_key(owner: UUID, version: int) -> NewKey:
    """Draw a key for that owner and version, and wrap it."""
    key = os.urandom(KEY_BYTES)
    wrapped = keyring().wrap(key, WrapContext(owner, version))
    return NewKey(wrapped.kek_id, wrapped.blob, check_value(key, owner, version))


def unlock(owner: UUID, row: PatientKey | HouseKey) -> bytes:
    """The 32 bytes that a row wraps, checked to be the right ones.

    Raises:
        Unreadable: the key is destroyed, of a closed record, wrapped for somebody else, or not what it was.
    """
    if row.wrapped is None:
        # Each process learns of it here: the row is read again for every request.
        CACHE.forget(owner, row.version)
        raise Unreadable(Flaw.DESTROYED_KEY)
    if row.state == KeyState.CLOSED:
        # Whatever door forgets to ask: nothing of a closed record opens.
        CACHE.forget(owner, row.version)
        raise Unreadable(Flaw.CLOSED_KEY)
    look_around()
    slot = (owner, row.version, bytes(row.wrapped), bytes(row.check_value))
    key = CACHE.get(slot)
    if key is None:
        key = keyring().unwrap(Wrapped(row.kek_id, slot[2]), WrapContext(owner, row.version))
        if not hmac.compare_digest(check_value(key, owner, row.version), slot[3]):
            raise Unreadable(Flaw.WRONG_KEY)
        CACHE.put(slot, key)
    return key
