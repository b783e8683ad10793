"""A professional asks, the patient answers."""

import pytest
from django.utils.translation import override

from audit.actor import Role
from consent import granting
from consent.categories import Category
from consent.decisions import Ground, Refused, Right, decide
from consent.facts import load_facts
from consent.granting import Invalid, answer_request, request_access
from consent.models import AccessRequest, Choice, Opposition
from consent.professions import Profession
from tests.consent.conftest import acting, strangers, tomorrow, unknown, yesterday

LAB, GENETICS = Category.LABORATORY, Category.GENETICS


@pytest.fixture
def physician(practice):
    """A profession to which everything is closed until the patient opens it."""
    return practice.hire("Travail", Profession.OCCUPATIONAL_PHYSICIAN, cares=True)


def ask(practice, person, category=LAB, purpose="diagnosis"):
    return request_access(actor=acting(person), ref=practice.ref, category=category, purpose=purpose)


def answer(practice, request_id, allowed, **until):
    answer_request(actor=practice.patient, ref=practice.ref, request_id=request_id, allowed=allowed, **until)


def ground(practice, person, category=LAB):
    return decide(load_facts(acting(person), practice.ref), category=category, right=Right.READ).ground


def test_asked_and_allowed_for_a_time(practice, physician):
    asked = ask(practice, physician)
    line = practice.last()
    assert (line.event, line.outcome, line.object_id) == ("access.requested", "done", asked)
    assert (line.category, line.purpose, line.ground) == ("laboratory", "diagnosis", "relationship")
    assert ground(practice, physician) is Ground.ON_CONSENT, "asking opens nothing"
    until = tomorrow()
    answer(practice, asked, True, until=until)
    request = AccessRequest.objects.get()
    assert (request.answer, request.choice.during.upper) == ("allowed", until)
    assert ground(practice, physician) is Ground.CHOICE_PERSON_OPEN
    line = practice.last()
    assert (line.event, line.choice, line.category) == ("access.answered", request.choice_id, "laboratory")
    assert line.facts["allowed"] == "yes"


def test_asked_and_refused(practice, physician):
    asked = ask(practice, physician)
    answer(practice, asked, False)
    assert ground(practice, physician) is Ground.ON_CONSENT
    assert AccessRequest.objects.get().answer == "refused"
    assert practice.last().facts["allowed"] == "no"
    assert Choice.objects.count() == 0
    ask(practice, physician)


def test_closed_and_opposed_answer_alike(practice):
    closed, opposed = practice.hire("Ferme", cares=True), practice.hire("Oppose", cares=True)
    granting.choose(
        actor=practice.patient, ref=practice.ref, professional=closed.id, category=LAB, right=Right.READ, allowed=False
    )
    granting.oppose(actor=practice.patient, ref=practice.ref, professional=opposed.id)
    ask(practice, closed)
    ask(practice, opposed)
    lines = [(line.event, line.outcome, line.ground) for line in practice.log()[-2:]]
    assert lines[0] == lines[1]


def test_only_who_takes_care_may_ask_and_each_refusal_is_remembered(practice):
    others = [each for each in strangers(practice) if each.role is not Role.PROFESSIONAL]
    for actor in [acting(practice.hire("Loin")), practice.patient, *others]:
        with pytest.raises(Refused) as error:
            request_access(actor=actor, ref=practice.ref, category=LAB, purpose="diagnosis")
        line = practice.last()
        assert (line.event, line.outcome, line.actor) == ("access.requested", "refused", actor.id)
        assert (line.category, line.ground) == ("laboratory", str(error.value.decision.ground))
    assert AccessRequest.objects.count() == 0


def test_bad_requests(practice, physician):
    nurse = practice.hire("Roy", "nurse", cares=True)
    ask(practice, physician)
    for words, person, arguments in (
        ("never open to your profession", nurse, {"category": GENETICS}),
        ("never open to your profession", nurse, {"category": Category.PERSONAL_NOTES}),
        ("already open to you", nurse, {}),
        ("purpose from the list", physician, {"category": GENETICS, "purpose": "curiosity"}),
        ("already asked", physician, {}),
    ):
        before = len(practice.log())
        with override("en"), pytest.raises(Invalid, match=words):
            ask(practice, person, **arguments)
        assert (AccessRequest.objects.count(), len(practice.log())) == (1, before)


def test_bad_answers(practice, physician):
    asked = ask(practice, physician)
    foreign = AccessRequest.objects.create(
        dossier=unknown(), professional=physician, category=LAB, purpose="diagnosis", asked_at=yesterday()
    )
    with override("en"):
        for request_id in (unknown(), foreign.id):
            with pytest.raises(Invalid, match="already been answered"):
                answer(practice, request_id, True)
        with pytest.raises(Invalid, match="already past"):
            answer(practice, asked, True, until=yesterday())
        Opposition.objects.create(dossier=practice.ref.id, professional=physician, during=(yesterday(), None))
        with pytest.raises(Invalid, match="Withdraw the opposition first"):
            answer(practice, asked, True)
        opposed = Opposition.objects.get()
        Opposition.objects.update(during=(opposed.during.lower, AccessRequest.objects.get(id=asked).asked_at))
        granting.end_relationship(actor=practice.patient, ref=practice.ref, professional=physician.id)
        with pytest.raises(Invalid, match="does not take care of you"):
            answer(practice, asked, True)
        assert AccessRequest.objects.get(id=asked).answer == "pending"
        answer(practice, asked, False)
        with pytest.raises(Invalid, match="already been answered"):
            answer(practice, asked, False)


def test_an_answer_that_repeats_the_choice_in_force_leans_on_it(practice, physician):
    asked = ask(practice, physician)
    chosen = granting.choose(
        actor=practice.patient,
        ref=practice.ref,
        professional=physician.id,
        category=LAB,
        right=Right.READ,
        allowed=True,
    )
    answer(practice, asked, True)
    assert AccessRequest.objects.get().choice_id == chosen
    assert Choice.objects.count() == 1
