"""The keyring in the transit engine of Vault or OpenBao.

The key there must be derived (``derived=true``): each owner and version then has a key of its own, which is what binds
a wrapped key to its row and, unlike associated data, holds while the server wraps again without handing out a
plaintext.
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from pathlib import Path
from typing import Any

import hvac
from hvac.exceptions import InvalidRequest, VaultError
from requests.exceptions import RequestException

from records.vault.cipher import Flaw, Unreadable
from records.vault.envelope import lp
from records.vault.keyring import (
    Health,
    KeyringAway,
    KeyringRefused,
    WrapContext,
    Wrapped,
    checked_key,
    health_of,
    packed,
)

_PREFIX = "vault:"
# Seconds for one answer.
_TIMEOUT = 3
# What the server says of a ciphertext that is not of this key and context.
_NOT_OURS = ("message authentication failed", "invalid ciphertext", "could not decode base64 ciphertext")


class TransitKeyring:
    """A derived key of a transit engine. The token is read again for each request: an agent may renew it.

    Args:
        address: of the server, such as ``https://vault.example.fr:8200``.
        token_file: mode 0400, or 0600 for the agent that renews it.
    """

    def __init__(self, *, address: str, token_file: str, key: str, mount: str = "transit", namespace: str = "") -> None:
        self._token_file = Path(token_file)
        self._key, self._mount = key, mount
        # A key that is not derived would take any context for any other.
        self._derived = False
        self._client = hvac.Client(
            url=address,
            timeout=_TIMEOUT,
            allow_redirects=False,
            namespace=namespace or None,
            token="",  # nosec B106
        )

    def __repr__(self) -> str:
        return "<TransitKeyring>"

    def current_kek_id(self) -> str:
        """The newest version of the key, as the server knows it."""
        versions = self._ask("read_key", name=self._key)
        latest = versions.get("latest_version")
        if not isinstance(latest, int) or versions.get("derived") is not True:
            raise KeyringRefused(f"The key {self._key} of Vault is not derived: make one with derived=true.")
        self._derived = True
        return self._named(f"v{latest}")

    def wrap(self, plaintext: bytes, context: WrapContext) -> Wrapped:
        """Wrap 32 bytes under the newest version."""
        if not self._derived:
            self.current_kek_id()
        text = _text(checked_key(plaintext))
        answer = self._ask("encrypt_data", name=self._key, plaintext=text, context=_of(context))
        return self._wrapped(answer)

    def unwrap(self, wrapped: Wrapped, context: WrapContext) -> bytes:
        """The 32 bytes."""
        answer = self._ask("decrypt_data", name=self._key, ciphertext=self._ciphertext(wrapped), context=_of(context))
        try:
            return packed(base64.b64decode(str(answer.get("plaintext", "")), validate=True))
        except binascii.Error:
            raise KeyringAway("Vault answered with something else than a key.") from None

    def rewrap(self, wrapped: Wrapped, context: WrapContext) -> Wrapped:
        """The same key under the newest version; it never leaves the server in clear."""
        answer = self._ask("rewrap_data", name=self._key, ciphertext=self._ciphertext(wrapped), context=_of(context))
        return self._wrapped(answer)

    def health(self) -> Health:
        """Wrap and unwrap a throw-away key."""
        return health_of(self, "Vault")

    def _named(self, version: str) -> str:
        return f"{_PREFIX}{self._mount}/{self._key}:{version}"

    def _wrapped(self, answer: dict[str, Any]) -> Wrapped:
        parts = str(answer.get("ciphertext", "")).split(":")
        if len(parts) != 3 or parts[0] != "vault" or not parts[1][1:].isdigit():
            raise KeyringAway("Vault answered with something else than a ciphertext.")
        return Wrapped(self._named(parts[1]), ":".join(parts).encode())

    def _ciphertext(self, wrapped: Wrapped) -> str:
        try:
            text = wrapped.blob.decode("ascii")
            prefix, version, sealed = text.split(":")
            # Spelt in one way only: base64 that ends otherwise would be another form of the same key.
            spelt = prefix == "vault" and _text(base64.b64decode(sealed, validate=True)) == sealed
        except ValueError:
            raise Unreadable(Flaw.FORMAT) from None
        if not spelt or wrapped.kek_id != self._named(version):
            raise Unreadable(Flaw.UNKNOWN_KEY if spelt else Flaw.FORMAT)
        return text

    def _ask(self, what: str, **parameters: Any) -> dict[str, Any]:
        self._client.token = self._token()
        try:
            answer = getattr(self._client.secrets.transit, what)(mount_point=self._mount, **parameters)
            data = answer["data"]
        except InvalidRequest as refusal:
            if what != "encrypt_data" and any(words in str(refusal) for words in _NOT_OURS):
                raise Unreadable(Flaw.TAG) from None
            raise KeyringAway(f"Vault refused: look at the key {self._key} and its policy.") from None
        except (VaultError, RequestException, KeyError, TypeError, ValueError):
            # Their text could quote what was sent.
            raise KeyringAway("Vault does not answer, or not as it should: look at VAULT_ADDRESS.") from None
        if not isinstance(data, dict):
            raise KeyringAway("Vault does not answer as it should: look at VAULT_ADDRESS.")
        return data

    def _token(self) -> str:
        try:
            with self._token_file.open("rb") as file:
                if stat.S_IMODE(os.fstat(file.fileno()).st_mode) & 0o077:
                    raise KeyringRefused(f"Others can read {self._token_file}: run chmod 0400 on it.")
                return file.read(4096).decode("ascii").strip()
        except (OSError, UnicodeDecodeError):
            raise KeyringAway(
                f"The token of Vault cannot be read: look at VAULT_TOKEN_FILE ({self._token_file})."
            ) from None


def _of(context: WrapContext) -> str:
    return _text(lp(b"portal-wrap-v1", context.owner.bytes, context.version.to_bytes(4, "big")))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
