"""The local keyring: who may read it, what it binds, what it says when it cannot be used."""

import base64
import json
import os
from pathlib import Path
from uuid import UUID

import pytest

from records.vault.cipher import Flaw, Unreadable
from records.vault.envelope import check_value
from records.vault.keyring import KeyringRefused, LocalKeyring, WrapContext, Wrapped

KEY = bytes(range(32))
ONE, OTHER = WrapContext(UUID(int=1), 1), WrapContext(UUID(int=2), 1)


def write(path: Path, document: object, mode: int = 0o400) -> Path:
    path.unlink(missing_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))
    path.chmod(mode)
    return path


def keys(*names: str) -> dict[str, str]:
    return {name: base64.b64encode(os.urandom(32)).decode() for name in names}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write(tmp_path / "keyring.json", {"current": "local:a", "keys": keys("local:a", "local:b")})


@pytest.fixture
def ring(file: Path) -> LocalKeyring:
    return LocalKeyring(file)


def test_wraps_and_unwraps(ring: LocalKeyring) -> None:
    wrapped = ring.wrap(KEY, ONE)
    assert wrapped.kek_id == ring.current_kek_id() == "local:a"
    assert KEY not in wrapped.blob
    assert ring.unwrap(wrapped, ONE) == KEY
    assert ring.wrap(KEY, ONE).blob != wrapped.blob
    assert ring.health().ok


@pytest.mark.parametrize("context", [OTHER, WrapContext(UUID(int=1), 2)], ids=["owner", "version"])
def test_swapped_rows_do_not_unwrap(ring: LocalKeyring, context: WrapContext) -> None:
    with pytest.raises(Unreadable) as caught:
        ring.unwrap(ring.wrap(KEY, ONE), context)
    assert caught.value.flaw is Flaw.TAG


def test_every_change_is_refused(ring: LocalKeyring) -> None:
    wrapped = ring.wrap(KEY, ONE)
    for bit in range(len(wrapped.blob) * 8):
        changed = bytearray(wrapped.blob)
        changed[bit // 8] ^= 1 << (bit % 8)
        with pytest.raises(Unreadable):
            ring.unwrap(Wrapped(wrapped.kek_id, bytes(changed)), ONE)
    for blob in (b"", wrapped.blob[:-1], wrapped.blob + b"\0"):
        with pytest.raises(Unreadable):
            ring.unwrap(Wrapped(wrapped.kek_id, blob), ONE)
    for kek in ("local:b", "local:unknown"):
        with pytest.raises(Unreadable):
            ring.unwrap(Wrapped(kek, wrapped.blob), ONE)


@pytest.mark.asvs("v5.0.0-15.4.1")
def test_rewraps_under_the_current_key(file: Path, ring: LocalKeyring) -> None:
    old = ring.wrap(KEY, ONE)
    document = json.loads(file.read_text())
    turned = LocalKeyring(write(file, {**document, "current": "local:b"}))
    new = turned.rewrap(old, ONE)
    assert new.kek_id == "local:b"
    assert turned.unwrap(new, ONE) == turned.unwrap(old, ONE) == KEY


@pytest.mark.asvs("v5.0.0-13.3.2")
@pytest.mark.parametrize("mode", [0o440, 0o404, 0o420, 0o401, 0o644])
def test_refused_when_others_reach_it(file: Path, mode: int) -> None:
    file.chmod(mode)
    with pytest.raises(KeyringRefused, match="chmod 0400"):
        LocalKeyring(file)


@pytest.mark.parametrize(
    "document",
    [
        "not json",
        "[]",
        {"keys": {}},
        {"current": "a", "keys": []},
        {"current": "a", "keys": {"a": "***"}},
        {"current": "a", "keys": {"a": base64.b64encode(b"short").decode()}},
        {"current": "b", "keys": keys("a")},
    ],
)
def test_malformed_files_get_a_sentence(tmp_path: Path, document: object) -> None:
    with pytest.raises(KeyringRefused, match="keyring"):
        LocalKeyring(write(tmp_path / "keyring.json", document))


def test_missing_file_gets_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(KeyringRefused, match="set KEYRING_FILE"):
        LocalKeyring(tmp_path / "none.json")
    with pytest.raises(KeyringRefused, match="is not a file"):
        LocalKeyring(tmp_path)


def test_nothing_is_shown(ring: LocalKeyring) -> None:
    assert repr(ring) == "<LocalKeyring local:a>"
    assert repr(ring.wrap(KEY, ONE)) == "<Wrapped by local:a>"


def test_a_key_of_another_length_is_not_wrapped(ring: LocalKeyring) -> None:
    with pytest.raises(ValueError, match="expected 32"):
        ring.wrap(b"short", ONE)


def test_check_value_tells_keys_owners_and_versions_apart() -> None:
    values = {
        check_value(key, owner, version)
        for key in (KEY, bytes(32))
        for owner in (UUID(int=1), UUID(int=2))
        for version in (1, 2)
    }
    assert len(values) == 8
    assert {len(value) for value in values} == {16}
