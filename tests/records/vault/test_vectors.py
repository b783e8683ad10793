"""Published vectors: XAES-256-GCM (C2SP), AES-256-GCM (Wycheproof), record format 0x01 (ours)."""

import hashlib
import json
from pathlib import Path
from uuid import UUID

import pytest
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from records.vault.cipher import OVERHEAD, XAES, Subkeys, key_version_of, open_, seal
from records.vault.envelope import Place, subkey

VECTORS = Path(__file__).parents[2] / "vectors"


def read(name: str) -> dict:
    return json.loads((VECTORS / name).read_text())


def unhex(vector: dict, *names: str) -> list[bytes]:
    return [bytes.fromhex(vector[name]) for name in names]


@pytest.mark.asvs("v5.0.0-11.2.1")
@pytest.mark.parametrize("vector", read("xaes_256_gcm.json")["vectors"])
def test_xaes_published_vectors(vector: dict) -> None:
    key, nonce, plaintext, aad, expected = unhex(vector, "K", "N", "plaintext", "aad", "ciphertext")
    sealed = XAES(key).encrypt(nonce, plaintext, aad)
    assert sealed == expected
    assert XAES(key).decrypt(nonce, sealed, aad) == plaintext


class Shake:
    """SHAKE-128 of the empty string, read as an endless stream."""

    def __init__(self) -> None:
        self._length = 1 << 20
        self._at = 0
        self._stream = hashlib.shake_128(b"").digest(self._length)

    def read(self, count: int) -> bytes:
        while self._at + count > self._length:
            self._length *= 2
            self._stream = hashlib.shake_128(b"").digest(self._length)
        self._at += count
        return self._stream[self._at - count : self._at]


def test_xaes_accumulated_over_ten_thousand_messages() -> None:
    source, absorbed = Shake(), hashlib.shake_128()
    for _ in range(10_000):
        key, nonce = source.read(32), source.read(24)
        plaintext = source.read(source.read(1)[0])
        aad = source.read(source.read(1)[0])
        xaes = XAES(key)
        sealed = xaes.encrypt(nonce, plaintext, aad)
        assert xaes.decrypt(nonce, sealed, aad) == plaintext
        absorbed.update(sealed)
    assert absorbed.hexdigest(32) == read("xaes_256_gcm.json")["accumulated"]["iterations_10000"]


@pytest.mark.parametrize("vector", read("wycheproof_aes256_gcm.json")["tests"], ids=lambda v: str(v["tcId"]))
def test_the_gcm_we_build_on(vector: dict) -> None:
    key, nonce, plaintext, aad, sealed, tag = unhex(vector, "key", "iv", "msg", "aad", "ct", "tag")
    gcm = AESGCM(key)
    if vector["result"] == "valid":
        assert gcm.encrypt(nonce, plaintext, aad) == sealed + tag
        assert gcm.decrypt(nonce, sealed + tag, aad) == plaintext
    else:
        with pytest.raises(InvalidTag):
            gcm.decrypt(nonce, sealed + tag, aad)


@pytest.mark.parametrize("vector", read("record_format_0x01.json")["records"], ids=lambda v: v["category"])
def test_record_format(vector: dict) -> None:
    key, enc, committing, aad, nonce, plaintext, blob = unhex(
        vector, "patient_key", "enc_subkey", "commit_subkey", "aad", "nonce", "plaintext", "blob"
    )
    version, category = vector["key_version"], vector["category"]
    place = Place("record", UUID(vector["patient_id"]), category, UUID(vector["object_id"]), vector["revision"])
    assert subkey(key, "record-enc", category) == enc
    assert subkey(key, "record-commit", category) == committing
    assert place.aad(version) == aad
    subkeys = Subkeys.derive(key, version, "record", category)
    assert seal(subkeys, place, plaintext, nonce=nonce) == blob
    assert key_version_of(blob) == version
    assert len(blob) == len(plaintext) + OVERHEAD
    assert open_(lambda _: subkeys, place, blob) == plaintext
