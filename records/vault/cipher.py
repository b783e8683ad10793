"""Seal and open records: format 0x01.

``01 || key version (4) || commitment (32) || nonce (24) || XAES-256-GCM ciphertext and tag``.
XAES-256-GCM (C2SP) draws a 192-bit nonce at random for each message and derives a fresh
AES-256-GCM key from it, so 2^80 messages are safe where plain GCM allows 2^32.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable
from enum import StrEnum

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import ECB

from records.vault.envelope import COMMIT_BYTES, KEY_BYTES, Committer, Place, subkey

FORMAT = 0x01
NONCE_BYTES = 24
TAG_BYTES = 16
OVERHEAD = 1 + 4 + COMMIT_BYTES + NONCE_BYTES + TAG_BYTES

_VERSION_AT = 1
_COMMIT_AT = 5
_NONCE_AT = _COMMIT_AT + COMMIT_BYTES
_SEALED_AT = _NONCE_AT + NONCE_BYTES


class Flaw(StrEnum):
    """Why sealed bytes did not open: for the caller's log only."""

    FORMAT = "format"
    LENGTH = "length"
    UNKNOWN_KEY = "unknown_key"
    DESTROYED_KEY = "destroyed_key"
    CLOSED_KEY = "closed_key"
    WRONG_KEY = "wrong_key"
    COMMITMENT = "commitment"
    TAG = "tag"
    CONTENT = "content"
    MISSING = "missing"


class Unreadable(Exception):
    """Sealed bytes that do not open here.

    Its text is always the same: an answer that told a wrong key from a changed byte would help
    whoever changed it. ``flaw`` is for the log.
    """

    def __init__(self, flaw: Flaw) -> None:
        super().__init__("The sealed data could not be opened.")
        self.flaw = flaw


# Times this, a block stands in both halves of 256 bits.
_TWICE = 1 << 128 | 1


class XAES:
    """XAES-256-GCM under one key. Not to be shared between threads.

    Raises:
        ValueError: the key is not 32 bytes long.
    """

    __slots__ = ("_block", "_mask")

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"key of {len(key)} bytes: expected {KEY_BYTES}")
        # ECB is the bare block cipher that CMAC is built from: no message is encrypted with it.
        self._block = Cipher(AES(key), ECB()).encryptor()  # noqa: S305 - see above  # nosec B305
        zero = int.from_bytes(self._block.update(bytes(16)), "big")
        first = (zero << 1) & ((1 << 128) - 1) ^ (0x87 if zero >> 127 else 0)
        label_1 = int.from_bytes(b"\x00\x01X\x00" + bytes(12), "big")
        label_2 = int.from_bytes(b"\x00\x02X\x00" + bytes(12), "big")
        self._mask = (first ^ label_1) << 128 | (first ^ label_2)

    def __repr__(self) -> str:
        return "<XAES>"

    def encrypt(self, nonce: bytes, plaintext: bytes, aad: bytes) -> bytes:
        """Ciphertext followed by its 16-byte tag."""
        return self._derived(nonce).encrypt(nonce[12:], plaintext, aad)

    def decrypt(self, nonce: bytes, sealed: bytes, aad: bytes) -> bytes:
        """The plaintext.

        Raises:
            Unreadable: the tag does not match.
        """
        try:
            return self._derived(nonce).decrypt(nonce[12:], sealed, aad)
        except InvalidTag:
            raise Unreadable(Flaw.TAG) from None

    def _derived(self, nonce: bytes) -> AESGCM:
        # The two CMAC of SP 800-108 are over one whole block each: two block encryptions, made in
        # one call, instead of two CMAC contexts (six times slower).
        if len(nonce) != NONCE_BYTES:
            raise ValueError(f"nonce of {len(nonce)} bytes: expected {NONCE_BYTES}")
        twice = int.from_bytes(nonce[:12], "big") * _TWICE
        return AESGCM(self._block.update((self._mask ^ twice).to_bytes(32, "big")))


class Subkeys:
    """The two keys of one kind and category: they open nothing else.

    What a parser or a renderer in a process of its own is given; it can be pickled to get there.
    """

    __slots__ = ("_commit", "_committer", "_enc", "_head", "_xaes", "category", "key_version", "kind")

    def __init__(self, kind: str, category: str, key_version: int, enc: bytes, commit_key: bytes) -> None:
        self.kind = kind
        self.category = category
        self.key_version = key_version
        self._enc = enc
        self._commit = commit_key
        self._xaes = XAES(enc)
        self._committer = Committer(commit_key)
        self._head = bytes((FORMAT,)) + key_version.to_bytes(4, "big")

    @classmethod
    def derive(cls, key: bytes, key_version: int, kind: str, category: str) -> Subkeys:
        """The subkeys of that kind and category under a patient or house key."""
        enc = subkey(key, f"{kind}-enc", category)
        return cls(kind, category, key_version, enc, subkey(key, f"{kind}-commit", category))

    def __repr__(self) -> str:
        return "<Subkeys>"

    def __reduce__(self) -> tuple[type[Subkeys], tuple[str, str, int, bytes, bytes]]:
        return Subkeys, (self.kind, self.category, self.key_version, self._enc, self._commit)

    def seal(self, place: Place, plaintext: bytes, *, nonce: bytes | None = None) -> bytes:
        """Seal for that place alone. ``nonce`` is given by test vectors only.

        Raises:
            ValueError: the place is of another kind or category than these keys.
        """
        self._belongs(place)
        drawn = os.urandom(NONCE_BYTES) if nonce is None else nonce
        aad = place.aad(self.key_version)
        sealed = self._xaes.encrypt(drawn, plaintext, aad)
        return b"".join((self._head, self._committer.commit(drawn, aad), drawn, sealed))

    def open_sealed(self, place: Place, blob: bytes) -> bytes:
        """Open what :func:`open_` has checked up to the key version.

        Raises:
            Unreadable: commitment or tag do not match.
        """
        self._belongs(place)
        aad = place.aad(self.key_version)
        nonce = blob[_NONCE_AT:_SEALED_AT]
        if not hmac.compare_digest(self._committer.commit(nonce, aad), blob[_COMMIT_AT:_NONCE_AT]):
            raise Unreadable(Flaw.COMMITMENT)
        return self._xaes.decrypt(nonce, blob[_SEALED_AT:], aad)

    def for_stream(self, place: Place, public: bytes) -> tuple[bytes, bytes, bytes]:
        """For ``records.vault.stream``: the commitment of a stream's header, the stream's key, the place's data.

        Raises:
            ValueError: the place is of another kind or category than these keys.
        """
        self._belongs(place)
        aad = place.aad(self.key_version)
        return self._committer.commit(public, aad), self._enc, aad

    def _belongs(self, place: Place) -> None:
        if place.kind != self.kind or place.category != self.category:
            raise ValueError(
                f"place of {place.kind}/{place.category}: these subkeys are of {self.kind}/{self.category}"
            )


def key_version_of(blob: bytes) -> int:
    """The key version that a sealed blob names: readers never guess.

    Raises:
        Unreadable: the format is unknown or the blob too short to hold anything.
    """
    if not blob or blob[0] != FORMAT:
        raise Unreadable(Flaw.FORMAT)
    if len(blob) < OVERHEAD:
        raise Unreadable(Flaw.LENGTH)
    return int.from_bytes(blob[_VERSION_AT:_COMMIT_AT], "big")


def seal(subkeys: Subkeys, place: Place, plaintext: bytes, *, nonce: bytes | None = None) -> bytes:
    """Seal ``plaintext`` (format 0x01) so that it opens at ``place`` only."""
    return subkeys.seal(place, plaintext, nonce=nonce)


def open_(subkeys_of: Callable[[int], Subkeys], place: Place, blob: bytes) -> bytes:
    """Open a sealed blob where it belongs.

    Checks, in this order: format, length, key version (``subkeys_of`` raises when it is unknown or
    destroyed), commitment, tag. Nothing is decrypted before the commitment holds.

    Raises:
        Unreadable: any check failed.
    """
    return subkeys_of(key_version_of(blob)).open_sealed(place, blob)
