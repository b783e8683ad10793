"""A deposited text becomes a FHIR document reference that carries the text and its author."""

import base64
from datetime import UTC, date, datetime

from consent.categories import Category
from portal.professional.composing import Note, Signature, compose

AT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)


def _composed(category: Category = Category.CONSULTATION_REPORT, place: str = "Cabinet du Parc") -> dict:
    note = Note(category=category, title="Suivi", written_on=date(2026, 11, 20), text="Été : tout va bien.\n")
    return compose(note, Signature("Dr Nadia Lefèvre", "10101010101", place), written_at=AT)


def test_it_carries_the_text_as_it_was_typed() -> None:
    attachment = _composed()["content"][0]["attachment"]
    assert base64.b64decode(attachment["data"]).decode() == "Été : tout va bien.\n"
    assert attachment["contentType"] == "text/plain; charset=utf-8"


def test_it_says_who_when_and_what() -> None:
    resource = _composed()
    assert resource["resourceType"] == "DocumentReference"
    assert resource["author"][0]["display"] == "Dr Nadia Lefèvre"
    assert resource["date"] == "2026-11-23T09:30:00+00:00"
    assert resource["context"]["period"]["start"] == "2026-11-20"
    assert resource["type"]["coding"][0]["code"] == "11488-4"
    assert resource["custodian"]["display"] == "Cabinet du Parc"


def test_a_drawer_without_a_usual_type_carries_the_title() -> None:
    resource = _composed(Category.SOCIAL_CARE, place="")
    assert resource["type"] == {"text": "Suivi"}
    assert "custodian" not in resource


def test_a_note_shows_nothing_by_accident() -> None:
    assert "secret" not in repr(Note(Category.CERTIFICATE, "secret", date(2026, 1, 1), "secret"))
