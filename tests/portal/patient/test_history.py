"""The patient's history: narrowed as they ask, in whose name, why, and the statement of a month."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from audit import log
from audit.events import Event, Outcome
from consent.categories import Category
from consent.decisions import RepresentativeKind
from consent.representing import SHAREABLE, add_representative
from portal.notifications.models import Letter
from portal.patient.narrowing import KINDS
from records.dossiers import aged_ref
from tests.portal.ward import (
    SEED,
    a_carer,
    a_patient,
    a_result,
    browser_of,
    filed,
    freshly_proven,
    history,
    in_care,
)

TYPED = "Malaise sur la voie publique, ne répond plus."


@pytest.fixture
def scene(db):
    patient, doctor, stranger = a_patient(), a_carer(), a_carer(family="Scouarnec", given="Éloïse")
    in_care(patient, doctor)
    filed(patient, Category.LABORATORY, a_result())
    reader = browser_of(doctor.account)
    reader.get(f"/pro/patients/{patient.ref.id}/laboratory/")
    reader.get(f"/pro/patients/{patient.ref.id}/prescription/")
    outside = browser_of(stranger.account)
    outside.get(f"/pro/patients/{patient.ref.id}/")
    outside.post(f"/pro/patients/{patient.ref.id}/emergency/", {"reason_code": "unconscious", "text": TYPED})
    return patient, doctor, stranger, browser_of(patient.account)


def shown(browser, **query) -> str:
    page = browser.get("/accesses/", query)
    assert page.status_code == 200
    return page.content.decode()


def rows_of(text: str) -> str:
    """The lines alone, without the form above them."""
    return "".join(part.split("</section>")[0] for part in text.split('<section class="card" aria-labelledby="d')[1:])


def test_every_line_says_who_where_what_and_why(scene):
    _patient, doctor, _stranger, browser = scene
    text = rows_of(shown(browser))
    for word in ("Dr Yann Abgrall", "Doctor", doctor.organisation.name, "Category read", "Laboratory"):
        assert word in text
    assert "open by default" in text or "takes care of you" in text
    assert "Refused" in text


def test_the_words_typed_in_an_emergency_are_the_patients_to_read(scene):
    *_, browser = scene
    assert TYPED in rows_of(shown(browser, kind="emergency"))


def test_narrowed_by_person_category_kind_refusal_and_period(scene):
    *_, browser = scene
    by_name = rows_of(shown(browser, who="eloise scouarnec"))
    assert "Scouarnec" in by_name
    assert "Abgrall" not in by_name
    assert "No access matches" in shown(browser, who="nobody of that name")
    by_category = rows_of(shown(browser, category="laboratory"))
    assert "Laboratory" in by_category
    assert "Prescriptions" not in by_category
    refused = rows_of(shown(browser, show="refused"))
    assert "Scouarnec" in refused
    assert "Abgrall" not in refused
    emergencies = rows_of(shown(browser, kind="emergency"))
    assert "Emergency" in emergencies
    assert "Category read" not in emergencies
    yesterday, tomorrow = (timezone.localdate() + timedelta(days=days) for days in (-1, 1))
    assert "No access matches" in shown(browser, until=yesterday.isoformat())
    assert "Abgrall" in rows_of(shown(browser, since=yesterday.isoformat(), until=tomorrow.isoformat()))
    both = rows_of(shown(browser, who="abgrall", category="laboratory", kind="looked"))
    assert "Laboratory" in both


@pytest.mark.parametrize(
    "query",
    [{"since": "2026-03-02", "until": "2026-03-01"}, {"since": "0001-01-01"}, {"kind": "x"}, {"who": "y" * 5000}],
)
def test_a_filter_that_is_wrong_gets_a_sentence_and_hides_nothing_in_silence(scene, query):
    *_, browser = scene
    text = shown(browser, **query)
    assert 'role="alert"' in text
    assert "Nothing was left out" in text


def test_every_event_about_a_record_belongs_to_a_kind_that_can_be_asked_for(scene):
    patient, *_ = scene
    starts = tuple(start for _label, starts in KINDS.values() for start in starts)
    told = {entry.event for entry in history(patient)} - {"history.read"}
    assert told
    assert not [event for event in told if not event.startswith(starts)]


def test_the_next_page_keeps_the_filter(scene, monkeypatch):
    *_, browser = scene
    monkeypatch.setattr("portal.patient.history.PAGE", 1)
    text = shown(browser, who="abgrall", category="laboratory", show="all")
    assert "who=abgrall" in text
    address = text.split('rel="next"')[0].split('href="')[-1].rstrip('" ').replace("&amp;", "&")
    assert "before=" not in address or "who=abgrall" in address


def test_an_act_in_somebodys_name_says_whose(scene):
    patient, doctor, _stranger, browser = scene
    secretary = a_carer("nurse", family="Tanguy", given="Rozenn")
    acting = replace(secretary.actor, on_behalf_of=doctor.person.id)
    with transaction.atomic():
        log.append(
            Event.CATEGORY_READ, actor=acting, dossier=patient.ref.pseudonym, category="laboratory",
            ground="default_open", outcome=Outcome.ALLOWED,
        )  # fmt: skip
    text = rows_of(shown(browser, who="tanguy"))
    assert "in the name of Dr Yann Abgrall" in text


def test_the_statement_of_a_month_counts_by_person(scene):
    _patient, doctor, _stranger, browser = scene
    page = browser.get("/accesses/statement/")
    text = page.content.decode()
    assert page.status_code == 200
    assert "Dr Yann Abgrall" in text.split("<tbody>")[1].split("</tbody>")[0]
    assert "data-print" in text
    assert "The month is not over" in text
    assert browser.get("/accesses/statement/?month=2001-01").status_code == 404
    assert browser.get("/accesses/statement/?month=x").status_code == 404
    assert browser_of(doctor.account).get("/accesses/statement/").status_code == 403


def test_a_quiet_month_says_so(db):
    patient = a_patient()
    text = browser_of(patient.account).get("/accesses/statement/").content.decode()
    assert "Statement of" in text
    assert history(patient)[-1].purpose == "statement"


def test_letters_lead_to_what_they_tell_of(db):
    patient = a_patient()
    for number, kind in enumerate(("statement", "case_concluded", "unsealing")):
        Letter.objects.create(account_id=patient.account.pk, entry_index=number, kind=kind, at=timezone.now())
    browser = browser_of(patient.account)
    text = browser.get("/letters/").content.decode()
    for address in ("/accesses/statement/", "/accesses/questions/", "/accesses/?kind=asked"):
        assert f'href="{address}"' in text
        assert browser.get(address).status_code == 200


def test_a_statement_is_never_shown_under_somebody_elses_name(db):
    child, parent = a_patient("Moreau", "Lucas", date.today() - timedelta(days=6 * 366)), a_patient("Moreau", "Camille")
    add_representative(
        actor=SEED, ref=aged_ref(child.ref.id), account=parent.account.pk, kind=RepresentativeKind.PARENT,
        categories=SHAREABLE,
    )  # fmt: skip
    browser = freshly_proven(parent.account)
    assert browser.get("/accesses/statement/").status_code == 200
    browser.post(f"/for/{child.ref.id}/act/")
    assert browser.get("/accesses/statement/").status_code == 403
