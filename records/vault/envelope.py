"""Where a sealed thing belongs, and the keys made for that place.

Every field that enters a tag or a derivation goes through :func:`lp`, which no two different
lists of fields share: without it ``("ab", "c")`` and ``("a", "bc")`` would be the same place.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from struct import Struct
from uuid import UUID

KEY_BYTES = 32
COMMIT_BYTES = 32

_AAD = b"portal-aad-v1"
_SUBKEY = b"portal-subkey-v1"
_COMMIT = b"portal-commit-v1"
_CHECK = b"portal-kcv-v1"


def lp(*parts: bytes) -> bytes:
    """Each part preceded by its length in two bytes, big-endian.

    Raises:
        ValueError: a part is longer than 65,535 bytes.
    """
    for part in parts:
        if len(part) > 0xFFFF:
            raise ValueError(f"part of {len(part)} bytes: expected at most 65535")
    return b"".join(len(part).to_bytes(2, "big") + part for part in parts)


@dataclass(frozen=True, slots=True)
class Place:
    """The one place where a sealed thing opens.

    ``kind`` says what it is (``record``, ``header``, ``identity``, ``contact``, ``reason``,
    ``house``…), ``owner`` whose key seals it, ``category`` the drawer (empty for kinds without
    one), ``object_id`` the row and ``revision`` how many times that row was written.
    """

    kind: str
    owner: UUID
    category: str
    object_id: UUID
    revision: int

    def aad(self, key_version: int) -> bytes:
        """The associated data that bind a ciphertext to this place and key version.

        Raises:
            struct.error: the revision exceeds 64 bits or the version 32.
        """
        front = _front(self.kind, self.owner, self.category)
        return front + _BACK(16, self.object_id.bytes, 8, self.revision, 4, key_version)


@lru_cache(maxsize=256)
def _front(kind: str, owner: UUID, category: str) -> bytes:
    # A page opens many things of one patient and drawer: what they share is written once.
    return lp(_AAD, kind.encode(), owner.bytes, category.encode())


# Object, revision and key version, each after its length: the rest of the same LP.
_BACK = Struct(">H16sHQHI").pack


def subkey(key: bytes, purpose: str, category: str = "") -> bytes:
    """The 32-byte key of one purpose and category (HKDF-SHA256, RFC 5869, no salt).

    Raises:
        ValueError: ``key`` is not 32 bytes long.
    """
    if len(key) != KEY_BYTES:
        raise ValueError(f"key of {len(key)} bytes: expected {KEY_BYTES}")
    info = lp(_SUBKEY, purpose.encode(), category.encode())
    return _hkdf(key, info)


class Committer:
    """Commits to key, nonce and place (HMAC-SHA256, RFC 2104), with the two keyed states at hand.

    AES-GCM alone does not commit: whoever knows two keys can make one ciphertext that opens
    differently under each. The states are a third of the time of keying anew for each message.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes) -> None:
        block = int.from_bytes(key.ljust(_BLOCK, b"\0"), "big")
        self._inner = sha256((block ^ _INNER).to_bytes(_BLOCK, "big") + lp(_COMMIT))
        self._outer = sha256((block ^ _OUTER).to_bytes(_BLOCK, "big"))

    def __repr__(self) -> str:
        return "<Committer>"

    def commit(self, public: bytes, aad: bytes) -> bytes:
        """The commitment to that public part (a nonce, the header of a stream) and that place."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(_sized(len(public)) + public + _sized(len(aad)) + aad)
        outer.update(inner.digest())
        return outer.digest()


_BLOCK = 64
_INNER = int.from_bytes(b"\x36" * _BLOCK, "big")
_OUTER = int.from_bytes(b"\x5c" * _BLOCK, "big")
_sized = Struct(">H").pack


def check_value(key: bytes, owner: UUID, version: int) -> bytes:
    """Sixteen bytes that tell the right key from a wrong one and reveal neither."""
    return hmac.digest(_hkdf(key, _CHECK), lp(owner.bytes, version.to_bytes(4, "big")), sha256)[:16]


def _hkdf(key: bytes, info: bytes) -> bytes:
    """HKDF-SHA256 (RFC 5869) of 32 bytes without salt: one block, so two HMAC, a third of what a general one costs."""
    return hmac.digest(hmac.digest(bytes(KEY_BYTES), key, sha256), info + b"\x01", sha256)
