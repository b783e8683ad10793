"""A blank sheet to write one life on: dates counted back from today, people, identifiers, documents.

Every number is drawn from one seed and every identifier from the patient's key, so that the same day
gives the same records to the byte.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from portal.demo.numbers import TEST_INS_OID
from portal.demo.people import Patient, place_of, professional

NAMESPACE = UUID("d2a3c9d4-2f53-5a8e-9c55-5b7d1a5f0c3e")
PARIS = ZoneInfo("Europe/Paris")
LOINC = "http://loinc.org"
_RPPS = "urn:oid:1.2.250.1.71.4.2.1"
_FRENCH_TYPES = "urn:oid:1.2.250.1.213.1.1.4.12"
CATEGORY = "urn:carnet:category"

Resource = dict[str, Any]


def concept(text: str, code: str = "", system: str = "") -> Resource:
    """A CodeableConcept; a code of FHIR's own needs no text."""
    words = {"display": text} if text else {}
    coding = {"coding": [{"system": system, "code": code, **words}]} if code else {}
    return {**coding, **({"text": text} if text else {})}


@dataclass(slots=True)
class Sheet:
    """One patient's resources as they are written."""

    patient: Patient
    today: date
    resources: list[Resource] = field(default_factory=list)
    random: Random = field(init=False)

    def __post_init__(self) -> None:
        # A random source of its own: what one life draws cannot shift another's.
        self.random = Random(f"carnet demo {self.patient.key}")  # noqa: S311 (invented lives, no secret)  # nosec B311
        self._identity()

    # Time.

    def ago(self, *, years: float = 0, months: float = 0, days: int = 0) -> date:
        """A working day that long before today (negative: to come)."""
        day = self.today - timedelta(days=round(years * 365.25 + months * 30.44) + days)
        # Surgeries and laboratories are closed on Sundays.
        return day - timedelta(days=1) if day.weekday() == 6 else day

    def at(self, day: date, hour: int = 9, minute: int | None = None) -> str:
        """An hour of that day, in France."""
        exact = self.random.randrange(0, 60, 5) if minute is None else minute
        return datetime.combine(day, time(hour, exact), PARIS).isoformat()

    # The bricks.

    def add(self, kind: str, **fields: Any) -> str:
        """Write one resource about this patient; returns the reference to it."""
        name = str(uuid5(NAMESPACE, f"{self.patient.key}/{len(self.resources)}"))
        subject = {"reference": f"Patient/{self.patient_id}"}
        about = {_ABOUT.get(kind, "subject"): subject} if kind not in _UNADDRESSED else {}
        self.resources.append({"resourceType": kind, "id": name, **about, **fields})
        return f"{kind}/{name}"

    def by(self, key: str) -> Resource:
        """A reference to a professional, by name and by number in the register."""
        person = professional(key)
        return {"identifier": {"system": _RPPS, "value": f"8{person.rpps}"}, "display": person.name}

    def where(self, key: str) -> Resource:
        """A reference to where a professional works."""
        return {"display": place_of(key).name}

    @property
    def patient_id(self) -> str:
        """The identifier of the Patient resource."""
        return str(uuid5(NAMESPACE, self.patient.key))

    def _identity(self) -> None:
        person = self.patient
        name = [{"use": "official", "family": person.used_name or person.family, "given": [person.given]}]
        if person.used_name:
            name.append({"use": "maiden", "family": person.family, "given": [person.given]})
        self.resources.append(
            {
                "resourceType": "Patient",
                "id": self.patient_id,
                "identifier": [{"system": f"urn:oid:{TEST_INS_OID}", "value": person.ins}],
                "name": name,
                "gender": person.sex,
                "birthDate": person.born.isoformat(),
                "address": [{"text": person.address}],
                "telecom": [{"system": "phone", "value": person.phone}] if person.phone else [],
            }
        )

    def document(
        self, day: date, by: str, title: str, text: str, code: str, *, hour: int = 11, category: str = "", **more: Any
    ) -> str:
        """A document in French; ``code`` is its type (LOINC or the French list), ``category`` its drawer outright."""
        system = CATEGORY if category else LOINC if "-" in code else _FRENCH_TYPES
        author = {"author": [self.by(by)], "custodian": self.where(by)} if by else {}
        return self.add(
            "DocumentReference",
            status="current",
            type=concept(title, category or code, system),
            date=self.at(day, hour),
            description=title,
            content=[
                {
                    "attachment": {
                        "contentType": "text/plain; charset=utf-8",
                        "language": "fr-FR",
                        "title": title,
                        "data": b64encode(text.strip().encode()).decode(),
                    }
                }
            ],
            **author,
            **more,
        )


_ABOUT = {
    "AllergyIntolerance": "patient",
    "Coverage": "beneficiary",
    "ExplanationOfBenefit": "patient",
    "Immunization": "patient",
}
# An Appointment names its patient among its participants.
_UNADDRESSED = frozenset({"Appointment"})
