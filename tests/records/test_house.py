"""House keys: one per purpose, made once, and nothing of one purpose opens under another."""

import threading
from uuid import uuid4

import pytest
from django.db import connection, transaction
from psycopg import Connection

from audit.actor import Actor
from audit.log import entries_by
from records.house import LOOKUPS, PURPOSES, lookup_digest, open_for_house, seal_for_house
from records.models import HouseKey
from records.unlocking import CACHE
from records.vault.cipher import Flaw, Unreadable

OWNER = uuid4()


def test_round_trip_for_each_purpose(db: object) -> None:
    for purpose in PURPOSES:
        blob = seal_for_house(purpose, OWNER, b"plain")
        assert b"plain" not in blob
        assert open_for_house(purpose, OWNER, blob) == b"plain"
        assert open_for_house(purpose, OWNER, memoryview(blob)) == b"plain"
    assert HouseKey.objects.count() == len(PURPOSES)
    made = entries_by(Actor.system("rotation").id)
    assert [entry.event for entry in made] == ["house_key.created"] * len(PURPOSES)


def test_another_purpose_or_owner_does_not_open(db: object) -> None:
    blob = seal_for_house("factor", OWNER, b"plain")
    seal_for_house("contact", OWNER, b"plain")
    for purpose, owner in (("contact", OWNER), ("factor", uuid4())):
        with pytest.raises(Unreadable) as caught:
            open_for_house(purpose, owner, blob)
        assert caught.value.flaw is Flaw.COMMITMENT
    with pytest.raises(Unreadable):
        open_for_house("recovery", OWNER, blob)
    for changed in (b"", blob[:-1], blob[:4] + b"\x09" + blob[5:]):
        with pytest.raises(Unreadable):
            open_for_house("factor", OWNER, changed)


def test_unknown_purposes_and_kinds_are_mistakes(db: object) -> None:
    with pytest.raises(ValueError, match="expected one of"):
        seal_for_house("patient", OWNER, b"")
    with pytest.raises(ValueError, match="expected one of"):
        lookup_digest("name", "x")


def test_look_ups_are_stable_keyed_and_apart(db: object, owner: Connection) -> None:
    digests = {lookup_digest(kind, "x") for kind in LOOKUPS}
    assert len(digests) == len(LOOKUPS)
    assert {len(digest) for digest in digests} == {32}
    CACHE.clear()
    assert lookup_digest("login", "x") in digests
    owner.execute("DELETE FROM records_housekey")
    assert lookup_digest("login", "x") not in digests


def test_a_key_rolled_back_is_never_used_again(db: object) -> None:
    with transaction.atomic():
        lost = seal_for_house("factor", OWNER, b"plain")
        transaction.set_rollback(True)
    assert not HouseKey.objects.exists()
    kept = seal_for_house("factor", OWNER, b"plain")
    CACHE.clear()
    assert open_for_house("factor", OWNER, kept) == b"plain"
    with pytest.raises(Unreadable):
        open_for_house("factor", OWNER, lost)


def test_made_once_by_many_at_once(db: object) -> None:
    barrier, blobs = threading.Barrier(4), []

    def one() -> None:
        barrier.wait()
        try:
            blobs.append(seal_for_house("factor", OWNER, b"plain"))
        finally:
            connection.close()

    threads = [threading.Thread(target=one) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert HouseKey.objects.count() == 1
    assert [open_for_house("factor", OWNER, blob) for blob in blobs] == [b"plain"] * 4
