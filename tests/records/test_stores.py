"""One contract for every store of documents, kept by a folder and by a real server with the S3 interface."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.storage import storages

from consent.categories import Category
from portal.documents import read_documents
from portal.env import Environment, SettingsRefused
from records.models import Document
from records.receiving import begin_upload
from records.rotation import begin
from records.stores import Store, StoreAway, new_name
from records.sweeping import sweep_documents
from records.turning import carry_through
from records.vault.cipher import Flaw, Unreadable
from tests.records import radosgw
from tests.records.papers import body, read, send
from tests.records.scenes import Household
from tests.records.test_resealing import HOUSE, SWEEP

MIB = 1024 * 1024


@pytest.fixture(scope="session")
def gateway() -> Iterator[radosgw.Radosgw]:
    """Ceph's gateway; without its programs, the tests against it are skipped and say so."""
    lacking = radosgw.missing()
    if lacking:
        pytest.skip(
            f"NOT RUN against a real S3 server: {', '.join(lacking)} missing (Debian: radosgw ceph-mon ceph-osd)"
        )
    folder = Path(tempfile.mkdtemp(prefix="rados-"))
    server = radosgw.Radosgw(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def s3_storage(gateway: radosgw.Radosgw, bucket: str) -> dict:
    variables = {
        "DOCUMENTS": "s3",
        "S3_ENDPOINT": gateway.endpoint,
        "S3_BUCKET": bucket,
        "S3_ACCESS_KEY": radosgw.ACCESS,
        "S3_SECRET_KEY": radosgw.SECRET,
    }
    return read_documents(Environment(variables), folder=Path("/nowhere"), private_network=False).storage


def folder_storage(tmp_path: Path) -> dict:
    return read_documents(Environment({}), folder=tmp_path, private_network=False).storage


@pytest.fixture(params=["folder", "radosgw"])
def store(request: pytest.FixtureRequest, tmp_path: Path, settings: LazySettings) -> Store:
    """The store of this test, empty."""
    if request.param == "folder":
        storage = folder_storage(tmp_path)
    else:
        bucket = f"carnet-{time.time_ns()}"
        storage = s3_storage(request.getfixturevalue("gateway"), bucket)
    settings.STORAGES = settings.STORAGES | {"documents": storage}
    made = storages["documents"]
    if request.param == "radosgw":
        made.connection.create_bucket(Bucket=bucket)
    return made


def put(store: Store, data: bytes, piece: int = 65_536) -> str:
    writing = store.begin()
    for at in range(0, len(data), piece):
        writing.write(memoryview(data)[at : at + piece])
    writing.close()
    return writing.name


@pytest.mark.parametrize("size", [0, 1, 5 * MIB, 8 * MIB, 16 * MIB, 16 * MIB + 1, 25 * MIB])
def test_what_is_written_is_read(store: Store, size: int) -> None:
    data = os.urandom(size)
    stored = store.open_stored(put(store, data))
    assert stored.size == size
    assert stored.read(0, size) == data
    for start, stop in ((0, size // 3), (size // 2, size), (size, size)):
        assert stored.read(start, stop) == data[start:stop]
    stored.close()


def test_a_piece_may_be_changed_after_it_was_written(store: Store) -> None:
    piece = bytearray(b"one")
    writing = store.begin()
    writing.write(piece)
    piece[:] = b"two"
    writing.write(piece)
    writing.close()
    assert store.open_stored(writing.name).read(0, 6) == b"onetwo"


def test_what_is_not_there_says_so_and_may_be_removed(store: Store) -> None:
    with pytest.raises(Unreadable) as caught:
        store.open_stored(new_name())
    assert caught.value.flaw is Flaw.MISSING
    name = put(store, b"sealed")
    store.remove(name)
    store.remove(name)
    with pytest.raises(Unreadable):
        store.open_stored(name)


@pytest.mark.parametrize("size", [10, 30 * MIB])
def test_abandoned_before_or_after_the_end_nothing_remains(store: Store, size: int) -> None:
    before, after = store.begin(), store.begin()
    for writing in (before, after):
        writing.write(bytes(size))
    before.abandon()
    after.close()
    after.abandon()
    assert list(store.each()) == []
    assert store.clear_unfinished(datetime.now(UTC) + timedelta(hours=1)) == 0


def test_each_object_is_listed_with_its_time(store: Store) -> None:
    names = {put(store, b"sealed") for _ in range(3)}
    listed = dict(store.each())
    assert set(listed) == names
    for written in listed.values():
        assert abs((datetime.now(UTC) - written).total_seconds()) < 60


def test_what_a_killed_writer_left_is_cleared(store: Store) -> None:
    killed = store.begin()
    for _ in range(20):
        killed.write(bytes(MIB))
    hour = timedelta(hours=1)
    assert store.clear_unfinished(datetime.now(UTC) - hour) == 0
    # In a folder it is an object like any other, in a bucket parts of one.
    assert store.clear_unfinished(datetime.now(UTC) + hour) + len(list(store.each())) == 1


@pytest.mark.asvs("v5.0.0-5.3.2")
def test_documents_through_all_their_life(store: Store, household: Household) -> None:
    document_id = send(household, body(20 * MIB))
    assert read(household.patient, document_id) == body(20 * MIB)
    begin(actor=HOUSE, dossier_id=household.ref.id)
    assert carry_through(household.ref.id) == 0
    assert sweep_documents(actor=SWEEP, grace=timedelta(0)).former == 1
    assert read(household.patient, document_id) == body(20 * MIB)
    assert [name for name, _ in store.each()] == [Document.objects.get(id=document_id).stored_as]


@pytest.mark.asvs("v5.0.0-16.5.2")
def test_a_gateway_that_falls_silent_is_away_and_comes_back(
    gateway: radosgw.Radosgw, household: Household, settings: LazySettings
) -> None:
    storage = s3_storage(gateway, "carnet-silent")
    storage["OPTIONS"] |= {"seconds": 1, "tries": 1}
    settings.STORAGES = settings.STORAGES | {"documents": storage}
    storages["documents"].connection.create_bucket(Bucket="carnet-silent")
    document_id = send(household, body(100_000))
    gateway.pause(on=True)
    try:
        with pytest.raises(StoreAway):
            read(household.patient, document_id)
        upload = begin_upload(actor=household.patient, dossier_id=household.ref.id, category=Category.IMAGING)
        upload.write(body(1000))
        with pytest.raises(StoreAway):
            upload.finish(name="a", media_type="image/png")
    finally:
        gateway.pause(on=False)
    assert read(household.patient, document_id) == body(100_000)
    assert Document.objects.count() == 1


def test_wrong_credentials_and_no_bucket_are_away(gateway: radosgw.Radosgw, settings: LazySettings) -> None:
    storage = s3_storage(gateway, "carnet-nobodys")
    settings.STORAGES = settings.STORAGES | {"documents": storage}
    with pytest.raises(StoreAway):
        put(storages["documents"], b"sealed")
    storage["OPTIONS"]["secret_key"] = "not-the-secret-key-of-anybody"
    settings.STORAGES = settings.STORAGES | {"documents": storage}
    with pytest.raises(StoreAway) as caught:
        put(storages["documents"], b"sealed")
    assert caught.value.__cause__ is None
    assert "secret" not in str(caught.value)


def test_a_folder_that_cannot_be_written_is_away(tmp_path: Path, settings: LazySettings) -> None:
    (tmp_path / "documents").write_text("a file where the folder should be")
    settings.STORAGES = settings.STORAGES | {"documents": folder_storage(tmp_path / "documents")}
    with pytest.raises(StoreAway):
        storages["documents"].begin()


def test_a_full_disk_is_away_and_nothing_remains(household: Household, settings: LazySettings) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    writing = storages["documents"].begin()
    writing._file.close()
    writing._file = full.open("wb", buffering=0)
    with pytest.raises(StoreAway):
        writing.write(b"sealed")
    writing.abandon()
    assert writing.name not in dict(storages["documents"].each())


def test_names_of_objects_travel_in_clear_on_our_own_network_only() -> None:
    variables = {"DOCUMENTS": "s3", "S3_ENDPOINT": "http://s3.example.fr", "S3_BUCKET": "b", "S3_ACCESS_KEY": "a"}
    env = Environment({**variables, "S3_SECRET_KEY": "s" * 16})
    with pytest.raises(SettingsRefused, match="S3_ENDPOINT"):
        read_documents(env, folder=Path("/nowhere"), private_network=False)
    assert "s" * 16 not in repr(read_documents(env, folder=Path("/nowhere"), private_network=True))
