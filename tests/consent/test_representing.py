"""Representatives and delegates: who may name them, what they reach, when it ends by itself."""

import secrets
from dataclasses import replace

import pytest
from django.utils.translation import override

from audit.actor import Actor, Role
from consent.acting import now
from consent.ages import Age, age_on
from consent.categories import Category
from consent.decisions import Ground, Refused, RepresentativeKind, Right, decide
from consent.delegating import DelegationKind, delegate, end_delegation, named_by
from consent.facts import load_facts
from consent.models import Delegation, Representation
from consent.representing import Invalid, add_representative, end_representative, represented_by
from portal.accounts.models import Account
from tests.consent.conftest import acting, strangers, tomorrow, unknown, yesterday

LAB, SEXUAL = Category.LABORATORY, Category.MATERNITY_SEXUAL_HEALTH
PARENT, CARER = RepresentativeKind.PARENT, RepresentativeKind.CARER


def somebody() -> Actor:
    account = Account.objects.create(login_digest=secrets.token_bytes(32), role="patient", password="!")
    return Actor(id=account.id, role=Role.PATIENT)


def ground(actor, ref, category=LAB, right=Right.READ):
    return decide(load_facts(actor, ref), category=category, right=right).ground


@pytest.fixture
def child(practice):
    """A dossier of a minor with one parent, brought by an import."""
    ref, parent = replace(practice.ref, owner=None, age=Age.UNDER_15), somebody()
    add_representative(actor=Actor.system("import"), ref=ref, account=parent.id, kind=PARENT, categories=[LAB, SEXUAL])
    return ref, parent


def test_a_patient_names_up_to_three_carers(practice):
    ref = replace(practice.ref, age=Age.ADULT)
    carers = [somebody() for _ in range(4)]
    add = {"actor": practice.patient, "ref": ref, "kind": CARER, "categories": [LAB]}
    for carer in carers[:3]:
        add_representative(**add, account=carer.id)
    with override("en"), pytest.raises(Invalid, match="already three carers"):
        add_representative(**add, account=carers[3].id)
    assert ground(carers[0], ref) is Ground.REPRESENTATIVE
    assert ground(carers[0], ref, right=Right.EXPORT) is Ground.REPRESENTATIVE
    assert ground(carers[0], ref, Category.IMAGING) is Ground.REPRESENTATION_SCOPE
    assert ground(carers[3], ref) is Ground.NOT_OWNER
    first = Representation.objects.get(account=carers[0].id)
    end_representative(actor=practice.patient, ref=ref, representation_id=first.id)
    assert ground(carers[0], ref) is Ground.NOT_OWNER
    add_representative(**add, account=carers[3].id, until=tomorrow())
    assert represented_by(carers[3].id, now()) == [ref.id]


def test_a_parent_adds_the_second_parent_and_leaves(child):
    ref, parent = child
    other = somebody()
    with override("en"), pytest.raises(Invalid, match="more than what you see"):
        add_representative(actor=parent, ref=ref, account=other.id, kind=PARENT, categories=[Category.IMAGING])
    given = add_representative(actor=parent, ref=ref, account=other.id, kind=PARENT, categories=[LAB])
    assert ground(other, ref) is Ground.REPRESENTATIVE
    end_representative(actor=other, ref=ref, representation_id=given)
    assert ground(other, ref) is Ground.NOT_OWNER
    mine = Representation.objects.get(account=parent.id)
    with pytest.raises(Refused):
        end_representative(actor=other, ref=ref, representation_id=mine.id)


def test_ages_end_and_narrow_it_by_themselves(child):
    ref, parent = child
    assert ground(parent, ref) is Ground.REPRESENTATIVE
    assert ground(parent, ref, SEXUAL) is Ground.REPRESENTATIVE_OPENED
    assert ground(parent, ref, SEXUAL, Right.DEPOSIT) is Ground.MINOR_SECRET
    assert ground(parent, replace(ref, age=Age.ADULT)) is Ground.REPRESENTATION_AGE
    assert ground(parent, replace(ref, age=Age.UNKNOWN)) is Ground.REPRESENTATION_AGE
    born = now().date().replace(year=2011, month=3, day=3)
    days = [born.replace(year=2026, day=day) for day in (2, 3)] + [born.replace(year=2029, day=day) for day in (2, 3)]
    assert [age_on(born, day) for day in days] == [Age.UNDER_15, Age.FROM_15, Age.FROM_15, Age.ADULT]
    assert age_on(born.replace(year=2008, month=2, day=29), born.replace(year=2026, month=2, day=28)) is Age.FROM_15


def test_nobody_else_names_a_representative(practice):
    ref, anyone = replace(practice.ref, age=Age.ADULT), somebody()
    outsiders = [actor for actor in strangers(practice) if actor.task is None]
    for actor in outsiders:
        with pytest.raises(Refused):
            add_representative(actor=actor, ref=ref, account=anyone.id, kind=CARER, categories=[LAB])
        assert practice.last().outcome == "refused"
    assert Representation.objects.count() == 0


def test_bad_input_is_a_sentence(practice, child):
    adult = replace(practice.ref, age=Age.ADULT)
    patient, anyone = practice.patient, somebody()
    remembered = len(practice.log())
    for words, ref, account, kind, categories, until in (
        ("represents themselves", adult, patient.id, CARER, [LAB], None),
        ("Personal notes", adult, anyone.id, CARER, [Category.PERSONAL_NOTES], None),
        ("at least one category", adult, anyone.id, CARER, [], None),
        ("act for a minor", adult, anyone.id, PARENT, [LAB], None),
        ("A carer acts for an adult", replace(adult, age=Age.FROM_15), anyone.id, CARER, [LAB], None),
        ("already past", adult, anyone.id, CARER, [LAB], yesterday()),
    ):
        with override("en"), pytest.raises(Invalid, match=words):
            add_representative(actor=patient, ref=ref, account=account, kind=kind, categories=categories, until=until)
    assert len(practice.log()) == remembered


# --- delegates ----------------------------------------------------------------------------------


def test_a_secretary_acts_within_what_was_entrusted_and_within_the_doctors_rights(practice):
    doctor, secretary = practice.hire("Lefevre", cares=True), practice.hire("Petit", "secretary")
    given = delegate(
        actor=acting(doctor), delegate=secretary.id, kind=DelegationKind.SECRETARY,
        categories=[LAB, Category.ADMINISTRATIVE], until=tomorrow(),
    )  # fmt: skip
    in_their_name = replace(acting(secretary), on_behalf_of=doctor.id)
    assert ground(in_their_name, practice.ref) is Ground.DEFAULT_OPEN
    assert ground(in_their_name, practice.ref, Category.ADMINISTRATIVE) is Ground.MATRIX_NEVER, "not the doctor's"
    assert ground(in_their_name, practice.ref, Category.IMAGING) is Ground.DELEGATION_SCOPE
    assert ground(acting(secretary), practice.ref) is Ground.MATRIX_NEVER, "in their own name, nothing"
    assert [each.professional for each in named_by(secretary.id, now())] == [doctor]
    with pytest.raises(Refused):
        delegate(actor=in_their_name, delegate=practice.hire("X").id, kind=DelegationKind.SECRETARY,
                 categories=[LAB], until=tomorrow())  # fmt: skip
    with pytest.raises(Refused):
        end_delegation(actor=acting(practice.hire("Autre")), delegation_id=given)
    end_delegation(actor=acting(doctor), delegation_id=given)
    assert ground(in_their_name, practice.ref) is Ground.DELEGATION_OVER
    with override("en"), pytest.raises(Invalid, match="already over"):
        end_delegation(actor=acting(doctor), delegation_id=given)


def test_bad_input_of_a_delegation_is_a_sentence(practice):
    doctor, nurse, other = practice.hire("Lefevre"), practice.hire("Roy", "nurse"), practice.hire("Deux")
    make = {"actor": acting(doctor), "kind": DelegationKind.REPLACEMENT, "categories": [LAB], "until": tomorrow()}
    for words, changed in (
        ("replaces themselves", {"delegate": doctor.id}),
        ("same profession", {"delegate": nurse.id}),
        ("not in the directory", {"delegate": unknown()}),
        ("at least one category", {"delegate": other.id, "categories": []}),
        ("already past", {"delegate": other.id, "until": yesterday()}),
    ):
        with override("en"), pytest.raises(Invalid, match=words):
            delegate(**make | changed)
    assert Delegation.objects.count() == 0
    delegate(**make, delegate=other.id)
    with override("en"), pytest.raises(Invalid, match="already acts in your name"):
        delegate(**make, delegate=other.id)
    for actor in (practice.patient, Actor.anonymous()):
        with pytest.raises(Refused):
            delegate(**make | {"actor": actor}, delegate=other.id)
