"""What a report carries of a result or a reason is closed with the record it comes from."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from consent.categories import Category
from consent.granting import choose
from consent.rights import Right
from records.exchange import import_bundle
from records.formats.fhir.bundle import of_resources
from records.reading import open_category, open_record
from records.writing import mask, unmask
from tests.records.scenes import SEED, Household

RESULT = {
    "resourceType": "Observation",
    "id": "5a5f1f8e-4a0e-4d0c-9d7a-0d9a8a1f0001",
    "status": "final",
    "category": [{"coding": [{"code": "laboratory"}]}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "2276-4"}], "text": "Ferritinémie secrète"},
    "effectiveDateTime": "2026-05-04",
    "valueQuantity": {"value": Decimal("412.5"), "unit": "µg/L"},
}
REASON = {
    "resourceType": "Condition",
    "id": "5a5f1f8e-4a0e-4d0c-9d7a-0d9a8a1f0002",
    "code": {"text": "Hémochromatose supposée"},
    "recordedDate": "2026-05-01",
}
REPORT = {
    "resourceType": "DiagnosticReport",
    "id": "5a5f1f8e-4a0e-4d0c-9d7a-0d9a8a1f0003",
    "status": "final",
    "category": [{"coding": [{"code": "LAB"}]}],
    "code": {"text": "Bilan martial"},
    "effectiveDateTime": "2026-05-04",
    "result": [{"reference": f"Observation/{RESULT['id']}"}],
}
ORDER = {
    "resourceType": "MedicationRequest",
    "id": "5a5f1f8e-4a0e-4d0c-9d7a-0d9a8a1f0004",
    "status": "active",
    "intent": "order",
    "medicationCodeableConcept": {"text": "Déférasirox 360 mg"},
    "authoredOn": "2026-05-05",
    "reasonReference": [{"reference": f"Condition/{REASON['id']}"}],
}


@pytest.fixture
def household(household: Household) -> Household:
    """The patient's record holds a report with its result, and an order with its reason."""
    import_bundle(actor=SEED, source=of_resources([RESULT, REASON, REPORT, ORDER]), dossier_id=household.ref.id)
    return household


def _found(household: Household, category: Category, title: str):
    drawer = open_category(actor=household.patient, dossier_id=household.ref.id, category=category)
    # Medicines that go on stand before the others.
    items = (*drawer.ahead, *drawer.first, *drawer.items)
    return next(item.record_id for item in items if item.header.title == title)


def _shown(actor, record_id) -> str:
    view = open_record(actor=actor, record_id=record_id)
    return repr(view.presentation.sections) + json.dumps(view.resource, default=str, ensure_ascii=False)


def test_a_hidden_result_is_not_shown_by_its_report(household: Household) -> None:
    report = _found(household, Category.LABORATORY, "Bilan martial")
    result = _found(household, Category.LABORATORY, "Ferritinémie secrète")
    assert "412" in _shown(household.doctor, report)
    mask(actor=household.patient, record_id=result)
    seen = _shown(household.doctor, report)
    assert "412" not in seen
    assert "secrète" not in seen
    assert "412" in _shown(household.patient, report)
    unmask(actor=household.patient, record_id=result)
    assert "412" in _shown(household.doctor, report)


def test_a_reason_from_a_closed_drawer_is_not_shown_by_the_order(household: Household) -> None:
    order = _found(household, Category.PRESCRIPTION, "Déférasirox 360 mg")
    assert "Hémochromatose" in _shown(household.doctor, order)
    choose(
        actor=household.patient, ref=household.ref, professional=household.doctor.professional,
        category=Category.MEDICAL_SUMMARY, right=Right.READ, allowed=False,
    )  # fmt: skip
    assert "Hémochromatose" not in _shown(household.doctor, order)
    assert "Hémochromatose" in _shown(household.patient, order)
