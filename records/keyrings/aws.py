"""The keyring in AWS KMS, or in anything that speaks its protocol.

The encryption context is AAD and stands in the provider's audit trail in clear: it is a digest, so that no identifier
of a dossier leaves the house.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from records.vault.cipher import Flaw, Unreadable
from records.vault.envelope import lp
from records.vault.keyring import (
    Health,
    KeyringAway,
    WrapContext,
    Wrapped,
    checked_key,
    health_of,
    packed,
)

_PREFIX = "aws:"
# Seconds. A page waits for its keys no longer than twice this.
_CONNECT, _READ, _TRIES = 2, 3, 2
# The ciphertext is not one of this key and context; anything else is the keyring's own trouble.
_NOT_OURS = frozenset({"InvalidCiphertextException", "IncorrectKeyException"})


class AwsKeyring:
    """Keys of AWS KMS; credentials come from where boto3 looks for them (role, environment).

    Args:
        key: the ARN of the key that wraps what is new.
        former: ARNs of the keys that still unwrap. Rows that name another key do not unwrap: whoever can write a row
            cannot make the house use a key of theirs.
        endpoint: another address than Amazon's; empty for Amazon's.
    """

    def __init__(self, *, key: str, region: str, former: tuple[str, ...] = (), endpoint: str = "") -> None:
        self._key = key
        self._known = frozenset((key, *former))
        self._client: Any = boto3.client(
            "kms",
            region_name=region,
            endpoint_url=endpoint or None,
            config=Config(
                connect_timeout=_CONNECT,
                read_timeout=_READ,
                retries={"total_max_attempts": _TRIES, "mode": "standard"},
            ),
        )

    def __repr__(self) -> str:
        return "<AwsKeyring>"

    def current_kek_id(self) -> str:
        """The key that wraps what is new."""
        return _PREFIX + self._key

    def wrap(self, plaintext: bytes, context: WrapContext) -> Wrapped:
        """Wrap 32 bytes under the current key."""
        answer = self._ask(
            "encrypt", KeyId=self._key, Plaintext=checked_key(plaintext), EncryptionContext=_bound(context)
        )
        return self._wrapped(answer)

    def unwrap(self, wrapped: Wrapped, context: WrapContext) -> bytes:
        """The 32 bytes."""
        answer = self._ask(
            "decrypt",
            KeyId=self._arn(wrapped),
            CiphertextBlob=wrapped.blob,
            EncryptionContext=_bound(context),
        )
        return packed(answer.get("Plaintext"))

    def rewrap(self, wrapped: Wrapped, context: WrapContext) -> Wrapped:
        """The same key under the current key; it never leaves the provider in clear."""
        answer = self._ask(
            "re_encrypt",
            CiphertextBlob=wrapped.blob,
            SourceKeyId=self._arn(wrapped),
            DestinationKeyId=self._key,
            SourceEncryptionContext=_bound(context),
            DestinationEncryptionContext=_bound(context),
        )
        return self._wrapped(answer)

    def health(self) -> Health:
        """Wrap and unwrap a throw-away key."""
        return health_of(self, "AWS KMS")

    def _wrapped(self, answer: dict[str, Any]) -> Wrapped:
        blob, key = answer.get("CiphertextBlob"), answer.get("KeyId")
        if not isinstance(blob, bytes) or not blob or key != self._key:
            raise KeyringAway("AWS KMS answered with another key than was asked for.")
        return Wrapped(_PREFIX + self._key, blob)

    def _arn(self, wrapped: Wrapped) -> str:
        arn = wrapped.kek_id.removeprefix(_PREFIX)
        if not wrapped.kek_id.startswith(_PREFIX) or arn not in self._known:
            raise Unreadable(Flaw.UNKNOWN_KEY)
        return arn

    def _ask(self, what: str, **parameters: Any) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = getattr(self._client, what)(**parameters)
        except ClientError as refusal:
            code = str(refusal.response.get("Error", {}).get("Code", ""))
            if code in _NOT_OURS and what != "encrypt":
                raise Unreadable(Flaw.TAG) from None
            raise KeyringAway(f"AWS KMS refused ({_plain(code)}): look at KMS_KEY and at the rights to it.") from None
        except (BotoCoreError, ValueError, KeyError):
            # Among them answers that cannot be read; their text could quote what was sent.
            raise KeyringAway("AWS KMS does not answer, or not as it should: look at KMS_ENDPOINT.") from None
        return answer


def _bound(context: WrapContext) -> dict[str, str]:
    bound = sha256(lp(context.owner.bytes, context.version.to_bytes(4, "big"))).hexdigest()
    return {"carnet": "portal-wrap-v1", "key": bound}


def _plain(code: str) -> str:
    return code if code.isascii() and code.isalnum() else "unknown"
