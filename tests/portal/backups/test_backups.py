"""A backup is four parts; restored for real, it opens as before, and never what was erased since."""

from __future__ import annotations

import json
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.db import connections
from django.utils import timezone
from psycopg.conninfo import make_conninfo

from audit.actor import Actor
from audit.sequencing import sequence_once
from audit.verifying import verify_log
from portal import roles
from portal.backups.parts import BadBackup, open_part
from portal.backups.returning import bring_back
from portal.backups.saving import save
from records.closing import close, shred
from records.comparing import Difference, compare_records
from records.comparing_documents import compare_documents
from records.documents import Unknown, open_document
from records.dossiers import Closed
from records.models import Document, PatientKey
from records.reading import open_overview, open_record
from records.rewrapping import rewrap_batch
from records.rotation import begin, destroy
from records.turning import carry_through
from records.unlocking import CACHE
from records.vault.cipher import Unreadable
from tests.conftest import Database
from tests.records.papers import kept, objects, read
from tests.records.scenes import CANARY, Household, make_household
from tests.records.test_closing import order, turn_master_key

HOUSE = Actor.system("rotation")
Elsewhere = Callable[[], AbstractContextManager[None]]
Stores = Callable[[str], Path]


@pytest.fixture
def home(db: object) -> Household:
    home = make_household()
    home.records.append(home.file())
    home.records.append(home.file(ref=home.neighbour_ref, value="7.7"))
    while sequence_once():
        pass
    return home


@pytest.fixture
def elsewhere(db: Database, server_url: str) -> Iterator[Elsewhere]:
    """Empty databases on the same server, in which both aliases stand meanwhile."""
    names: list[str] = []

    @contextmanager
    def empty() -> Iterator[None]:
        name = f"carnet_restored_{secrets.token_hex(4)}"
        names.append(name)
        with psycopg.connect(server_url, autocommit=True) as superuser:
            roles.create_database(superuser, name)
        with psycopg.connect(make_conninfo(server_url, dbname=name), autocommit=True) as superuser:
            roles.prepare_schema(superuser)
        _stand_in(name)
        CACHE.clear()
        try:
            yield
        finally:
            _stand_in(db.name)
            CACHE.clear()

    yield empty
    with psycopg.connect(server_url, autocommit=True) as superuser:
        for name in names:
            superuser.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def stores(tmp_path: Path, settings: LazySettings) -> Stores:
    """Stores of documents in folders of their own; the one named last stands."""

    def stand_in(name: str) -> Path:
        location = tmp_path / "stores" / name
        settings.STORAGES = settings.STORAGES | {
            "documents": {"BACKEND": "records.stores.SealedFolder", "OPTIONS": {"location": location}}
        }
        return location

    stand_in("first")
    return stand_in


def _stand_in(name: str) -> None:
    for alias in ("default", "owner"):
        connections[alias].close()
        connections.settings[alias]["NAME"] = name
        connections[alias].settings_dict["NAME"] = name


def targets(folder: Path) -> dict[str, Path]:
    return {part: folder / f"at-{part}" for part in ("database", "keys", "documents", "keyring")}


def without_keyring(parts: dict[str, Path]) -> dict[str, Path]:
    return {kind: folder for kind, folder in parts.items() if kind != "keyring"}


def test_a_restored_house_reads_and_verifies_as_before(home: Household, elsewhere: Elsewhere, tmp_path: Path) -> None:
    parts = save(targets(tmp_path))
    before = rights()
    home.file(value="1.1")
    with elsewhere():
        bring_back(without_keyring(parts))
        overview = open_overview(actor=home.patient)
        assert overview.identity.to_bytes() == home.identity.to_bytes()
        assert len(overview.newest) == 1
        while sequence_once():
            pass
        assert verify_log().ok
        assert compare_records().ok
        # What the application may not do is kept from it here too.
        assert rights() ^ before == set()


def rights() -> set[tuple[str, ...]]:
    """Who may do what to which table, column and function, and which triggers stand guard."""
    found: set[tuple[str, ...]] = set()
    with connections["owner"].cursor() as cursor:
        for question in (
            "SELECT c.oid::regclass::text, a.grantee::regrole::text, a.privilege_type FROM pg_class c,"
            " aclexplode(c.relacl) a WHERE c.relnamespace = 'public'::regnamespace AND a.grantee <> c.relowner",
            "SELECT t.attrelid::regclass::text, t.attname::text, a.grantee::regrole::text, a.privilege_type"
            " FROM pg_attribute t, aclexplode(t.attacl) a",
            "SELECT p.oid::regprocedure::text, a.grantee::regrole::text, a.privilege_type FROM pg_proc p,"
            " aclexplode(p.proacl) a WHERE p.pronamespace = 'public'::regnamespace AND a.grantee <> p.proowner"
            " AND proowner = 'carnet_owner'::regrole",
            "SELECT tgrelid::regclass::text, tgname::text, tgenabled::text FROM pg_trigger WHERE NOT tgisinternal",
        ):
            cursor.execute(question)
            found |= {tuple(map(str, row)) for row in cursor.fetchall()}
    connections["owner"].close()
    return found


def test_no_part_alone_says_anything(home: Household, tmp_path: Path) -> None:
    parts = save(targets(tmp_path))
    assert {folder.stat().st_mode & 0o777 for folder in parts.values()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in parts["keyring"].glob("*key*")} == {0o400}
    wrapped = bytes(PatientKey.objects.get(dossier_id=home.ref.id).wrapped or b"")
    for kind, folder in parts.items():
        said = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
        assert CANARY.encode() not in said
        # The database goes without its keys, whatever its compression.
        assert (wrapped.hex().encode() in said) is (kind == "keys")


def test_a_damaged_part_or_a_full_database_is_refused(home: Household, elsewhere: Elsewhere, tmp_path: Path) -> None:
    parts = save(targets(tmp_path))
    with pytest.raises(BadBackup, match="holds tables"):
        bring_back(without_keyring(parts))
    with pytest.raises(BadBackup, match="expected 'keys'"):
        open_part(parts["database"], "keys")
    rows = parts["keys"] / "records_patientkey.csv"
    rows.write_bytes(rows.read_bytes()[:-1] + b"!")
    with elsewhere(), pytest.raises(BadBackup, match="not what was written"):
        bring_back(without_keyring(parts))
    (parts["keys"] / "manifest.json").unlink()
    with pytest.raises(BadBackup, match="no finished part"):
        open_part(parts["keys"], "keys")


def test_what_was_erased_since_is_erased_again(
    home: Household, elsewhere: Elsewhere, owner: psycopg.Connection, tmp_path: Path
) -> None:
    old = save(targets(tmp_path))
    order(owner, home)
    shred(actor=Actor.system("erasure"), dossier_id=home.ref.id)
    # The next backup of the keys lies beside the old one: its list of erasures is found by itself.
    save({"keys": tmp_path / "at-keys"}, now=_later())
    with elsewhere():
        assert bring_back(without_keyring(old)).erased == 1
        with pytest.raises(Closed):
            open_overview(actor=home.patient)
        assert PatientKey.objects.get(dossier_id=home.ref.id).wrapped is None
        assert open_record(actor=home.neighbour, record_id=home.records[1])


def _later() -> datetime:
    return timezone.now() + timedelta(seconds=2)


def test_after_the_stated_delay_no_backup_opens_what_was_erased(
    home: Household, elsewhere: Elsewhere, owner: psycopg.Connection, tmp_path: Path, settings: object
) -> None:
    """The whole of it: backup, erasure, another master key, the former one gone; a thief with every old part."""
    old = save(targets(tmp_path))
    close(actor=replace(home.patient, fresh=True), dossier_id=home.ref.id)
    order(owner, home)
    shred(actor=Actor.system("erasure"), dossier_id=home.ref.id)
    (tmp_path / "next").mkdir()
    turn_master_key(tmp_path / "next", settings)
    while rewrap_batch(actor=HOUSE):
        pass
    new = save({"keys": tmp_path / "later"}, now=_later())
    none = tmp_path / "none.json"
    none.write_text("[]")

    # Before the delay is over, the honest limit: database, keys and the former master key open it all the same.
    with elsewhere():
        bring_back(without_keyring(old), erasures=none)
        assert open_record(actor=home.patient, record_id=home.records[0])

    (tmp_path / "alone").mkdir()
    turn_master_key_away(tmp_path / "alone", settings)
    # After it, the former master key is destroyed: the old keys unwrap nothing, whoever restores them.
    with elsewhere():
        bring_back(without_keyring(old), erasures=none)
        for actor, record in ((home.patient, home.records[0]), (home.neighbour, home.records[1])):
            with pytest.raises(Unreadable):
                open_record(actor=actor, record_id=record)
    # Others still open from the old database with the keys of today, which hold none of the erased record.
    with elsewhere():
        bring_back({"database": old["database"], "keys": new["keys"]}, erasures=none, later_keys=True)
        assert open_record(actor=home.neighbour, record_id=home.records[1])
        assert PatientKey.objects.get(dossier_id=home.ref.id).wrapped is None
        with pytest.raises(Unreadable):
            open_record(actor=home.patient, record_id=home.records[0])


def turn_master_key_away(folder: Path, settings: object) -> None:
    """The keyring without any former key: from now on they are nowhere."""
    ring = json.loads(Path(settings.KEYRING_FILE).read_text())
    ring["keys"] = {ring["current"]: ring["keys"][ring["current"]]}
    path = folder / "keyring.json"
    path.write_text(json.dumps(ring))
    path.chmod(0o400)
    settings.KEYRING_FILE = path
    CACHE.clear()


def test_a_key_that_turned_leaves_an_old_database_without_it(
    home: Household, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    """Why keys and database of one backup belong together, and what later keys cannot open."""
    old = save(targets(tmp_path))
    begin(actor=HOUSE, dossier_id=home.ref.id)
    carry_through(home.ref.id)
    destroy(actor=HOUSE, dossier_id=home.ref.id, grace=timedelta(0))
    new = save({"keys": tmp_path / "later"}, now=_later())
    with elsewhere(), pytest.raises(BadBackup, match="different backups"):
        bring_back({"database": old["database"], "keys": new["keys"]})
    with elsewhere():
        bring_back({"database": old["database"], "keys": new["keys"]}, later_keys=True)
        with pytest.raises(Unreadable):
            open_record(actor=home.patient, record_id=home.records[0])
    with elsewhere():
        bring_back(without_keyring(old))
        assert open_record(actor=home.patient, record_id=home.records[0])


def test_the_commands_say_what_they_did_and_refuse_one_place(
    home: Household, elsewhere: Elsewhere, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    places = [f"--{part}={folder}" for part, folder in targets(tmp_path).items()]
    call_command("backup", *places)
    folders = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert set(folders) == {"database", "keys", "documents", "keyring"}
    with elsewhere():
        call_command("restore", *(f"--{part}={folders[part]}" for part in ("database", "keys", "documents")))
        assert "0 records erased again" in capsys.readouterr().out
        assert open_record(actor=home.patient, record_id=home.records[0])
    for arguments, sentence in (
        ([], "at least one place"),
        ([f"--database={tmp_path}", f"--keyring={tmp_path}"], "one place"),
        ([f"--database={tmp_path}", f"--keys={tmp_path}/keys"], "one place"),
    ):
        with pytest.raises(CommandError, match=sentence):
            call_command("backup", *arguments)
    with pytest.raises(CommandError, match="Name what to restore"):
        call_command("restore")
    with pytest.raises(CommandError, match="no finished part"):
        call_command("restore", f"--database={tmp_path}")


def test_documents_come_back_and_open(home: Household, elsewhere: Elsewhere, stores: Stores, tmp_path: Path) -> None:
    """The store of a restored house is another folder: what was kept opens there, byte for byte."""
    originals = [os.urandom(length) for length in (0, 65_481, 300_000)]
    ids = [kept(home, data) for data in originals]
    parts = save(targets(tmp_path))
    saved = b"".join(path.read_bytes() for path in parts["documents"].rglob("*") if path.is_file())
    assert CANARY.encode() not in saved
    assert "genou" not in "".join(str(path) for path in parts["documents"].rglob("*"))
    with elsewhere():
        restored = stores("restored")
        assert bring_back(without_keyring(parts)).documents == len(ids)
        assert [read(home.patient, each) for each in ids] == originals
        assert {path.stat().st_mode & 0o777 for path in objects(restored)} == {0o600}
        with pytest.raises(Unknown):
            open_document(actor=home.neighbour, document_id=ids[0])
        while sequence_once():
            pass
        assert compare_documents(objects=True).ok


def test_an_object_that_is_swapped_or_missing_is_named(
    home: Household, elsewhere: Elsewhere, stores: Stores, tmp_path: Path
) -> None:
    first, second = kept(home, b"a" * 5_000), kept(home, b"b" * 5_000)
    names = dict(Document.objects.values_list("id", "stored_as"))
    parts = save(targets(tmp_path))
    one, other = (parts["documents"] / names[each] for each in (first, second))
    as_saved = one.read_bytes()
    # In the folder of the backup: refused before anything is written, and the file is named.
    one.write_bytes(other.read_bytes())
    with elsewhere():
        stores("untouched")
        with pytest.raises(BadBackup, match=re.escape(names[first])):
            bring_back(without_keyring(parts))
        one.unlink()
        with pytest.raises(BadBackup, match=re.escape(names[first])):
            bring_back(without_keyring(parts))
        one.write_bytes(as_saved)
        # In the store, after the restore: neither opens in the place of the other, and the comparison names both.
        restored = stores("restored")
        bring_back(without_keyring(parts))
        (restored / names[first]).write_bytes(other.read_bytes())
        (restored / names[second]).unlink()
        for document_id in (first, second):
            with pytest.raises(Unreadable):
                read(home.patient, document_id)
        while sequence_once():
            pass
        found = compare_documents(objects=True)
        assert set(found.examples) == {(Difference.ALTERED, first), (Difference.GONE, second)}
        assert found.differences.total() == 2
