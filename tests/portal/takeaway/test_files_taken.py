"""The files kept with records leave with them: byte for byte, by the rules of their record, without lying in memory."""

from __future__ import annotations

import os
import re
import tracemalloc
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.utils import timezone

from audit.actor import Actor
from audit.log import entries_about
from consent.categories import Category
from consent.decisions import RepresentativeKind
from consent.models import WishKind
from consent.representing import SHAREABLE, add_representative
from consent.wishing import wish
from portal.takeaway.making import make_copy
from records.copying import Unknown, ask, take
from records.documents import remove_document
from records.dossiers import aged_ref
from records.identity import create_dossier
from records.marking import hold, open_to_guardians
from records.models import Document
from records.rotation import begin, destroy
from records.turning import carry_through
from records.vault.cipher import Unreadable
from records.writing import mask
from tests.portal.takeaway.test_copies import _numbered, fresh, made, taken  # noqa: F401 - a fixture
from tests.records.papers import kept, objects, send
from tests.records.scenes import SEED, Household, account, make_household, patient_actor, person

LAB, MIND, INTIMATE = Category.LABORATORY, Category.MENTAL_HEALTH, Category.MATERNITY_SEXUAL_HEALTH


@pytest.fixture
def folder(tmp_path: Path, settings: LazySettings) -> Path:
    """A store for this test alone."""
    settings.STORAGES = settings.STORAGES | {
        "documents": {"BACKEND": "records.stores.SealedFolder", "OPTIONS": {"location": tmp_path}}
    }
    return tmp_path


@pytest.fixture
def home(db: object, folder: Path) -> Household:
    return make_household()


def files_of(home: Household, **more: bool) -> dict[str, bytes]:
    """The files of a copy, by their place in the folder."""
    with taken(home, made(home, **more)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist() if name.startswith("documents/")}


def test_each_original_leaves_byte_for_byte(home: Household, folder: Path) -> None:
    """The edges of a segment, of a part of the copy, and nothing at all; staged and removed ones stay."""
    originals = [os.urandom(length) for length in (0, 1, 65_480, 65_481, (1 << 20) + 17)]
    sent = [kept(home, data) for data in originals] + [kept(home, b"of the laboratory", LAB)]
    gone = kept(home, b"taken out before")
    remove_document(actor=home.patient, document_id=gone)
    send(home, b"staged, and kept with no record")
    files = files_of(home)
    scans = [data for name, data in sorted(files.items()) if name.startswith("documents/imaging/")]
    assert sorted(scans) == sorted(originals)
    assert b"of the laboratory" in files.values()
    assert len(files) == len(sent)
    # Names that no program which unpacks could take for a way out of the folder.
    assert all(re.fullmatch(r"documents/[a-z_]+/\d{4}-genou\.pdf", name) for name in files)
    told = [entry.object_id for entry in entries_about(home.ref.pseudonym, limit=500) if entry.event == "file.read"]
    # Once for the folder, once for the bundle: each is whole by itself.
    assert sorted(told) == sorted(sent * 2)


def test_they_leave_after_their_key_turned(home: Household) -> None:
    data = os.urandom(200_000)
    kept(home, data)
    begin(actor=Actor.system("rotation"), dossier_id=home.ref.id)
    carry_through(home.ref.id)
    destroy(actor=Actor.system("rotation"), dossier_id=home.ref.id, grace=timedelta(0))
    assert list(files_of(home).values()) == [data]


def test_hidden_from_screens_they_leave_only_when_asked_for(home: Household) -> None:
    kept(home, b"of the laboratory", LAB)
    kept(home, b"of the mind", MIND)
    wish(actor=fresh(home), ref=home.ref, kind=WishKind.DISCREET, category=MIND)
    assert list(files_of(home).values()) == [b"of the laboratory"]
    assert set(files_of(home, with_hidden=True).values()) == {b"of the laboratory", b"of the mind"}


def test_one_that_is_held_for_a_visit_waits_and_a_masked_one_is_their_own(home: Household) -> None:
    held, masked = (Document.objects.get(id=kept(home, word, LAB)).record_id for word in (b"held", b"masked"))
    hold(actor=home.doctor, record_id=held, until=timezone.now() + timedelta(days=2))
    mask(actor=home.patient, record_id=masked)
    assert list(files_of(home, with_hidden=True).values()) == [b"masked"]


def test_a_damaged_one_lets_no_copy_out(home: Household, folder: Path) -> None:
    kept(home, os.urandom(100_000))
    [stored] = objects(folder)
    data = bytearray(stored.read_bytes())
    data[-1] ^= 1
    stored.write_bytes(data)
    copy_id = ask(actor=fresh(home), dossier_id=home.ref.id, language="en")
    with pytest.raises(Unreadable):
        make_copy(copy_id)
    with pytest.raises(Unknown):
        take(actor=fresh(home), copy_id=copy_id)


@pytest.mark.parametrize("years", [6, 16])
def test_a_guardian_takes_what_they_may_read_and_no_secret(home: Household, years: int) -> None:
    child = a_child(home, years)
    guardian = parent_of(child)
    opened = []
    for category, word in ((LAB, b"of the laboratory"), (INTIMATE, b"a secret"), (INTIMATE, b"opened to them")):
        opened.append(Document.objects.get(id=kept(child, word, category)).record_id)
    masked = Document.objects.get(id=kept(child, b"masked", LAB)).record_id
    mask(actor=child.patient, record_id=masked)
    open_to_guardians(actor=child.patient, record_id=opened[-1], confirmed=True)
    theirs = replace(child, patient=guardian)
    assert set(files_of(theirs, with_hidden=True).values()) == {b"of the laboratory", b"opened to them"}
    with taken(theirs, made(theirs)) as archive:
        assert not {"proofs.txt", "accesses.json", "accesses.html"} & set(archive.namelist())


def a_child(home: Household, years: int) -> Household:
    owner = account("patient")
    born = date.today() - timedelta(days=int(years * 365.25) + 40)
    ref = create_dossier(actor=SEED, identity=person("Lucas", birth_date=born), account_id=owner.id)
    return replace(home, patient=patient_actor(owner), ref=ref)


def parent_of(child: Household) -> Actor:
    parent = account("patient")
    kind, ref = RepresentativeKind.PARENT, aged_ref(child.ref.id)
    add_representative(actor=SEED, ref=ref, account=parent.id, kind=kind, categories=SHAREABLE)
    return patient_actor(parent)


@pytest.mark.asvs("v5.0.0-1.4.3")
def test_a_large_one_never_lies_in_memory(home: Household) -> None:
    """16 MiB go through the worker and out again in half of that at most, of which words of the pages take most."""
    size = 16 << 20
    kept(home, os.urandom(size))
    tracemalloc.start()
    try:
        copy_id = made(home)
        making = tracemalloc.get_traced_memory()[1]
        tracemalloc.reset_peak()
        left = sum(len(part) for part in take(actor=fresh(home), copy_id=copy_id).parts)
        taking = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert left > size
    assert max(making, taking) < size / 2
