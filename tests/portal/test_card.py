"""The emergency card: what is chosen and nothing else stands on it, in its code and nowhere in the house."""

from __future__ import annotations

import re

import pytest
import zxingcpp
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from audit.events import Event
from consent.categories import Category
from portal.health.cards import MOST_BYTES, Line, fits, words_of
from portal.ui.qr import picture
from records.carding import Unknown, make_card
from records.models import Record
from tests.portal.ward import (
    a_carer,
    a_patient,
    a_result,
    an_allergy,
    browser_of,
    filed,
    freshly_proven,
    history,
    in_care,
)


def a_treatment(name: str) -> dict:
    return {
        "resourceType": "MedicationRequest", "status": "active", "intent": "order", "authoredOn": "2026-10-01",
        "medicationCodeableConcept": {"text": name}, "dosageInstruction": [{"text": "1 le soir"}],
    }  # fmt: skip


def scanned(path: str, side: int) -> str:
    """What a reader that knows nothing of us finds in the drawing."""
    image = Image.new("L", (side, side), 255)
    for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", path):
        ImageDraw.Draw(image).point((int(x), int(y)), 0)
    (found,) = zxingcpp.read_barcodes(image.resize((6 * side, 6 * side), Image.Resampling.NEAREST))
    assert str(found.format) in {"BarcodeFormat.QRCode", "QRCode", "QR Code"}
    return str(found.text)


def code_of(page: str) -> str:
    side, path = re.search(r'viewBox="0 0 (\d+) \1" role="img" aria-label="QR.*?<path d="([^"]+)"', page, re.S).groups()
    return scanned(path, int(side))


@pytest.fixture
def patient(db):
    return a_patient(family="Moreau", given="Zoé")


def text_of(answer) -> str:
    return answer.content.decode()


def test_the_code_says_what_was_chosen_and_nothing_else(patient):
    allergy = filed(patient, Category.MEDICAL_SUMMARY, an_allergy("Pénicilline"))
    taken = filed(patient, Category.PRESCRIPTION, a_treatment("Metformine 850 mg"))
    filed(patient, Category.PRESCRIPTION, a_treatment("Sertraline 50 mg"))
    browser = freshly_proven(patient.account)
    form = text_of(browser.get(reverse("health:card")))
    assert re.search(rf'value="{allergy}"[^>]* checked', form)
    assert not re.search(rf'value="{taken}"[^>]* checked', form)
    said = {
        "name": "on", "allergies": [str(allergy)], "treatments": [str(taken)],
        "contact_name": "Paul", "contact_phone": "06 12 34 56 78",
    }  # fmt: skip
    page = text_of(browser.post(reverse("health:card"), said))
    told = code_of(page)
    assert told.startswith("EMERGENCY CARD\nName: Zoé Moreau\nAllergies: Pénicilline\n")
    assert "Current treatments: Metformine 850 mg (1 le soir)" in told
    assert "Person to call: Paul 06 12 34 56 78" in told
    for never in ("Sertraline", "1985", "http", str(patient.ref.id), str(allergy)):
        assert never not in told
    assert "Sertraline" not in page
    (entry,) = [entry for entry in history(patient) if entry.event == Event.CARD_MADE.dotted]
    assert (entry.outcome, entry.facts["shown"], entry.facts["categories"]) == ("allowed", "2", "00021")


def test_making_one_asks_for_a_fresh_proof_and_goes_on_after_it(patient):
    allergy = filed(patient, Category.MEDICAL_SUMMARY, an_allergy())
    answer = browser_of(patient.account).post(reverse("health:card"), {"name": "on", "allergies": [str(allergy)]})
    assert 'name="prove"' in text_of(answer)
    assert f'value="{allergy}"' in text_of(answer)
    assert Event.CARD_MADE.dotted not in [entry.event for entry in history(patient)]


def test_what_does_not_fit_is_said_and_nothing_is_lost(patient):
    told = [filed(patient, Category.PRESCRIPTION, a_treatment(f"Médicament {n} " + "é" * 60)) for n in range(9)]
    said = {"name": "on", "treatments": [str(each) for each in told], "words": "Je parle breton"}
    page = text_of(freshly_proven(patient.account).post(reverse("health:card"), said))
    assert "does not fit on a card" in page
    assert 'value="Je parle breton"' in page
    assert Event.CARD_MADE.dotted not in [entry.event for entry in history(patient)]


def test_another_record_cannot_be_put_on_a_card(patient):
    other = a_patient(family="Riou")
    stolen = filed(other, Category.MEDICAL_SUMMARY, an_allergy("Iode"))
    _view, lines = make_card(actor=patient.actor, dossier_id=patient.ref.id, chosen=[stolen])
    assert not any(lines.values())
    with pytest.raises(Unknown):
        make_card(actor=patient.actor, dossier_id=other.ref.id, chosen=[stolen])


def test_a_professional_makes_none(patient):
    carer = a_carer()
    in_care(patient, carer)
    allergy = filed(patient, Category.MEDICAL_SUMMARY, an_allergy())
    with pytest.raises(Unknown):
        make_card(actor=carer.actor, dossier_id=patient.ref.id, chosen=[allergy])
    assert [e.outcome for e in history(patient) if e.event == Event.CARD_MADE.dotted] == ["refused"]


def test_nothing_of_a_card_is_kept(patient):
    before = Record.objects.count()
    browser = freshly_proven(patient.account)
    browser.post(reverse("health:card"), {"name": "on", "contact_name": "Quetzalcoatlus"})
    assert Record.objects.count() == before
    assert "Quetzalcoatlus" not in text_of(browser.get(reverse("health:card")))
    assert "Quetzalcoatlus" not in str(dict(browser.session))


@settings(max_examples=25)
@given(
    st.lists(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=60), max_size=8)
)
def test_whatever_the_words_the_code_reads_back_the_same(texts):
    words = words_of([Line("Allergies", text) for text in texts], "23 nov. 2026")
    if fits(words):
        drawn = picture(words)
        # Version 19 at most: 93 modules and the margin.
        assert drawn.side <= 93 + 8
        assert scanned(drawn.path, drawn.side) == words
    else:
        assert len(words.encode()) > MOST_BYTES


def test_a_blood_group_is_told_as_the_laboratory_wrote_it(patient):
    group = {**a_result("Groupe sanguin ABO"), "code": {"coding": [{"system": "http://loinc.org", "code": "882-1"}]}}
    del group["valueQuantity"]
    found = filed(patient, Category.LABORATORY, {**group, "valueString": "A positif"})
    page = text_of(freshly_proven(patient.account).post(reverse("health:card"), {"blood_group": [str(found)]}))
    assert "Blood group: A positif" in code_of(page)
