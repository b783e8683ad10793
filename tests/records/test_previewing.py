"""See as: the real engine on proposed facts, with counts, and no entry in anybody else's name."""

from datetime import timedelta

import pytest
from django.utils import timezone

from audit.log import entries_by
from consent.categories import Category
from consent.decisions import Ground, Right
from consent.granting import choose, oppose
from consent.models import WishKind
from consent.wishing import wish
from records.marking import hold
from records.previewing import Proposal, Unknown, Viewer, see_as
from records.reading import open_overview
from records.writing import mask
from tests.records.scenes import last_entry

LAB, SOCIAL = Category.LABORATORY, Category.SOCIAL_CARE


def line(household, viewer, category=LAB, proposal=None):
    preview = see_as(actor=household.patient, dossier_id=household.ref.id, viewer=viewer, proposal=proposal)
    return next(each for each in preview.lines if each.category is category)


def test_it_says_what_the_reader_gets_without_leaving_a_trace_of_them(household):
    household.file()
    mask(actor=household.patient, record_id=household.file())
    before = entries_by(household.doctor.id, limit=5)
    doctor = Viewer(professional=household.doctor.professional)
    shown = line(household, doctor)
    assert (shown.before.ground, shown.count_before, shown.changes) == (Ground.DEFAULT_OPEN, 1, False)
    assert entries_by(household.doctor.id, limit=5) == before
    assert last_entry(household.patient).event == "sharing.previewed"
    real = open_overview(actor=household.doctor, dossier_id=household.ref.id)
    preview = see_as(actor=household.patient, dossier_id=household.ref.id, viewer=doctor)
    assert [(each.category, each.count_before if each.before.allowed else None) for each in preview.lines] == [
        (view.category, view.count) for view in real.categories
    ]


@pytest.mark.parametrize("opposed", [False, True])
def test_a_proposal_is_what_happens_when_it_is_saved(household, opposed):
    household.file(), household.file(Category.IMAGING)
    person = household.doctor.professional
    proposal = Proposal(closed=frozenset({LAB}), opposed=opposed)
    proposed = see_as(
        actor=household.patient, dossier_id=household.ref.id, viewer=Viewer(professional=person), proposal=proposal
    )
    assert {each.category for each in proposed.changed} >= {LAB}
    home = {"actor": household.patient, "ref": household.ref}
    choose(**home, professional=person, category=LAB, right=Right.READ, allowed=False)
    if opposed:
        oppose(**home, professional=person)
    saved = see_as(actor=household.patient, dossier_id=household.ref.id, viewer=Viewer(professional=person))
    assert [(each.after.ground, each.count_after) for each in proposed.lines] == [
        (each.before.ground, each.count_before) for each in saved.lines
    ]


def test_any_nurse_the_regulator_and_a_carer(household):
    household.file()
    assert line(household, Viewer(profession="nurse")).count_before == 1
    assert line(household, Viewer(profession="occupational_physician")).before.ground is Ground.ON_CONSENT
    opened = Proposal(opened=frozenset({LAB}))
    assert line(household, Viewer(profession="occupational_physician"), LAB, opened).count_after == 1
    regulator = Viewer(profession="emergency_regulator", emergency=True)
    assert line(household, regulator).before.ground is Ground.EMERGENCY
    assert not line(household, regulator, SOCIAL).before.allowed
    wish(actor=household.patient, ref=household.ref, kind=WishKind.NO_REGULATOR)
    assert line(household, regulator).count_before == 0
    carer = Viewer(carer_of=frozenset({LAB}))
    assert line(household, carer).before.ground is Ground.REPRESENTATIVE
    assert not line(household, carer, SOCIAL).before.allowed


def test_a_count_does_not_betray_what_is_held(household):
    held = household.file(actor=household.doctor)
    hold(actor=household.doctor, record_id=held, until=timezone.now() + timedelta(days=3))
    assert line(household, Viewer(professional=household.doctor.professional)).count_before == 0


def test_nobody_else_previews(household):
    for actor in (household.doctor, household.neighbour, household.administrator):
        with pytest.raises(Unknown):
            see_as(actor=actor, dossier_id=household.ref.id, viewer=Viewer(profession="nurse"))
