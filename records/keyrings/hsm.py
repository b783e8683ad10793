"""The keyring in a hardware module behind PKCS#11: AES-256-GCM with associated data, inside the module.

A wrapped key is ``01 || nonce (12) || ciphertext and tag``. Nonces are random: a key of the module wraps at most 2^32
keys, and is followed by another long before.
"""

from __future__ import annotations

import os
from threading import Lock
from typing import Any

import pkcs11
from pkcs11 import GCMParams, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import (
    EncryptedDataInvalid,
    EncryptedDataLenRange,
    GeneralError,
    MultipleObjectsReturned,
    NoSuchKey,
    PKCS11Error,
    UserAlreadyLoggedIn,
)

from records.vault.cipher import TAG_BYTES, Flaw, Unreadable
from records.vault.envelope import KEY_BYTES, lp
from records.vault.keyring import Health, KeyringAway, WrapContext, Wrapped, checked_key, health_of, packed

_PREFIX = "pkcs11:"
_FORMAT = 0x01
_NONCE = 12
_SIZE = 1 + _NONCE + KEY_BYTES + TAG_BYTES


class HsmKeyring:
    """AES keys of one token, found by their labels. One session, one operation at a time.

    The library is asked for the first time when a key is needed, so that it is initialised after a worker was forked.

    Args:
        key: the label of the key that wraps what is new; ``former`` those that still unwrap.
    """

    def __init__(self, *, library: str, token: str, pin: str, key: str, former: tuple[str, ...] = ()) -> None:
        self._library, self._token, self._pin = library, token, pin
        self._key = key
        self._known = frozenset((key, *former))
        self._lock = Lock()
        self._session: Any = None
        self._process = 0

    def __repr__(self) -> str:
        return "<HsmKeyring>"

    def current_kek_id(self) -> str:
        """The key that wraps what is new."""
        return _PREFIX + self._key

    def wrap(self, plaintext: bytes, context: WrapContext) -> Wrapped:
        """Wrap 32 bytes under the current key."""
        nonce = os.urandom(_NONCE)
        sealed = self._use("encrypt", self._key, nonce, checked_key(plaintext), context)
        if len(sealed) != KEY_BYTES + TAG_BYTES:
            raise KeyringAway("The PKCS#11 module answered with something else than a wrapped key.")
        return Wrapped(_PREFIX + self._key, bytes((_FORMAT,)) + nonce + sealed)

    def unwrap(self, wrapped: Wrapped, context: WrapContext) -> bytes:
        """The 32 bytes."""
        blob, label = wrapped.blob, wrapped.kek_id.removeprefix(_PREFIX)
        if not blob or blob[0] != _FORMAT:
            raise Unreadable(Flaw.FORMAT)
        if len(blob) != _SIZE:
            raise Unreadable(Flaw.LENGTH)
        if not wrapped.kek_id.startswith(_PREFIX) or label not in self._known:
            raise Unreadable(Flaw.UNKNOWN_KEY)
        return packed(self._use("decrypt", label, blob[1 : 1 + _NONCE], blob[1 + _NONCE :], context))

    def rewrap(self, wrapped: Wrapped, context: WrapContext) -> Wrapped:
        """The same key under the current key. PKCS#11 knows no such act: the key passes through this process."""
        return self.wrap(self.unwrap(wrapped, context), context)

    def health(self) -> Health:
        """Wrap and unwrap a throw-away key."""
        return health_of(self, "The PKCS#11 module")

    def _use(self, what: str, label: str, nonce: bytes, data: bytes, context: WrapContext) -> bytes:
        aad = lp(b"portal-wrap-v1", label.encode(), context.owner.bytes, context.version.to_bytes(4, "big"))
        params = GCMParams(nonce, aad, 8 * TAG_BYTES)
        with self._lock:
            try:
                key = self._found(label)
                done: bytes = getattr(key, what)(data, mechanism=Mechanism.AES_GCM, mechanism_param=params)
            except (EncryptedDataInvalid, EncryptedDataLenRange):
                raise Unreadable(Flaw.TAG) from None
            except (NoSuchKey, MultipleObjectsReturned):
                self._forget()
                raise KeyringAway(f"The PKCS#11 token does not hold one key {label}: look at PKCS11_KEY.") from None
            except GeneralError:
                # Some modules say no more than this of a tag that does not match; others of a module that is gone.
                self._forget()
                if what == "decrypt" and self._still_works(label):
                    raise Unreadable(Flaw.TAG) from None
                raise KeyringAway("The PKCS#11 module failed.") from None
            except (PKCS11Error, RuntimeError, OSError):
                self._forget()
                raise KeyringAway("The PKCS#11 module cannot be used: look at PKCS11_LIBRARY and the token.") from None
        return done

    def _found(self, label: str) -> Any:
        if self._session is None or self._process != os.getpid():
            library = pkcs11.lib(self._library)
            if self._process not in (0, os.getpid()):
                # A worker that was forked after its parent had used the module: what it inherited is the parent's.
                library.reinitialize()
            self._process = os.getpid()
            token = library.get_token(token_label=self._token)
            try:
                self._session = token.open(user_pin=self._pin)
            except UserAlreadyLoggedIn:
                # A process logs in once; its other sessions share that.
                self._session = token.open()
        return self._session.get_key(object_class=ObjectClass.SECRET_KEY, key_type=KeyType.AES, label=label)

    def _still_works(self, label: str) -> bool:
        try:
            key = self._found(label)
            params = GCMParams(os.urandom(_NONCE), b"", 8 * TAG_BYTES)
            return bool(key.encrypt(bytes(KEY_BYTES), mechanism=Mechanism.AES_GCM, mechanism_param=params))
        except (PKCS11Error, RuntimeError, OSError):
            self._forget()
            return False

    def _forget(self) -> None:
        """Open a new session next time: a module that was away comes back without a restart."""
        session, self._session = self._session, None
        if session is not None and self._process == os.getpid():
            try:
                session.close()
            except (PKCS11Error, RuntimeError):
                return
