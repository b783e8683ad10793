"""Stand-ins for AWS KMS and for the transit engine: HTTP servers that keep to the protocols as far as a keyring goes.

They are no proof that the real services accept us: docs/configuration.md says so. Both can be told to be silent, to
throttle, to answer rubbish or another key, to have their key disabled.
"""

from __future__ import annotations

import base64
import json
import os
import time
from abc import ABC, abstractmethod
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FAULTS = ("silent", "throttled", "broken", "rubbish", "short", "disabled")
SILENCE = 5.0


class StandIn(ABC):
    """A server on a free port of the loopback; ``fault`` says what is wrong with it, ``seen`` what it was sent."""

    def __init__(self) -> None:
        self.fault = ""
        self.seen: list[dict[str, Any]] = []
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_: object) -> None:
                """Silence."""

            def do_GET(self) -> None:
                self._answer({})

            def do_POST(self) -> None:
                self._answer(json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}"))

            do_PUT = do_POST  # noqa: N815

            def _answer(self, asked: dict[str, Any]) -> None:
                stand_in.seen.append(asked)
                if stand_in.fault == "silent":
                    time.sleep(SILENCE)
                status, answer = stand_in.respond(self.path, dict(self.headers.items()), asked)
                body = b"<html>no" if stand_in.fault == "rubbish" else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def handle(self) -> None:
                try:
                    super().handle()
                except (ConnectionError, BrokenPipeError):
                    return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self._thread.start()

    @abstractmethod
    def respond(self, path: str, headers: dict[str, str], asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """The status and the answer of the service to one request."""

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


class Kms(StandIn):
    """AWS KMS: Encrypt, Decrypt, ReEncrypt of two symmetric keys."""

    ARNS = tuple(f"arn:aws:kms:eu-west-3:000000000000:key/{letter * 8}" for letter in "ab")

    def __init__(self) -> None:
        super().__init__()
        self._keys = {arn: os.urandom(32) for arn in self.ARNS}

    def respond(self, _path: str, headers: dict[str, str], asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.fault == "throttled":
            return 400, {"__type": "ThrottlingException", "message": "Rate exceeded"}
        if self.fault == "disabled":
            return 400, {"__type": "DisabledException", "message": f"{self.ARNS[0]} is disabled."}
        if self.fault == "broken":
            return 500, {"__type": "KMSInternalException"}
        what = headers["X-Amz-Target"].removeprefix("TrentService.")
        if self.fault == "short":
            return 200, {"Plaintext": _b64(b"short"), "CiphertextBlob": "", "KeyId": "another"}
        try:
            return 200, {
                "Encrypt": self._encrypt,
                "Decrypt": self._decrypt,
                "ReEncrypt": self._re_encrypt,
            }[what](asked)
        except (InvalidTag, ValueError):
            return 400, {"__type": "InvalidCiphertextException"}
        except KeyError:
            return 400, {"__type": "NotFoundException"}

    def _seal(self, arn: str, data: bytes, context: dict[str, str]) -> str:
        nonce = os.urandom(12)
        bound = json.dumps(context, sort_keys=True).encode()
        return _b64(arn.encode().ljust(80) + nonce + AESGCM(self._keys[arn]).encrypt(nonce, data, bound))

    def _open(self, arn: str, blob: str, context: dict[str, str]) -> bytes:
        raw = base64.b64decode(blob)
        if raw[:80].strip() != arn.encode():
            raise ValueError
        bound = json.dumps(context, sort_keys=True).encode()
        return AESGCM(self._keys[arn]).decrypt(raw[80:92], raw[92:], bound)

    def _encrypt(self, asked: dict[str, Any]) -> dict[str, Any]:
        blob = self._seal(asked["KeyId"], base64.b64decode(asked["Plaintext"]), asked["EncryptionContext"])
        return {"CiphertextBlob": blob, "KeyId": asked["KeyId"]}

    def _decrypt(self, asked: dict[str, Any]) -> dict[str, Any]:
        opened = self._open(asked["KeyId"], asked["CiphertextBlob"], asked["EncryptionContext"])
        return {"Plaintext": _b64(opened), "KeyId": asked["KeyId"]}

    def _re_encrypt(self, asked: dict[str, Any]) -> dict[str, Any]:
        opened = self._open(asked["SourceKeyId"], asked["CiphertextBlob"], asked["SourceEncryptionContext"])
        blob = self._seal(asked["DestinationKeyId"], opened, asked["DestinationEncryptionContext"])
        return {"CiphertextBlob": blob, "KeyId": asked["DestinationKeyId"], "SourceKeyId": asked["SourceKeyId"]}


class Transit(StandIn):
    """The transit engine: one derived key with versions, and a token that it knows."""

    TOKEN = "s.stand-in"

    def __init__(self) -> None:
        super().__init__()
        self.derived = True
        self._versions = [os.urandom(32)]

    def rotate(self) -> None:
        self._versions.append(os.urandom(32))

    def respond(self, path: str, headers: dict[str, str], asked: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        if self.fault == "throttled":
            return 429, {"errors": ["request path rate limit quota exceeded"]}
        if self.fault == "disabled":
            return 400, {"errors": ["ciphertext or signature version is disallowed by policy (too old)"]}
        if self.fault == "broken":
            return 503, {"errors": ["Vault is sealed"]}
        if headers.get("X-Vault-Token") != self.TOKEN:
            return 403, {"errors": ["permission denied"]}
        *_, what, _name = path.split("/")
        if what == "keys":
            return 200, {"data": {"latest_version": len(self._versions), "derived": self.derived}}
        if self.fault == "short":
            return 200, {"data": {"plaintext": _b64(b"short"), "ciphertext": "short"}}
        try:
            return 200, {"data": self._act(what, asked)}
        except InvalidTag:
            return 400, {"errors": ["cipher: message authentication failed"]}
        except (ValueError, IndexError):
            return 400, {"errors": ["invalid ciphertext: could not decode base64"]}

    def _act(self, what: str, asked: dict[str, Any]) -> dict[str, Any]:
        bound = base64.b64decode(asked["context"]) if self.derived else b""
        if what == "encrypt":
            return self._seal(base64.b64decode(asked["plaintext"]), bound)
        _vault, version, text = asked["ciphertext"].split(":")
        raw = base64.b64decode(text, validate=True)
        opened = AESGCM(self._versions[int(version[1:]) - 1]).decrypt(raw[:12], raw[12:], bound)
        return {"plaintext": _b64(opened)} if what == "decrypt" else self._seal(opened, bound)

    def _seal(self, data: bytes, bound: bytes) -> dict[str, Any]:
        nonce = os.urandom(12)
        sealed = nonce + AESGCM(self._versions[-1]).encrypt(nonce, data, bound)
        return {"ciphertext": f"vault:v{len(self._versions)}:{_b64(sealed)}"}
