"""The doors to a dossier: who gets through, what they see, what they leave behind."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import uuid4

import psycopg
import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from audit.actor import Actor
from audit.log import entries_about, entries_by
from consent.categories import Category
from consent.decisions import Ground, Refused, Right
from consent.granting import choose, oppose
from records.identity import NoDossier, find_own
from records.reading import Unknown, open_category, open_overview, open_record
from records.unlocking import CACHE
from records.vault.cipher import Unreadable
from records.vault.keyring import KeyringRefused
from records.writing import mask, unmask
from tests.records.scenes import CANARY, SEED, Household, last_entry


def counts_of(overview) -> dict[Category, int | None]:
    return {view.category: view.count for view in overview.categories}


# --- who gets through -------------------------------------------------------------------------


def test_a_patient_reads_their_own_record(household: Household) -> None:
    record_id = household.file()
    household.file_allergy()
    overview = open_overview(actor=household.patient)
    assert overview.ref == household.ref == find_own(household.patient)
    assert overview.identity == household.identity
    assert counts_of(overview) == {
        category: int(category in {Category.LABORATORY, Category.MEDICAL_SUMMARY}) for category in Category
    }
    assert [item.header.title for item in overview.alerts] == [f"Penicillin {CANARY}"]
    assert len(overview.newest) == 2
    drawer = open_category(actor=household.patient, dossier_id=household.ref.id, category=Category.LABORATORY)
    assert [item.record_id for item in drawer.items] == [record_id]
    view = open_record(actor=household.patient, record_id=record_id)
    assert view.resource["valueQuantity"]["value"] == Decimal("5.4")
    assert view.item.header.value == Decimal("5.4")
    assert view.presentation.sections
    assert view.identity.full_name == f"Maude {CANARY}"


def test_what_a_patient_reads_is_remembered_too(household: Household) -> None:
    record_id = household.file()
    open_overview(actor=household.patient)
    open_category(actor=household.patient, dossier_id=household.ref.id, category=Category.LABORATORY)
    open_record(actor=household.patient, record_id=record_id)
    read, listed, opened = entries_by(household.patient.id, limit=3)
    assert [entry.event for entry in (opened, listed, read)] == ["dossier.opened", "category.read", "record.read"]
    assert {entry.ground for entry in (read, listed, opened)} == {Ground.OWN_DOSSIER.value}
    assert {entry.dossier for entry in (read, listed, opened)} == {household.ref.pseudonym}
    assert (read.object_id, read.category) == (record_id, "laboratory")
    assert listed.facts["count"] == "1"
    assert int(opened.facts["categories"], 16) == 1 << list(Category).index(Category.LABORATORY)


def test_a_doctor_in_care_reads_what_the_matrix_opens(household: Household) -> None:
    record_id = household.file()
    assert open_overview(actor=household.doctor, dossier_id=household.ref.id).identity == household.identity
    assert open_record(actor=household.doctor, record_id=record_id).item.record_id == record_id
    entry = last_entry(household.doctor)
    assert (entry.outcome, entry.ground) == ("allowed", Ground.DEFAULT_OPEN.value)
    assert entry.matrix
    assert entry.id in {each.id for each in entries_about(household.ref.pseudonym)}


def test_without_relationship_nothing_exists(household: Household) -> None:
    record_id = household.file()
    attempts = [
        lambda: open_overview(actor=household.stranger, dossier_id=household.ref.id),
        lambda: open_category(actor=household.stranger, dossier_id=household.ref.id, category=Category.LABORATORY),
        lambda: open_record(actor=household.stranger, record_id=record_id),
    ]
    for attempt in attempts:
        with pytest.raises(Unknown):
            attempt()
        entry = last_entry(household.stranger)
        assert (entry.outcome, entry.dossier) == ("refused", household.ref.pseudonym)
        assert entry.ground == Ground.NO_RELATIONSHIP.value


@pytest.mark.asvs("v5.0.0-8.4.1")
@pytest.mark.parametrize("who", ["neighbour", "administrator", "stranger", "anonymous", "seed", "rotation", "letters"])
def test_nobody_else_reads_anything(household: Household, who: str) -> None:
    record_id = household.file()
    others = {"anonymous": Actor.anonymous(), "seed": SEED}
    others |= {task: Actor.system(task) for task in ("rotation", "letters")}
    actor = others.get(who) or getattr(household, who)
    for attempt in (
        lambda: open_overview(actor=actor, dossier_id=household.ref.id),
        lambda: open_category(actor=actor, dossier_id=household.ref.id, category=Category.LABORATORY),
        lambda: open_record(actor=actor, record_id=record_id),
    ):
        with pytest.raises(Unknown):
            attempt()
        assert last_entry(actor).outcome == "refused"


@pytest.mark.asvs("v5.0.0-8.2.2")
def test_unknown_somebody_elses_and_hidden_answer_alike(household: Household) -> None:
    hidden = household.file()
    mask(actor=household.patient, record_id=hidden)
    closed = household.file(Category.PERSONAL_NOTES, actor=household.patient)
    elsewhere = household.file(ref=household.neighbour_ref)
    answers = set()
    for record_id in (uuid4(), elsewhere, hidden, closed):
        with pytest.raises(Unknown) as caught:
            open_record(actor=household.doctor, record_id=record_id)
        entry = last_entry(household.doctor)
        assert entry.object_id == record_id
        answers.add((str(caught.value), entry.event, entry.outcome, entry.category, entry.digest))
    assert len(answers) == 1


def test_an_account_without_record_is_told_so(household: Household) -> None:
    for actor in (household.doctor, Actor.anonymous()):
        with pytest.raises(NoDossier):
            open_overview(actor=actor)


# --- refused drawers --------------------------------------------------------------------------


def test_a_refused_drawer_is_refused_before_its_records_are_looked_at(household: Household) -> None:
    empty, full = Category.IMAGING, Category.LABORATORY
    household.file(full)
    for category in (empty, full):
        choose(
            actor=household.patient,
            ref=household.ref,
            professional=household.doctor.professional,
            category=category,
            right=Right.READ,
            allowed=False,
        )
    said = []
    for category in (empty, full, Category.PERSONAL_NOTES):
        with (
            CaptureQueriesContext(
                connection,
            ) as queries,
            pytest.raises(Refused) as caught,
        ):
            open_category(actor=household.doctor, dossier_id=household.ref.id, category=category)
        assert not [query for query in queries if "records_record" in query["sql"]]
        entry = last_entry(household.doctor)
        assert (entry.event, entry.outcome, entry.category) == ("category.read", "refused", category.value)
        said.append((str(caught.value), len(queries)))
    assert len(set(said)) == 1
    assert entry.ground == Ground.PATIENT_ONLY.value


@pytest.mark.asvs("v5.0.0-8.3.2")
def test_a_changed_right_works_on_the_next_request(household: Household) -> None:
    household.file()
    open_category(actor=household.doctor, dossier_id=household.ref.id, category=Category.LABORATORY)
    oppose(actor=household.patient, ref=household.ref, professional=household.doctor.professional)
    with pytest.raises(Refused):
        open_category(actor=household.doctor, dossier_id=household.ref.id, category=Category.LABORATORY)
    overview = open_overview(actor=household.doctor, dossier_id=household.ref.id)
    assert set(counts_of(overview).values()) == {None}
    assert overview.newest == overview.alerts == ()


def test_counts_are_shown_for_open_drawers_only_and_without_what_is_hidden(household: Household) -> None:
    household.file()
    mask(actor=household.patient, record_id=household.file())
    household.file(Category.PERSONAL_NOTES, actor=household.patient)
    seen = counts_of(open_overview(actor=household.doctor, dossier_id=household.ref.id))
    assert seen[Category.LABORATORY] == 1
    assert seen[Category.PERSONAL_NOTES] is None
    own = counts_of(open_overview(actor=household.patient))
    assert (own[Category.LABORATORY], own[Category.PERSONAL_NOTES]) == (2, 1)


# --- hidden records ---------------------------------------------------------------------------


def test_a_hidden_record_is_seen_by_its_patient_and_its_author_only(household: Household) -> None:
    record_id = household.file(actor=household.doctor)
    mask(actor=household.patient, record_id=record_id)
    assert last_entry(household.patient).event == "record.masked"
    assert open_record(actor=household.patient, record_id=record_id).item.masked
    mine = open_category(actor=household.doctor, dossier_id=household.ref.id, category=Category.LABORATORY).items
    assert [(item.record_id, item.mine, item.masked) for item in mine] == [(record_id, True, True)]
    others = open_category(actor=household.nurse, dossier_id=household.ref.id, category=Category.LABORATORY)
    assert others.items == ()
    assert open_overview(actor=household.nurse, dossier_id=household.ref.id).newest == ()
    with pytest.raises(Unknown):
        open_record(actor=household.nurse, record_id=record_id)
    unmask(actor=household.patient, record_id=record_id)
    assert last_entry(household.patient).event == "record.unmasked"
    assert open_record(actor=household.nurse, record_id=record_id).item.record_id == record_id


def test_opposed_author_is_hidden_from_the_reader_concerned(household: Household) -> None:
    record_id = household.file(actor=household.doctor)
    oppose(
        actor=household.patient,
        ref=household.ref,
        professional=household.nurse.professional,
        author=household.doctor.professional,
    )
    with pytest.raises(Unknown):
        open_record(actor=household.nurse, record_id=record_id)
    drawer = open_category(actor=household.nurse, dossier_id=household.ref.id, category=Category.LABORATORY)
    assert drawer.items == ()


# --- lists and curves -------------------------------------------------------------------------


def test_the_curve_holds_comparable_visible_values(household: Household) -> None:
    days = [datetime(2024 + year, 6, 1, tzinfo=UTC) for year in range(3)]
    points = [household.file(value=f"5.{rank}", day=day) for rank, day in enumerate(days)]
    household.file(value="38", unit="g/L")
    household.file(value="1.1", code="2093-3")
    mask(actor=household.patient, record_id=points[0])
    series = open_record(actor=household.patient, record_id=points[1]).series
    assert [point.record_id for point in series] == points
    assert [point.date for point in series] == days
    seen = open_record(actor=household.doctor, record_id=points[1]).series
    assert [point.record_id for point in seen] == points[1:]


def test_the_overview_finds_what_was_filed_last_behind_much_that_is_hidden(household: Household) -> None:
    shown = [household.file(value=str(rank)) for rank in range(2)]
    for rank in range(10):
        mask(actor=household.patient, record_id=household.file(value=str(rank)))
    newest = open_overview(actor=household.nurse, dossier_id=household.ref.id, newest=2).newest
    assert {item.record_id for item in newest} == set(shown)


def test_pages_cost_the_same_number_of_queries_whatever_they_hold(household: Household) -> None:
    def cost(act) -> int:
        with CaptureQueriesContext(connection) as queries:
            act()
        return len(queries)

    first = household.file()
    acts = [
        lambda: open_overview(actor=household.doctor, dossier_id=household.ref.id),
        lambda: open_category(actor=household.doctor, dossier_id=household.ref.id, category=Category.LABORATORY),
        lambda: open_record(actor=household.doctor, record_id=first),
    ]
    # What is asked once an hour, or once in the life of a process, is asked here.
    for act in acts:
        act()
    before = [cost(act) for act in acts]
    for rank in range(30):
        household.file(value=str(rank))
    assert [cost(act) for act in acts] == before
    assert max(before) <= 10


@pytest.mark.asvs("v5.0.0-15.3.1")
def test_what_leaves_a_door_says_nothing_of_itself(household: Household) -> None:
    record_id = household.file()
    overview = open_overview(actor=household.patient)
    drawer = open_category(actor=household.patient, dossier_id=household.ref.id, category=Category.LABORATORY)
    view = open_record(actor=household.patient, record_id=record_id)
    for shown in (overview, drawer, view, view.item, view.series[0], overview.identity, view.presentation):
        assert CANARY not in repr(shown)
        assert len(repr(shown)) < 30


# --- no unlogged read -------------------------------------------------------------------------


@pytest.mark.parametrize("door", ["overview", "category", "record"])
def test_nothing_is_returned_when_the_entry_cannot_be_written(
    household: Household, owner: psycopg.Connection, door: str
) -> None:
    record_id = household.file()
    owner.execute("REVOKE INSERT ON audit_entry FROM carnet_app")
    owner.execute("REVOKE INSERT (id, at, event, body) ON audit_entry FROM carnet_app")
    acts = {
        "overview": lambda actor: open_overview(actor=actor, dossier_id=household.ref.id),
        "category": lambda actor: open_category(actor=actor, dossier_id=household.ref.id, category=Category.LABORATORY),
        "record": lambda actor: open_record(actor=actor, record_id=record_id),
    }
    for actor in (household.patient, household.doctor, household.stranger):
        with pytest.raises(DatabaseError):
            acts[door](actor)


@pytest.mark.asvs("v5.0.0-16.5.3")
def test_without_the_keyring_nothing_is_shown(household: Household, settings, tmp_path) -> None:
    household.file()
    settings.KEYRING_FILE = tmp_path / "gone.json"
    CACHE.clear()
    for actor in (household.patient, household.doctor):
        with pytest.raises(KeyringRefused):
            open_category(actor=actor, dossier_id=household.ref.id, category=Category.LABORATORY)


# --- changed and moved rows -------------------------------------------------------------------


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE records_record SET body = set_byte(body, 80, get_byte(body, 80) # 1) WHERE id = %(one)s",
        "UPDATE records_record SET header = set_byte(header, 0, 2) WHERE id = %(one)s",
        "UPDATE records_record SET header = substring(header, 1, 77) WHERE id = %(one)s",
        "UPDATE records_record SET body = body || '\\x00' WHERE id = %(one)s",
        "UPDATE records_record SET revision = 2 WHERE id = %(one)s",
        "UPDATE records_record SET category = 'imaging' WHERE id = %(one)s",
        "UPDATE records_record SET body = header WHERE id = %(one)s",
        "UPDATE records_record SET (header, body) = (SELECT header, body FROM records_record WHERE id = %(other)s) "
        "WHERE id = %(one)s",
        "UPDATE records_patientkey AS k SET (wrapped, check_value) = (SELECT wrapped, check_value "
        "FROM records_patientkey AS o WHERE o.dossier_id <> k.dossier_id) WHERE dossier_id = %(mine)s",
        "UPDATE records_patientkey SET version = 2 WHERE dossier_id = %(mine)s",
        "UPDATE records_patientkey SET check_value = '\\x00' WHERE dossier_id = %(mine)s",
        "UPDATE records_patientkey SET state = 'destroyed', wrapped = NULL, destroyed_at = now() "
        "WHERE dossier_id = %(mine)s",
    ],
)
def test_changed_or_moved_rows_do_not_open(household: Household, owner: psycopg.Connection, statement: str) -> None:
    one, other = household.file(value="1"), household.file(value="2", ref=household.neighbour_ref)
    owner.execute(statement, {"one": one, "other": other, "mine": household.ref.id})
    with pytest.raises(Unreadable) as caught:
        open_record(actor=household.patient, record_id=one)
    assert str(caught.value) == "The sealed data could not be opened."
    entry = last_entry(household.patient)
    assert (entry.event, entry.outcome, entry.object_id) == ("record.read", "failed", one)
    assert entry.facts["error"] == caught.value.flaw.value


@pytest.mark.asvs("v5.0.0-8.4.1")
def test_a_record_moved_to_another_dossier_does_not_open(household: Household, owner: psycopg.Connection) -> None:
    moved = household.file(Category.IMAGING, ref=household.neighbour_ref)
    owner.execute("UPDATE records_record SET dossier_id = %s WHERE id = %s", [household.ref.id, moved])
    for act in (
        lambda: open_record(actor=household.patient, record_id=moved),
        lambda: open_category(actor=household.patient, dossier_id=household.ref.id, category=Category.IMAGING),
        lambda: open_overview(actor=household.patient),
    ):
        with pytest.raises(Unreadable):
            act()
        assert last_entry(household.patient).outcome == "failed"
