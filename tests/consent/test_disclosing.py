"""Lawful disclosures and the review of emergencies."""

from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils.translation import override

from audit.actor import Actor, Role
from consent.acting import now
from consent.ages import Age
from consent.categories import Category
from consent.decisions import Refused, RepresentativeKind
from consent.disclosing import Invalid, agree_deferral, bases, disclose, read_disclosures
from consent.models import Disclosure, Emergency, EmergencyReview, Verdict
from consent.representing import add_representative
from consent.reviews import await_review, read_queue, review
from tests.consent.conftest import DAY, acting, strangers
from tests.consent.test_representing import somebody


def test_the_patient_reads_what_was_told_about_them_at_once(practice):
    doctor = practice.hire("Lefevre", cares=True)
    disclose(actor=acting(doctor), ref=practice.ref, basis="notifiable_measles", fields=["disease", "age"])
    with override("en"):
        told = read_disclosures(actor=practice.patient, ref=practice.ref)
    assert [(each.label, each.fields, each.named, each.recipient) for each in told] == [
        ("Measles", ("age", "disease"), False, "regional_health_agency")
    ]
    assert "L. 3113-1" in told[0].law
    for actor in strangers(practice):
        with pytest.raises(Refused):
            read_disclosures(actor=actor, ref=practice.ref)


def test_a_deferral_needs_a_second_professional_within_two_days(practice):
    doctor, second = practice.hire("Lefevre", cares=True), practice.hire("Deux", cares=True)
    review_at = now() + 30 * DAY
    given = {"ref": practice.ref, "basis": "abuse", "fields": ["findings"], "review_at": review_at}
    made = disclose(actor=acting(doctor), **given)
    assert Disclosure.objects.get().visible_from < now() + 3 * DAY, "alone, it holds for two days"
    for actor, words in ((doctor, "second professional"), (second, None), (second, "nothing to agree")):
        call = {"actor": acting(actor), "ref": practice.ref, "disclosure_id": made}
        if words is None:
            agree_deferral(**call)
            continue
        with override("en"), pytest.raises(Invalid, match=words):
            agree_deferral(**call)
    assert Disclosure.objects.get().visible_from == review_at
    assert read_disclosures(actor=practice.patient, ref=practice.ref) == ()
    Disclosure.objects.update(at=review_at - 60 * DAY, visible_from=now() - DAY)
    assert len(read_disclosures(actor=practice.patient, ref=practice.ref)) == 1


def test_a_guardian_who_may_be_implicated_is_never_shown_it(practice):
    doctor, parent = practice.hire("Lefevre", cares=True), somebody()
    ref = replace(practice.ref, age=Age.UNDER_15)
    add_representative(
        actor=Actor.system("import"), ref=ref, account=parent.id, kind=RepresentativeKind.PARENT,
        categories=[Category.LABORATORY],
    )  # fmt: skip
    disclose(actor=acting(doctor), ref=ref, basis="abuse", fields=["findings"], implicated=True)
    disclose(actor=acting(doctor), ref=ref, basis="birth", fields=["date"])
    with override("en"):
        assert [each.label for each in read_disclosures(actor=parent, ref=ref)] == ["Birth"]
        assert len(read_disclosures(actor=practice.patient, ref=ref)) == 2


def test_a_disclosure_opens_nothing_and_only_who_takes_care_makes_one(practice):
    for actor in [practice.patient, *strangers(practice)]:
        if actor.role is Role.PROFESSIONAL and actor.professional and practice.ref:
            continue
        with pytest.raises(Refused):
            disclose(actor=actor, ref=practice.ref, basis="birth", fields=["date"])
        assert practice.last().outcome == "refused"
    with pytest.raises(Refused):
        disclose(actor=acting(practice.hire("Loin")), ref=practice.ref, basis="birth", fields=["date"])


def test_bad_input_is_a_sentence(practice):
    doctor = acting(practice.hire("Lefevre", cares=True))
    for words, changed in (
        ("legal ground", {"basis": "gossip"}),
        ("does not let", {"fields": ["name"]}),
        ("does not let", {"fields": []}),
        ("six months", {"review_at": now() - DAY}),
        ("six months", {"review_at": now() + 400 * DAY}),
    ):
        good = {"basis": "notifiable_measles", "fields": ["disease"]}
        with override("en"), pytest.raises(Invalid, match=words):
            disclose(actor=doctor, ref=practice.ref, **good | changed)
    assert (Disclosure.objects.count(), practice.log()) == (0, [])


def test_the_list_is_dated_data_that_the_application_cannot_write(practice):
    assert {each.code for each in bases(now())} >= {"birth", "death", "abuse", "notifiable_tuberculosis"}
    assert bases(now() - 20 * 365 * DAY) == []


# --- the review of emergencies ------------------------------------------------------------------


def broken(practice, *, minutes_ago=60):
    start = now() - timedelta(minutes=minutes_ago)
    emergency = Emergency.objects.create(
        dossier=practice.ref.id, professional=practice.hire("Garde"), reason_code="unconscious", sealed_reason=b"x",
        key_version=1, digest=bytes(32), during=(start, start + timedelta(minutes=30)),
    )  # fmt: skip
    emergency.refresh_from_db()
    await_review(emergency, start)
    return emergency


@pytest.fixture
def administrator(db):
    return Actor(id=somebody().id, role=Role.ADMINISTRATOR)


def test_the_queue_has_a_deadline_and_empties_by_verdicts(practice, administrator):
    first, second = broken(practice, minutes_ago=60 * 24 * 9), broken(practice)
    queue = read_queue(actor=administrator)
    assert [(each.emergency_id, each.late) for each in queue] == [(first.id, True), (second.id, False)]
    review(actor=administrator, emergency_id=first.id, verdict=Verdict.JUSTIFIED)
    assert [each.emergency_id for each in read_queue(actor=administrator)] == [second.id]
    done = EmergencyReview.objects.get(emergency=first)
    assert (done.reviewer_id, done.verdict) == (administrator.id, "justified")
    for words, emergency_id in (("does not wait", first.id), ("does not wait", uuid4())):
        with override("en"), pytest.raises(Invalid, match=words):
            review(actor=administrator, emergency_id=emergency_id, verdict=Verdict.JUSTIFIED)


def test_an_emergency_is_reviewed_when_it_is_over_and_by_administrators_only(practice, administrator):
    still_open = broken(practice, minutes_ago=10)
    with override("en"), pytest.raises(Invalid, match="still open"):
        review(actor=administrator, emergency_id=still_open.id, verdict=Verdict.QUESTIONED)
    for actor in (practice.patient, acting(practice.hire("X")), Actor.anonymous(), Actor.system("seed")):
        with pytest.raises(Refused):
            read_queue(actor=actor)
        with pytest.raises(Refused):
            review(actor=actor, emergency_id=still_open.id, verdict=Verdict.QUESTIONED)
