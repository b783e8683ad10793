"""The key that wraps all keys.

A keyring holds key-encryption keys and never hands one out. Whatever it wraps is bound to an
owner and a version: rows swapped between two patients must not unwrap (RFC 3394 key wrap would
let them, having no associated data).
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from uuid import UUID

from records.vault.cipher import NONCE_BYTES, TAG_BYTES, XAES, Flaw, Unreadable
from records.vault.envelope import KEY_BYTES, lp

_WRAP = b"portal-wrap-v1"
_FORMAT = 0x01
_LARGEST_FILE = 1 << 20


@dataclass(frozen=True, slots=True)
class WrapContext:
    """Whose key is wrapped, and which version of it."""

    owner: UUID
    version: int


@dataclass(frozen=True, slots=True, repr=False)
class Wrapped:
    """A wrapped key and the name of the key that wrapped it."""

    kek_id: str
    blob: bytes

    def __repr__(self) -> str:
        return f"<Wrapped by {self.kek_id}>"


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the keyring can be used now, with a sentence for the operator."""

    ok: bool
    sentence: str


class KeyringRefused(Exception):
    """The keyring cannot be used: a sentence that says what to do."""


class KeyringAway(KeyringRefused):
    """The keyring does not answer now, or not as it should: nothing opens until it does, and no restart is needed."""


class Keyring(Protocol):
    """What every keyring does, wherever its keys live. The context is never optional."""

    def current_kek_id(self) -> str:
        """The key that wraps what is new."""
        ...

    def wrap(self, plaintext: bytes, context: WrapContext) -> Wrapped:
        """Wrap 32 bytes under the current key."""
        ...

    def unwrap(self, wrapped: Wrapped, context: WrapContext) -> bytes:
        """The 32 bytes, or :class:`~records.vault.cipher.Unreadable`."""
        ...

    def rewrap(self, wrapped: Wrapped, context: WrapContext) -> Wrapped:
        """The same key under the current key, without handing out the plaintext."""
        ...

    def health(self) -> Health:
        """Wrap and unwrap a throw-away key."""
        ...


class LocalKeyring:
    """Key-encryption keys in one JSON file that only its owner can read.

    ``{"current": "local:2026-11", "keys": {"local:2026-11": "<base64 of 32 bytes>"}}``. For a
    demonstration or one machine: not in the database, not in the repository, not in the same backup.

    Raises:
        KeyringRefused: the file is missing, malformed, or readable by others.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._current, self._keys = _parse(_read_private(path), path)

    def __repr__(self) -> str:
        return f"<LocalKeyring {self._current}>"

    def current_kek_id(self) -> str:
        """The key that wraps what is new."""
        return self._current

    def wrap(self, plaintext: bytes, context: WrapContext) -> Wrapped:
        """Wrap 32 bytes under the current key.

        Raises:
            ValueError: ``plaintext`` is not 32 bytes long.
        """
        nonce = os.urandom(NONCE_BYTES)
        sealed = XAES(self._keys[self._current]).encrypt(nonce, checked_key(plaintext), _aad(self._current, context))
        return Wrapped(self._current, bytes((_FORMAT,)) + nonce + sealed)

    def unwrap(self, wrapped: Wrapped, context: WrapContext) -> bytes:
        """The wrapped key.

        Raises:
            Unreadable: the blob was not wrapped here for this owner and version.
        """
        blob = wrapped.blob
        if not blob or blob[0] != _FORMAT:
            raise Unreadable(Flaw.FORMAT)
        if len(blob) != 1 + NONCE_BYTES + KEY_BYTES + TAG_BYTES:
            raise Unreadable(Flaw.LENGTH)
        if wrapped.kek_id not in self._keys:
            raise Unreadable(Flaw.UNKNOWN_KEY)
        nonce, sealed = blob[1 : 1 + NONCE_BYTES], blob[1 + NONCE_BYTES :]
        return XAES(self._keys[wrapped.kek_id]).decrypt(nonce, sealed, _aad(wrapped.kek_id, context))

    def rewrap(self, wrapped: Wrapped, context: WrapContext) -> Wrapped:
        """The same key under the current key-encryption key.

        Raises:
            Unreadable: as :meth:`unwrap`.
        """
        return self.wrap(self.unwrap(wrapped, context), context)

    def health(self) -> Health:
        """Wrap and unwrap a throw-away key under the current one."""
        return health_of(self, f"The local keyring, {len(self._keys)} key(s) held,")


def checked_key(plaintext: bytes) -> bytes:
    """A key to wrap, if it is one.

    Raises:
        ValueError: it is not 32 bytes long.
    """
    if len(plaintext) != KEY_BYTES:
        raise ValueError(f"key of {len(plaintext)} bytes: expected {KEY_BYTES}")
    return plaintext


def packed(answer: object) -> bytes:
    """What a keyring elsewhere gave back as a key, if it is one.

    Raises:
        KeyringAway: it is not 32 bytes long.
    """
    if not isinstance(answer, bytes) or len(answer) != KEY_BYTES:
        raise KeyringAway("The keyring answered with something else than a key.")
    return answer


def health_of(ring: Keyring, name: str) -> Health:
    """Wrap and unwrap a throw-away key; ``name`` begins the sentence for the operator."""
    context, probe = WrapContext(UUID(int=0), 0), os.urandom(KEY_BYTES)
    try:
        ok = ring.unwrap(ring.wrap(probe, context), context) == probe
        return Health(ok, f"{name} wraps with {ring.current_kek_id()}." if ok else f"{name} gives back other keys.")
    except (KeyringRefused, Unreadable) as trouble:
        return Health(False, str(trouble))


def _aad(kek_id: str, context: WrapContext) -> bytes:
    return lp(_WRAP, kek_id.encode(), context.owner.bytes, context.version.to_bytes(4, "big"))


def _read_private(path: Path) -> bytes:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise KeyringRefused(f"The keyring {path} cannot be read ({error.strerror}): set KEYRING_FILE.") from None
    try:
        # On the open file, not on the name: the name could be pointed elsewhere in between.
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise KeyringRefused(f"The keyring {path} is not a file.")
        mode = stat.S_IMODE(status.st_mode)
        if mode & 0o077:
            raise KeyringRefused(f"Others can reach the keyring {path} (mode {mode:04o}): run chmod 0400 on it.")
        return os.read(handle, _LARGEST_FILE)
    finally:
        os.close(handle)


def _parse(content: bytes, path: Path) -> tuple[str, dict[str, bytes]]:
    try:
        document = json.loads(content)
        current = document["current"]
        keys = {str(name): base64.b64decode(value, validate=True) for name, value in document["keys"].items()}
    except (ValueError, TypeError, KeyError, AttributeError, binascii.Error):
        # The reason is left out: it could quote a piece of the file.
        raise KeyringRefused(
            f'The keyring {path} is malformed: expected JSON {{"current": name, "keys": {{name: base64 of 32 bytes}}}}.'
        ) from None
    for name, key in keys.items():
        if len(key) != KEY_BYTES:
            raise KeyringRefused(f"Key {name} of the keyring {path} has {len(key)} bytes: expected {KEY_BYTES}.")
    if current not in keys:
        raise KeyringRefused(f"The keyring {path} names {current!r} as current but does not hold it.")
    return current, keys
