"""Broken glass: for a reason, for a few minutes, below a ceiling, and never quietly."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils.translation import override

from audit.actor import Actor, Role
from audit.log import OutsideTransaction
from consent import emergencies, granting
from consent.categories import Category
from consent.decisions import Ground, Marks, Refused, Right, decide
from consent.facts import load_facts
from consent.granting import Invalid
from consent.models import Emergency
from tests.consent.conftest import acting, strangers, unknown
from tests.consent.worlds import MATRIX

SEALED = b"sealed by records"
READABLE = {"read", "write"}


def begin(practice, actor, **arguments):
    """As ``records.breaking_glass`` calls it."""
    given = {
        "emergency_id": uuid4(),
        "reason_code": "unconscious",
        "sealed_reason": SEALED,
        "key_version": 1,
        "digest": sha256(SEALED).digest(),
    }
    with transaction.atomic(durable=True):
        return emergencies.begin(actor=actor, ref=practice.ref, **(given | arguments))


def readable(practice, person, marks=None):
    facts = load_facts(acting(person), practice.ref)
    return {each for each in Category if decide(facts, category=each, right=Right.READ, marks=marks).allowed}


def test_it_opens_its_ceiling_without_care_and_is_remembered(practice):
    doctor = practice.hire("Garde")
    assert readable(practice, doctor) == set()
    emergency = uuid4()
    assert begin(practice, acting(doctor), emergency_id=emergency, minutes=15).allowed
    ceiling = {each for each in Category if {MATRIX["doctor"][each], MATRIX["emergency_regulator"][each]} <= READABLE}
    assert readable(practice, doctor) == ceiling
    assert Category.GENETICS not in ceiling
    line = practice.last()
    assert (line.event, line.outcome, line.object_id, line.ground) == (
        "emergency.opened", "allowed", emergency, "emergency",
    )  # fmt: skip
    assert (line.digest, line.key_version) == (sha256(SEALED).digest(), 1)
    assert (line.facts["reason"], line.facts["minutes"]) == ("unconscious", "15")
    assert "sealed" not in str(line)


def test_each_profession_has_its_own_ceiling(practice):
    for profession, row in MATRIX.items():
        person = practice.hire("Garde", profession)
        ceiling = {each for each in Category if {row[each], MATRIX["emergency_regulator"][each]} <= READABLE}
        decision = begin(practice, acting(person))
        assert decision.allowed is bool(ceiling), profession
        assert readable(practice, person) == ceiling
        if not ceiling:
            assert decision.ground is Ground.EMERGENCY_CLOSED


def test_it_ends_by_itself_after_the_minutes_of_the_setting(practice, settings):
    settings.EMERGENCY_MINUTES = 7
    doctor = practice.hire("Garde")
    begin(practice, acting(doctor))
    during = Emergency.objects.get().during
    assert during.upper - during.lower == timedelta(minutes=7)
    question = {"category": Category.LABORATORY, "right": Right.READ}
    for at, allowed in ((during.upper - timedelta(microseconds=1), True), (during.upper, False)):
        assert decide(load_facts(acting(doctor), practice.ref, at=at), **question).allowed is allowed


def test_it_opens_no_masked_document_and_nothing_to_another(practice):
    doctor, colleague = practice.hire("Garde", at="Urgences"), practice.hire("Voisin", at="Urgences")
    begin(practice, acting(doctor))
    assert readable(practice, doctor, Marks(author=colleague.id, masked=True)) == set()
    assert readable(practice, colleague) == set()


def test_an_opposed_professional_is_refused_and_it_is_remembered(practice):
    doctor = practice.hire("Garde", at="Urgences")
    opposed = granting.oppose(actor=practice.patient, ref=practice.ref, organisation=practice.places["Urgences"].id)
    decision = begin(practice, acting(doctor))
    assert (decision.allowed, decision.ground) == (False, Ground.OPPOSED_ORGANISATION)
    line = practice.last()
    assert (line.event, line.outcome, line.ground) == ("emergency.opened", "refused", "opposed_organisation")
    assert line.choice == opposed
    assert not Emergency.objects.exists()


def test_nobody_but_a_professional_breaks_the_glass(practice):
    for actor in (practice.patient, *(each for each in strangers(practice) if each.role is not Role.PROFESSIONAL)):
        assert not begin(practice, actor).allowed
        assert (practice.last().event, practice.last().outcome) == ("emergency.opened", "refused")
    ghost = Actor(id=uuid4(), role=Role.PROFESSIONAL, professional=uuid4(), profession="doctor")
    assert not begin(practice, ghost).allowed
    assert not Emergency.objects.exists()


def test_bad_input(practice):
    doctor = practice.hire("Garde")
    for minutes in (0, -5, 12 * 60 + 1):
        with pytest.raises(ValueError, match=f"minutes={minutes}"):
            begin(practice, acting(doctor), minutes=minutes)
    with override("en"), pytest.raises(Invalid, match="reason from the list"):
        begin(practice, acting(doctor), reason_code="curiosity")
    assert practice.log() == []
    begin(practice, acting(doctor), minutes=20)
    with override("en"), pytest.raises(Invalid, match="already open, for 20 more minutes at most"):
        begin(practice, acting(doctor))
    assert len(practice.log()) == Emergency.objects.count() == 1


def test_it_needs_the_transaction_of_a_door(practice):
    with pytest.raises(OutsideTransaction):
        emergencies.begin(
            actor=practice.patient, ref=practice.ref, emergency_id=uuid4(), reason_code="unconscious",
            sealed_reason=SEALED, key_version=1, digest=bytes(32),
        )  # fmt: skip


@pytest.mark.parametrize("by_patient", [False, True])
def test_it_is_closed_early_by_who_opened_it_or_by_the_patient(practice, by_patient):
    doctor = practice.hire("Garde")
    emergency = uuid4()
    begin(practice, acting(doctor), emergency_id=emergency)
    actor = practice.patient if by_patient else acting(doctor)
    emergencies.end(actor=actor, ref=practice.ref, emergency_id=emergency)
    line = practice.last()
    assert (line.event, line.outcome, line.object_id, line.actor) == ("emergency.ended", "done", emergency, actor.id)
    assert readable(practice, doctor) == set()
    assert Emergency.objects.get().during.upper <= datetime.now(UTC)
    with override("en"), pytest.raises(Invalid, match="already over"):
        emergencies.end(actor=actor, ref=practice.ref, emergency_id=emergency)
    begin(practice, acting(doctor))


def test_nobody_else_closes_it_and_an_unknown_one_answers_alike(practice):
    doctor, colleague = practice.hire("Garde"), practice.hire("Voisin", cares=True)
    emergency = uuid4()
    begin(practice, acting(doctor), emergency_id=emergency)
    for actor, asked in ((acting(colleague), emergency), (acting(colleague), unknown()), (acting(doctor), unknown())):
        with pytest.raises(Refused):
            emergencies.end(actor=actor, ref=practice.ref, emergency_id=asked)
        assert (practice.last().event, practice.last().outcome) == ("emergency.ended", "refused")
    assert readable(practice, doctor) != set()
