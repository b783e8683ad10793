"""A page of every type of record, in both languages: it opens, it has a title, and none of it stays in English."""

from __future__ import annotations

import re
from base64 import b64encode

import pytest

from consent.categories import Category
from portal.accounts.models import Account
from records.formats.fhir.kinds import KIND_WORDS
from tests.portal.ward import a_carer, a_patient, browser_of, filed, in_care

_HEADING = re.compile(r"<h1>\s*(.*?)\s*</h1>", re.S)


@pytest.fixture
def world(db):
    patient, carer = a_patient(family="Moreau", given="Camille"), a_carer()
    in_care(patient, carer)
    return patient, carer


def spoken(account: Account, language: str):
    Account.objects.filter(pk=account.pk).update(language=language)
    account.refresh_from_db()
    return browser_of(account)


def test_a_record_of_every_type_has_its_page_in_both_languages(world) -> None:
    patient, carer = world
    records = {}
    for kind in KIND_WORDS:
        named = {"resourceType": kind, "status": "active", "code": {"text": f"Essai {kind}"}}
        records[kind] = filed(patient, Category.CONSULTATION_REPORT, named)
    for account, address in ((patient.account, "/record/item/{}/"), (carer.account, "/pro/items/{}/")):
        for language in ("fr", "en"):
            browser = spoken(account, language)
            for kind, record_id in records.items():
                page = browser.get(address.format(record_id))
                text = page.content.decode()
                assert page.status_code == 200, (kind, language)
                assert f'lang="{language}"' in text, (kind, language)
                assert _HEADING.search(text)[1], (kind, language)
                assert language == "en" or f">{kind}<" not in text, kind


def test_what_has_no_name_is_called_by_its_type_in_the_readers_language(world) -> None:
    patient, _carer = world
    record_id = filed(patient, Category.CONSULTATION_REPORT, {"resourceType": "Procedure", "status": "completed"})
    for language, word in (("fr", "Acte"), ("en", "Procedure")):
        browser = spoken(patient.account, language)
        assert word in _HEADING.search(browser.get(f"/record/item/{record_id}/").content.decode())[1]
        assert word in browser.get("/record/time/").content.decode()


def test_every_category_has_its_page_in_both_languages(world) -> None:
    patient, _carer = world
    for category in Category:
        filed(patient, category, {"resourceType": "Basic", "code": {"text": f"Essai {category.value}"}})
    for language in ("fr", "en"):
        browser = spoken(patient.account, language)
        for category in Category:
            text = browser.get(f"/record/{category.value}/").content.decode()
            assert f"Essai {category.value}" in text, (category, language)


def test_a_report_is_read_before_what_a_computer_knows_of_it(world) -> None:
    patient, _carer = world
    said = b64encode(b"Pas de fracture visible.").decode()
    resource = {
        "resourceType": "DocumentReference",
        "status": "current",
        "description": "Radiographie",
        "content": [{"attachment": {"contentType": "text/plain", "data": said}}],
    }
    record_id = filed(patient, Category.IMAGING, resource)
    text = browser_of(patient.account).get(f"/record/item/{record_id}/").content.decode()
    assert text.index("Pas de fracture visible.") < text.index('class="facts"')


def test_a_bill_has_no_curve(world) -> None:
    patient, _carer = world
    for total in (19.0, 25.0, 38.2):
        bill = {
            "resourceType": "ExplanationOfBenefit",
            "status": "active",
            "billablePeriod": {"start": "2026-03-01"},
            "type": {"coding": [{"system": "http://example.org", "code": "ambulatory"}]},
            "total": [{"category": {"text": "Payé"}, "amount": {"value": total, "currency": "EUR"}}],
        }
        record_id = filed(patient, Category.REIMBURSEMENT, bill)
    browser = browser_of(patient.account)
    for address in (f"/record/item/{record_id}/", "/record/reimbursement/"):
        assert "<polyline" not in browser.get(address).content.decode()


def test_paper_names_whose_record_it_is_and_has_the_table_of_the_curve(world) -> None:
    patient, _carer = world
    for day in ("2026-01-05", "2026-02-05"):
        result = {
            "resourceType": "Observation",
            "status": "final",
            "effectiveDateTime": day,
            "code": {"coding": [{"system": "http://loinc.org", "code": "2276-4"}], "text": "Ferritinémie"},
            "valueQuantity": {"value": 41.5, "unit": "ng/mL"},
        }
        record_id = filed(patient, Category.LABORATORY, result)
    text = browser_of(patient.account).get(f"/record/item/{record_id}/").content.decode()
    head = text[text.index('class="print-head"') :].split("</p>")[0]
    assert "Camille Moreau" in head
    assert "1985" in head
    assert "Printed from Carnet on" in head
    assert text.count("<table") == 2
    assert "In plain words" in text
