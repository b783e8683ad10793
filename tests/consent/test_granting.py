"""The doors of the patient: allowed, refused, remembered, and bad input that changes nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from django.utils.translation import override

from audit import log
from audit.models import Entry
from consent import granting
from consent.categories import Category
from consent.decisions import Ground, Refused, Right, decide
from consent.facts import load_facts
from consent.granting import Invalid
from consent.models import CareRelationship, Choice, Opposition
from tests.consent.conftest import acting, strangers, tomorrow, unknown, yesterday

LAB, GENETICS = Category.LABORATORY, Category.GENETICS
TABLES = (CareRelationship, Choice, Opposition)


def contents():
    """All that the doors could change, and the log."""
    return [list(table.objects.order_by("pk").values()) for table in TABLES], Entry.objects.count()


@pytest.fixture
def invalid():
    """The call says this sentence and leaves everything as it was."""

    def check(words, door, **arguments):
        before = contents()
        with override("en"), pytest.raises(Invalid) as error:
            door(**arguments)
        assert words in error.value.sentence
        assert str(error.value) == error.value.sentence
        assert contents() == before

    return check


def ground(practice, person, category=LAB, right=Right.READ):
    return decide(load_facts(acting(person), practice.ref), category=category, right=right).ground


def at_home(practice):
    """What every call of the patient begins with."""
    return {"actor": practice.patient, "ref": practice.ref}


def every_door(practice, actor):
    """Each door, called by that actor with sensible input."""
    doctor = practice.hire("Cible", cares=True)
    common = {"actor": actor, "ref": practice.ref}
    return [
        ("relationship.opened", lambda: granting.open_relationship(**common, professional=practice.hire("Neuf").id)),
        ("relationship.ended", lambda: granting.end_relationship(**common, professional=doctor.id)),
        (
            "choice.made",
            lambda: granting.choose(**common, professional=doctor.id, category=LAB, right=Right.READ, allowed=False),
        ),
        ("choice.withdrawn", lambda: granting.withdraw_choice(**common, choice_id=unknown())),
        ("opposition.made", lambda: granting.oppose(**common, professional=doctor.id)),
        ("opposition.withdrawn", lambda: granting.withdraw_opposition(**common, opposition_id=unknown())),
        (
            "access.answered",
            lambda: granting.answer_request(**common, request_id=unknown(), allowed=True, until=tomorrow()),
        ),
    ]


def test_nobody_but_the_patient_passes_and_each_refusal_is_remembered(practice):
    for actor in strangers(practice):
        doors = every_door(practice, actor)
        for event, door in doors:
            before, remembered = contents()
            with pytest.raises(Refused) as error:
                door()
            assert error.value.decision.ground is Ground.NOT_OWNER
            assert contents() == (before, remembered + 1)
            line = practice.last()
            assert (line.event, line.outcome, line.actor) == (event, "refused", actor.id)
            assert (line.ground, line.dossier) == ("not_owner", practice.ref.pseudonym)


def test_a_relationship_opens_and_ends(practice):
    doctor = practice.hire("Lefevre")
    until = tomorrow()
    assert ground(practice, doctor) is Ground.NO_RELATIONSHIP
    opened = granting.open_relationship(**at_home(practice), professional=doctor.id, until=until)
    line = practice.last()
    assert (line.event, line.outcome, line.object_id) == ("relationship.opened", "done", opened)
    assert (line.actor, line.ground) == (practice.patient.id, "own_dossier")
    assert line.facts["professional"] == str(doctor.id)
    assert ground(practice, doctor) is Ground.DEFAULT_OPEN
    assert CareRelationship.objects.get().during.upper == until
    granting.end_relationship(**at_home(practice), professional=doctor.id)
    assert ground(practice, doctor) is Ground.NO_RELATIONSHIP
    assert practice.last().event == "relationship.ended"
    granting.open_relationship(**at_home(practice), professional=doctor.id)
    assert CareRelationship.objects.count() == 2


def test_bad_relationships(practice, invalid):
    doctor, regulator = practice.hire("Lefevre", cares=True), practice.hire("Samu", "emergency_regulator")
    home = at_home(practice)
    invalid("not in the directory", granting.open_relationship, **home, professional=unknown())
    invalid("already takes care", granting.open_relationship, **home, professional=doctor.id)
    invalid("only in an emergency", granting.open_relationship, **home, professional=regulator.id)
    newcomer = practice.hire("Neuf")
    invalid("already past", granting.open_relationship, **home, professional=newcomer.id, until=yesterday())
    invalid("does not take care", granting.end_relationship, **home, professional=newcomer.id)
    with pytest.raises(ValueError, match="aware"):
        granting.open_relationship(**home, professional=newcomer.id, until=datetime(2099, 1, 1))


def test_ending_care_ends_what_was_opened_by_name_and_keeps_what_was_closed(practice):
    doctor = practice.hire("Lefevre", cares=True)
    question = {"professional": doctor.id, "right": Right.READ}
    granting.choose(**at_home(practice), **question, category=GENETICS, allowed=True)
    granting.choose(**at_home(practice), **question, category=LAB, allowed=False)
    granting.end_relationship(**at_home(practice), professional=doctor.id)
    assert practice.last().facts["choices"] == "1"
    granting.open_relationship(**at_home(practice), professional=doctor.id)
    assert ground(practice, doctor, GENETICS) is Ground.DEFAULT_OPEN
    assert ground(practice, doctor, LAB) is Ground.CHOICE_PERSON_CLOSED


def test_a_choice_replaces_the_one_before_and_can_be_withdrawn(practice):
    doctor = practice.hire("Lefevre", cares=True)
    question = {**at_home(practice), "professional": doctor.id, "category": LAB, "right": Right.READ}
    closed = granting.choose(**question, allowed=False)
    line = practice.last()
    assert (line.event, line.choice, line.object_id, line.category) == ("choice.made", closed, closed, "laboratory")
    assert dict(line.facts) == {"professional": str(doctor.id), "right": "read", "allowed": "no", "until": "none"}
    assert ground(practice, doctor) is Ground.CHOICE_PERSON_CLOSED
    assert ground(practice, doctor, right=Right.DEPOSIT) is Ground.DEFAULT_OPEN
    opened = granting.choose(**question, allowed=True, until=tomorrow())
    assert ground(practice, doctor) is Ground.CHOICE_PERSON_OPEN
    first, second = Choice.objects.get(id=closed), Choice.objects.get(id=opened)
    assert first.during.upper == second.during.lower, "no instant without an answer"
    granting.withdraw_choice(**at_home(practice), choice_id=opened)
    assert ground(practice, doctor) is Ground.DEFAULT_OPEN
    assert (practice.last().event, practice.last().choice) == ("choice.withdrawn", opened)


def test_choices_for_a_team_and_a_profession(practice):
    doctor = practice.hire("Lefevre", at="Maison", cares=True)
    home = {**at_home(practice), "category": LAB, "right": Right.READ, "allowed": False}
    granting.choose(**home, profession="doctor")
    assert ground(practice, doctor) is Ground.CHOICE_PROFESSION_CLOSED
    granting.choose(**home, organisation=practice.places["Maison"].id)
    assert ground(practice, doctor) is Ground.CHOICE_TEAM_CLOSED
    assert practice.last().facts["organisation"] == str(practice.places["Maison"].id)


@pytest.mark.asvs("v5.0.0-2.2.3")
def test_bad_choices(practice, invalid):
    nurse, stranger = practice.hire("Roy", "nurse", cares=True), practice.hire("Loin")
    home = {**at_home(practice), "allowed": True}
    read = {"category": LAB, "right": Right.READ}
    by_name = {**home, "professional": nurse.id}
    invalid("one person, one team or one profession", granting.choose, **home, **read)
    invalid("one person, one team or one profession", granting.choose, **by_name, profession="nurse", **read)
    invalid("not in the directory", granting.choose, **home, professional=unknown(), **read)
    invalid("not in the directory", granting.choose, **home, organisation=unknown(), **read)
    invalid("list of professions", granting.choose, **home, profession="astrologer", **read)
    invalid("already past", granting.choose, **by_name, **read, until=yesterday())
    invalid("yours alone", granting.choose, **by_name, category=Category.PERSONAL_NOTES, right=Right.READ)
    invalid("Only you can take", granting.choose, **by_name, category=LAB, right=Right.EXPORT)
    invalid("never has access", granting.choose, **by_name, category=GENETICS, right=Right.READ)
    invalid("never has access", granting.choose, **home, profession="nurse", category=GENETICS, right=Right.READ)
    invalid("never add to it", granting.choose, **by_name, category=LAB, right=Right.DEPOSIT)
    invalid("never add to it", granting.choose, **home, profession="nurse", category=LAB, right=Right.DEPOSIT)
    invalid("Camille Loin does not take care", granting.choose, **home, professional=stranger.id, **read)
    invalid("no longer in force", granting.withdraw_choice, **at_home(practice), choice_id=unknown())
    until = tomorrow()
    granting.choose(**by_name, **read, until=until)
    invalid("already your choice", granting.choose, **by_name, **read, until=until)
    granting.oppose(**at_home(practice), professional=nurse.id)
    invalid("Withdraw the opposition first", granting.choose, **by_name, **read)


def test_a_choice_of_another_dossier_cannot_be_withdrawn(practice, invalid):
    doctor = practice.hire("Lefevre", cares=True)
    foreign = Choice.objects.create(
        dossier=unknown(), professional=doctor, category=LAB, right="read", allowed=True, during=(yesterday(), None)
    )
    invalid("no longer in force", granting.withdraw_choice, **at_home(practice), choice_id=foreign.id)


def test_an_opposition_closes_everything_and_is_withdrawn(practice):
    doctor = practice.hire("Lefevre", at="Maison", cares=True)
    against_person = granting.oppose(**at_home(practice), professional=doctor.id)
    assert (practice.last().event, practice.last().object_id) == ("opposition.made", against_person)
    assert ground(practice, doctor) is Ground.OPPOSED_PERSON
    granting.withdraw_opposition(**at_home(practice), opposition_id=against_person)
    assert practice.last().event == "opposition.withdrawn"
    granting.oppose(**at_home(practice), organisation=practice.places["Maison"].id)
    assert ground(practice, doctor) is Ground.OPPOSED_ORGANISATION


def test_bad_oppositions(practice, invalid):
    doctor, author = practice.hire("Lefevre", at="Maison"), practice.hire("Auteur")
    place, home = practice.places["Maison"], at_home(practice)
    invalid("one person or one organisation", granting.oppose, **home)
    invalid("one person or one organisation", granting.oppose, **home, professional=doctor.id, organisation=place.id)
    invalid("An author always sees", granting.oppose, **home, professional=doctor.id, author=doctor.id)
    invalid("not in the directory", granting.oppose, **home, professional=unknown())
    invalid("not in the directory", granting.oppose, **home, organisation=unknown())
    invalid("not in the directory", granting.oppose, **home, professional=doctor.id, author=unknown())
    invalid("no longer in force", granting.withdraw_opposition, **home, opposition_id=unknown())
    granting.oppose(**home, professional=doctor.id)
    granting.oppose(**home, professional=doctor.id, author=author.id)
    granting.oppose(**home, organisation=place.id)
    invalid("already recorded", granting.oppose, **home, professional=doctor.id)
    invalid("already recorded", granting.oppose, **home, professional=doctor.id, author=author.id)
    invalid("already recorded", granting.oppose, **home, organisation=place.id)


def test_who_could_see_yesterday_has_an_answer(practice):
    doctor = practice.hire("Lefevre", cares=True)
    before = timezone.now()
    granting.oppose(**at_home(practice), professional=doctor.id)
    question = {"category": LAB, "right": Right.READ}
    then = load_facts(acting(doctor), practice.ref, at=before - timedelta(seconds=1))
    assert decide(then, **question).allowed
    assert not decide(load_facts(acting(doctor), practice.ref), **question).allowed


def test_no_entry_no_change(practice, monkeypatch):
    """When the log cannot be written, nothing is granted either."""
    doctor = practice.hire("Lefevre", cares=True)

    def broken(*args, **kwargs):
        raise DatabaseError("the log is full")

    before = contents()
    for module in ("granting", "acting"):
        monkeypatch.setattr(f"consent.{module}.append", broken)
    with pytest.raises(DatabaseError):
        granting.choose(**at_home(practice), professional=doctor.id, category=LAB, right=Right.READ, allowed=False)
    with pytest.raises(DatabaseError):
        granting.oppose(actor=acting(doctor), ref=practice.ref, professional=doctor.id)
    assert contents() == before


def test_two_windows_of_one_patient_take_turns(practice):
    """Both change the same switch at once: one choice follows the other, none breaks on a constraint."""
    doctor = practice.hire("Lefevre", cares=True)
    ends = [tomorrow() + timedelta(hours=hour) for hour in range(6)]

    def change(until):
        try:
            return granting.choose(
                **at_home(practice), professional=doctor.id, category=LAB, right=Right.READ, allowed=True, until=until
            )
        finally:
            connection.close()

    with ThreadPoolExecutor(3) as windows:
        made = set(windows.map(change, ends))
    chosen = list(Choice.objects.order_by("during"))
    assert {each.id for each in chosen} == made
    assert [each.during.upper for each in chosen[:-1]] == [each.during.lower for each in chosen[1:]]
    assert chosen[-1].during.upper in ends


def test_a_door_owns_its_transaction(practice):
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        granting.oppose(**at_home(practice), professional=practice.hire("Lefevre").id)
    assert log.entries_about(practice.ref.pseudonym) == []
