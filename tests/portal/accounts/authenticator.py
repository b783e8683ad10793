"""A software authenticator: makes and uses ES256 passkeys as a device would, and lies where a test asks it to.

Source: W3C Web Authentication level 3, 6.1 (authenticator data), 6.5 (attestation object), 5.8.1 (client data).
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
ORIGIN = "http://localhost:8000"


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class Lies:
    """What a test may get wrong: anything left empty is right."""

    origin: str = ""
    rp_id: str = ""
    kind: str = ""
    challenge: bytes = b""
    flags_off: int = 0
    count: int | None = None
    handle: bytes | None = None
    signature: bytes = b""


@dataclass
class SoftAuthenticator:
    """One device with one passkey, once it has made it."""

    origin: str = ORIGIN
    counts: bool = True
    credential_id: bytes = field(default_factory=lambda: token_bytes(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    handle: bytes = b""
    count: int = 0

    def create(self, options: dict[str, Any], lies: Lies | None = None) -> str:
        """What ``navigator.credentials.create`` would give, as the page's script sends it."""
        lies = lies or Lies()
        self.handle = unb64(options["user"]["id"])
        flags = (PRESENT | VERIFIED | ATTESTED) & ~lies.flags_off
        data = self._data(lies.rp_id or options["rp"]["id"], flags, 0)
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        data += bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(cose)
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer(
            attestationObject=b64(attestation),
            clientDataJSON=b64(self._client(lies.kind or "webauthn.create", options["challenge"], lies)),
            transports=["internal"],
        )

    def get(self, options: dict[str, Any], lies: Lies | None = None) -> str:
        """What ``navigator.credentials.get`` would give."""
        lies = lies or Lies()
        self.count += 1
        counted = self.count if self.counts else 0
        count = counted if lies.count is None else lies.count
        data = self._data(lies.rp_id or options["rpId"], (PRESENT | VERIFIED) & ~lies.flags_off, count)
        client = self._client(lies.kind or "webauthn.get", options["challenge"], lies)
        signature = self.key.sign(data + sha256(client).digest(), ec.ECDSA(SHA256()))
        handle = self.handle if lies.handle is None else lies.handle
        return self._answer(
            authenticatorData=b64(data),
            clientDataJSON=b64(client),
            signature=b64(lies.signature or signature),
            userHandle=b64(handle) if handle else None,
        )

    def _data(self, rp_id: str, flags: int, count: int) -> bytes:
        return sha256(rp_id.encode()).digest() + bytes([flags]) + count.to_bytes(4, "big")

    def _client(self, kind: str, challenge: str, lies: Lies) -> bytes:
        asked = b64(lies.challenge) if lies.challenge else challenge
        return json.dumps({"type": kind, "challenge": asked, "origin": lies.origin or self.origin}).encode()

    def _answer(self, **response: Any) -> str:
        return json.dumps(
            {
                "id": b64(self.credential_id),
                "rawId": b64(self.credential_id),
                "type": "public-key",
                "clientExtensionResults": {},
                "response": response,
            }
        )
