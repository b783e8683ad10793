"""Held, secret, hidden because new, discreet: no page, count, series or line of history betrays them."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django.utils.translation import override

from audit.actor import Actor
from audit.log import entries_about
from consent.categories import Category
from consent.decisions import RepresentativeKind
from consent.models import WishKind
from consent.representing import add_representative
from consent.wishing import wish
from records.concealing import known_entries
from records.dossiers import aged_ref, enter
from records.identity import create_dossier
from records.marking import Invalid, Unknown, hold, keep_secret, open_to_guardians, release
from records.models import Record
from records.reading import open_category, open_overview, open_record
from records.writing import mask, unmask
from tests.records.scenes import SEED, account, last_entry, patient_actor, person, take_care

LAB, SEXUAL = Category.LABORATORY, Category.MATERNITY_SEXUAL_HEALTH
DAY = timedelta(days=1)


def seen(actor, ref, category=LAB):
    """Everything that pages show of one drawer: list, count, newest, series of its first record."""
    overview = open_overview(actor=actor, dossier_id=ref.id, newest=50)
    count = next(view.count for view in overview.categories if view.category is category)
    items = {item.record_id for item in open_category(actor=actor, dossier_id=ref.id, category=category).items}
    newest = {item.record_id for item in overview.newest if item.category is category}
    assert count == len(items) == len(newest)
    assert items == newest
    for record_id in items:
        assert {point.record_id for point in open_record(actor=actor, record_id=record_id).series} <= items
    return items


def told(actor, ref):
    """The objects that the history of a dossier names to this reader."""
    with transaction.atomic():
        entered = enter(actor, ref.id)
        return {entry.object_id for entry in known_entries(entered, entries_about(ref.pseudonym, limit=50))}


@pytest.fixture
def minor(household):
    """A fifteen-year-old with an account, a parent who acts for them, and the household's doctor."""
    born = timezone.localdate().replace(day=1) - 365 * DAY * 15 - 40 * DAY
    owner, parent = account("patient"), patient_actor(account("patient"))
    ref = create_dossier(actor=SEED, identity=person("Zoé", birth_date=born), account_id=owner.id)
    take_care(household.doctor, ref)
    add_representative(
        actor=Actor.system("seed"), ref=aged_ref(ref.id), account=parent.id, kind=RepresentativeKind.PARENT,
        categories=[LAB, SEXUAL],
    )  # fmt: skip
    return ref, patient_actor(owner), parent


def test_a_held_result_appears_nowhere_until_it_is_released(household):
    shown, held = household.file(actor=household.doctor), household.file(actor=household.doctor, value="9.9")
    hold(actor=household.doctor, record_id=held, until=timezone.now() + 7 * DAY)
    assert seen(household.patient, household.ref) == {shown}
    assert held not in told(household.patient, household.ref)
    with pytest.raises(Unknown):
        open_record(actor=household.patient, record_id=held)
    assert seen(household.nurse, household.ref) == {shown, held}, "professionals see it, and that it is held"
    drawer = open_category(actor=household.nurse, dossier_id=household.ref.id, category=LAB)
    assert {item.record_id for item in drawer.items if item.held_until} == {held}
    release(actor=household.doctor, record_id=held)
    assert seen(household.patient, household.ref) == {shown, held}
    assert held in told(household.patient, household.ref), "with the release comes the whole history"


def test_a_hold_ends_by_itself(household):
    held = household.file(actor=household.doctor)
    Record.objects.filter(id=held).update(held_until=timezone.now(), held_for="visit")
    assert seen(household.patient, household.ref) == {held}


def test_the_patient_chooses_when_results_appear(household):
    wish(actor=household.patient, ref=household.ref, kind=WishKind.AT_VISIT, category=LAB)
    held = household.file(actor=household.doctor)
    assert seen(household.patient, household.ref) == set()
    release(actor=household.doctor, record_id=held)
    wish(actor=household.patient, ref=household.ref, kind=WishKind.AT_ONCE, category=LAB)
    at_once = household.file(actor=household.doctor)
    assert seen(household.patient, household.ref) == {held, at_once}
    with override("en"), pytest.raises(Invalid, match="at once"):
        hold(actor=household.doctor, record_id=at_once, until=timezone.now() + DAY)


def test_bad_input_of_a_hold_is_a_sentence(household):
    record_id = household.file(actor=household.doctor)
    for words, until in (("already past", -DAY), ("30 days at most", 31 * DAY)):
        with override("en"), pytest.raises(Invalid, match=words):
            hold(actor=household.doctor, record_id=record_id, until=timezone.now() + until)
    with override("en"), pytest.raises(Invalid, match="not held"):
        release(actor=household.doctor, record_id=record_id)
    for actor in (household.patient, household.stranger, household.neighbour, household.administrator):
        with pytest.raises(Unknown):
            hold(actor=actor, record_id=record_id, until=timezone.now() + DAY)
        with pytest.raises(Unknown):
            release(actor=actor, record_id=record_id)
    assert Record.objects.get(id=record_id).held_until is None


def test_hiding_everything_new_and_showing_one(household):
    before = household.file()
    wish(actor=household.patient, ref=household.ref, kind=WishKind.HIDE_NEW)
    hidden, mine = household.file(value="7.7"), household.file(actor=household.doctor)
    assert seen(household.nurse, household.ref) == {before}
    assert seen(household.doctor, household.ref) == {before, mine}, "an author keeps sight of what they wrote"
    items = open_category(actor=household.patient, dossier_id=household.ref.id, category=LAB).items
    assert {item.record_id for item in items if item.masked} == {hidden, mine}
    unmask(actor=household.patient, record_id=hidden)
    assert seen(household.nurse, household.ref) == {before, hidden}
    mask(actor=household.patient, record_id=hidden)
    assert seen(household.nurse, household.ref) == {before}


def test_discretion_leaves_no_trace_on_ones_own_screens(household):
    record_id = household.file()
    imaging = household.file(Category.IMAGING)
    open_record(actor=household.doctor, record_id=record_id)
    before = open_overview(actor=household.patient)
    wish(actor=household.patient, ref=household.ref, kind=WishKind.DISCREET, category=LAB)
    after = open_overview(actor=household.patient)
    lab = next(view for view in after.categories if view.category is LAB)
    empty = next(view for view in after.categories if view.category is Category.GENETICS)
    assert (lab.count, lab.decision.allowed, lab.decision.ground) == (0, True, empty.decision.ground)
    assert len(before.newest) == 2
    assert [item.record_id for item in after.newest] == [imaging]
    assert seen(household.patient, household.ref) == set()
    with pytest.raises(Unknown):
        open_record(actor=household.patient, record_id=record_id)
    with transaction.atomic():
        entered = enter(household.patient, household.ref.id)
        lines = known_entries(entered, entries_about(household.ref.pseudonym, limit=50))
    assert not [line for line in lines if line.category == LAB or line.event == "discretion.changed"]
    proven = replace(household.patient, fresh=True)
    assert seen(proven, household.ref) == {record_id}
    assert record_id in told(proven, household.ref)
    assert seen(household.doctor, household.ref) == {record_id}, "professionals are not concerned"


def test_a_minors_secret_reaches_no_guardian(household, minor):
    ref, owner, parent = minor
    plain, secret = household.file(ref=ref, actor=household.doctor), household.file(ref=ref, actor=household.doctor)
    sexual = household.file(SEXUAL, ref=ref, actor=household.doctor)
    keep_secret(actor=household.doctor, record_id=secret)
    assert seen(parent, ref) == {plain}
    assert last_entry(parent).on_behalf_of == ref.pseudonym
    assert seen(parent, ref, SEXUAL) == set()
    assert seen(owner, ref) == {plain, secret}
    assert not {secret, sexual} & told(parent, ref)
    assert {plain, secret, sexual} <= told(owner, ref)
    for record_id in (secret, sexual):
        with pytest.raises(Unknown):
            open_record(actor=parent, record_id=record_id)
    open_category(actor=household.doctor, dossier_id=ref.id, category=SEXUAL)
    with transaction.atomic():
        lines = known_entries(enter(parent, ref.id), entries_about(ref.pseudonym, limit=50))
    assert not [line for line in lines if line.category == SEXUAL]


def test_opening_to_guardians_is_confirmed_and_final(household, minor):
    ref, owner, parent = minor
    sexual = household.file(SEXUAL, ref=ref, actor=household.doctor)
    with override("en"), pytest.raises(Invalid, match="cannot be undone"):
        open_to_guardians(actor=owner, record_id=sexual, confirmed=False)
    for actor in (parent, household.doctor, household.patient):
        with pytest.raises(Unknown):
            open_to_guardians(actor=actor, record_id=sexual, confirmed=True)
    open_to_guardians(actor=owner, record_id=sexual, confirmed=True)
    assert seen(parent, ref, SEXUAL) == {sexual}
    for words, act in (
        ("already open", lambda: open_to_guardians(actor=owner, record_id=sexual, confirmed=True)),
        ("That is final", lambda: keep_secret(actor=household.doctor, record_id=sexual)),
    ):
        with override("en"), pytest.raises(Invalid, match=words):
            act()


def test_only_a_minor_has_secrets_from_guardians(household):
    record_id = household.file(actor=household.doctor)
    with override("en"), pytest.raises(Invalid, match="Only a minor"):
        keep_secret(actor=household.doctor, record_id=record_id)


def test_at_eighteen_a_parent_is_nobody(household):
    parent = patient_actor(account("patient"))
    ref = create_dossier(actor=SEED, identity=person("Léo", birth_date=date(2011, 1, 1)))
    add_representative(
        actor=SEED, ref=aged_ref(ref.id), account=parent.id, kind=RepresentativeKind.PARENT, categories=[LAB]
    )
    entered = enter(parent, ref.id)
    assert entered.may_read
    grown = create_dossier(actor=SEED, identity=person("Max", birth_date=date(2000, 1, 1)))
    with override("en"), pytest.raises(Invalid, match="act for a minor"):
        add_representative(
            actor=SEED, ref=aged_ref(grown.id), account=parent.id, kind=RepresentativeKind.PARENT, categories=[LAB]
        )
    assert datetime.now(UTC).year - 2011 < 18
