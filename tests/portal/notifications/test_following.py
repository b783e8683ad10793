"""Letters follow the log: once per entry and person, in neutral words, and nothing is told twice."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from audit.actor import Actor, Role, Strength, SystemTask
from audit.events import Event, Outcome
from audit.log import LoggedEntry, append
from audit.sequencing import sequence_once
from consent.categories import Category
from consent.wishing import WishKind, wish
from portal.accounts.models import Account
from portal.notifications import following
from portal.notifications.following import follow_log, kind_of
from portal.notifications.models import Kind, KnownReader, Letter, LogCursor
from records.headers import Header
from records.marking import release
from records.models import Dossier
from records.writing import deposit
from tests.portal.ward import a_carer, a_patient, in_care


@pytest.fixture
def patient(db) -> Dossier:
    account = Account.objects.create(login_digest=uuid4().bytes * 2, role="patient")
    return Dossier.objects.create(account=account, sealed_identity=b"\x01" * 200)


def a_professional() -> Actor:
    return Actor(
        id=uuid4(), role=Role.PROFESSIONAL, strength=Strength.OTP, profession="doctor", professional=uuid4(),
        organisation=uuid4(),
    )  # fmt: skip


def remember(event: Event, actor: Actor, dossier: Dossier, outcome: Outcome = Outcome.ALLOWED) -> None:
    with transaction.atomic():
        append(event, actor=actor, outcome=outcome, dossier=dossier.pseudonym)
    sequence_once()


def kinds() -> list[str]:
    return list(Letter.objects.order_by("entry_index").values_list("kind", flat=True))


def test_a_reader_is_told_of_once(patient) -> None:
    doctor, other = a_professional(), a_professional()
    for reader in (doctor, doctor, other, doctor):
        remember(Event.DOSSIER_OPENED, reader, patient)
    follow_log()
    remember(Event.RECORD_READ, other, patient)
    follow_log()
    assert kinds() == [Kind.FIRST_ACCESS, Kind.FIRST_ACCESS]
    assert set(Letter.objects.values_list("account_id", flat=True)) == {patient.account_id}


def test_following_again_from_the_beginning_tells_nothing_twice(patient) -> None:
    remember(Event.DOSSIER_OPENED, a_professional(), patient)
    remember(Event.RECORD_CREATED, a_professional(), patient, Outcome.DONE)
    follow_log()
    before = list(Letter.objects.order_by("entry_index").values_list("id", flat=True))
    LogCursor.objects.update(last_index=-1)
    follow_log()
    assert list(Letter.objects.order_by("entry_index").values_list("id", flat=True)) == before
    assert len(before) == 2


def test_a_crash_before_the_end_leaves_nothing_half_told(patient, monkeypatch) -> None:
    remember(Event.DOSSIER_OPENED, a_professional(), patient)

    def crash(*_args, **_kwargs):
        raise RuntimeError("power cut")

    with monkeypatch.context() as broken:
        broken.setattr(LogCursor, "save", crash)
        with pytest.raises(RuntimeError, match="power cut"):
            follow_log()
    assert not Letter.objects.exists()
    assert not KnownReader.objects.exists()
    assert follow_log() > 0
    assert kinds() == [Kind.FIRST_ACCESS]


def test_an_emergency_is_told_and_its_openings_are_not_news(patient) -> None:
    doctor = a_professional()
    remember(Event.EMERGENCY_OPENED, doctor, patient)
    remember(Event.DOSSIER_OPENED, doctor, patient)
    follow_log()
    assert kinds() == [Kind.EMERGENCY]


def test_every_emergency_is_told_even_by_a_known_reader(patient) -> None:
    doctor = a_professional()
    remember(Event.DOSSIER_OPENED, doctor, patient)
    remember(Event.EMERGENCY_OPENED, doctor, patient)
    remember(Event.EMERGENCY_OPENED, doctor, patient)
    follow_log()
    assert kinds() == [Kind.FIRST_ACCESS, Kind.EMERGENCY, Kind.EMERGENCY]


def test_refusals_own_acts_and_unclaimed_dossiers_call_for_no_letter(patient) -> None:
    unclaimed = Dossier.objects.create(sealed_identity=b"\x01" * 200)
    remember(Event.DOSSIER_OPENED, a_professional(), patient, Outcome.REFUSED)
    remember(Event.RECORD_READ, Actor(id=patient.account_id, role=Role.PATIENT), patient)
    remember(Event.DOSSIER_OPENED, a_professional(), unclaimed)
    remember(Event.DOSSIER_LISTED, a_professional(), patient)
    assert follow_log() >= 4
    assert kinds() == []


def test_an_import_is_told_once_however_many_records_it_wrote(patient) -> None:
    house = Actor.system(SystemTask.IMPORT)
    for _ in range(3):
        remember(Event.RECORD_CREATED, house, patient, Outcome.DONE)
    remember(Event.IMPORT_DONE, house, patient, Outcome.DONE)
    follow_log()
    assert kinds() == [Kind.NEW_DOCUMENT]


def test_a_long_backlog_is_followed_in_batches(patient) -> None:
    for _ in range(5):
        remember(Event.EMERGENCY_OPENED, a_professional(), patient)
    while follow_log(limit=2):
        pass
    assert len(kinds()) == 5
    assert LogCursor.objects.get().last_index == Letter.objects.order_by("-entry_index")[0].entry_index


def an_entry(**changed: object) -> LoggedEntry:
    entry = LoggedEntry(
        id=uuid4(), at=datetime.now(UTC), event=Event.RECORD_READ.dotted, actor=uuid4(), role="professional",
        outcome="allowed", request=uuid4(), dossier=UUID(int=7), index=1,
    )  # fmt: skip
    return replace(entry, **changed)


def test_no_event_of_an_administrator_or_visitor_becomes_a_first_access() -> None:
    for role in ("administrator", "anonymous", "system"):
        assert kind_of(an_entry(role=role)) is None
    assert kind_of(an_entry()) is Kind.FIRST_ACCESS
    assert kind_of(an_entry(dossier=None)) is None


def test_the_words_of_letters_are_neutral() -> None:
    forbidden = ("health", "medical", "doctor", "allerg", "prescription", "laboratory", "psych", "hospital", "document")
    for kind in Kind:
        sentence = str(kind.label).lower()
        assert not [word for word in forbidden if word in sentence]
    assert following.follow_log.__doc__


def test_a_held_result_is_told_of_when_it_is_released_and_not_before(db) -> None:
    """A letter would betray what a professional wants to explain first."""
    patient, doctor = a_patient(), a_carer()
    in_care(patient, doctor)
    wish(actor=patient.actor, ref=patient.ref, kind=WishKind.AT_VISIT, category=Category.LABORATORY)
    record_id = deposit(
        actor=doctor.actor,
        dossier_id=patient.ref.id,
        category=Category.LABORATORY,
        header=Header(kind="Observation", title="HbA1c"),
        resource=b'{"resourceType": "Observation"}',
    )
    sequence_once()
    follow_log()
    assert not Letter.objects.filter(kind=Kind.NEW_DOCUMENT).exists()
    release(actor=doctor.actor, record_id=record_id)
    sequence_once()
    follow_log()
    assert Letter.objects.filter(kind=Kind.NEW_DOCUMENT).count() == 1
