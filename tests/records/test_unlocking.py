"""Unwrapped keys: few, briefly, and never one that the table does not hold."""

import base64
import json
import os
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from records import key_cache
from records.key_cache import KeyCache
from records.models import PatientKey
from records.unlocking import keyring, make_key, unlock
from records.vault.cipher import Flaw, Unreadable
from records.vault.keyring import KeyringRefused

OWNER = UUID(int=7)


def row_of(owner: UUID = OWNER, version: int = 1) -> PatientKey:
    new = make_key(owner, version)
    return PatientKey(version=version, kek_id=new.kek_id, wrapped=new.wrapped, check_value=new.check_value)


def slot(number: int) -> tuple[UUID, int, bytes, bytes]:
    return UUID(int=number), 1, b"", b""


@pytest.mark.asvs("v5.0.0-11.7.2")
def test_a_few_keys_for_a_short_while(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(key_cache.time, "monotonic", lambda: clock[0])
    cache = KeyCache(seconds=60, keys=2)
    cache.put(slot(1), b"1")
    clock[0] = 59.9
    assert cache.get(slot(1)) == b"1"
    cache.put(slot(2), b"2")
    cache.put(slot(3), b"3")
    assert cache.get(slot(1)) is None
    clock[0] = 119.8
    assert cache.get(slot(2)) == b"2"
    clock[0] = 119.9
    assert cache.get(slot(2)) is None
    assert repr(cache) == "<KeyCache of 1>"
    cache.clear()
    assert cache.get(slot(3)) is None


def test_using_a_key_does_not_keep_it_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr(key_cache.time, "monotonic", lambda: clock[0])
    cache = KeyCache(seconds=60)
    cache.put(slot(1), b"1")
    for second in range(0, 60, 10):
        clock[0] = second
        assert cache.get(slot(1)) == b"1"
    clock[0] = 60
    assert cache.get(slot(1)) is None


@pytest.mark.usefixtures("db")
def test_a_key_unlocks_for_its_owner_and_version_only() -> None:
    row = row_of()
    key = unlock(OWNER, row)
    assert len(key) == 32
    assert unlock(OWNER, row) == key
    with pytest.raises(Unreadable):
        unlock(uuid4(), row)
    with pytest.raises(Unreadable):
        unlock(OWNER, PatientKey(version=2, kek_id=row.kek_id, wrapped=row.wrapped, check_value=row.check_value))


@pytest.mark.usefixtures("db")
def test_a_destroyed_key_is_gone_although_it_was_cached() -> None:
    row = row_of()
    unlock(OWNER, row)
    row.wrapped = None
    with pytest.raises(Unreadable) as caught:
        unlock(OWNER, row)
    assert caught.value.flaw is Flaw.DESTROYED_KEY


@pytest.mark.usefixtures("db")
def test_the_self_check_tells_a_wrong_key() -> None:
    row = row_of()
    row.check_value = bytes(16)
    with pytest.raises(Unreadable) as caught:
        unlock(OWNER, row)
    assert caught.value.flaw is Flaw.WRONG_KEY


def test_the_keyring_follows_its_file(tmp_path: Path, settings) -> None:
    path = tmp_path / "keyring.json"

    def write(name: str) -> None:
        path.unlink(missing_ok=True)
        path.write_text(json.dumps({"current": name, "keys": {name: base64.b64encode(os.urandom(32)).decode()}}))
        path.chmod(0o400)

    settings.KEYRING_FILE = path
    with pytest.raises(KeyringRefused, match="cannot be read"):
        keyring()
    write("local:a")
    assert keyring().current_kek_id() == "local:a"
    write("local:b")
    assert keyring().current_kek_id() == "local:b"
    path.chmod(0o444)
    with pytest.raises(KeyringRefused, match="chmod 0400"):
        keyring()
    settings.KEYRING = "paper"
    with pytest.raises(KeyringRefused, match="expected 'local'"):
        keyring()
