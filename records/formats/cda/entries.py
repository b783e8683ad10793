"""What is structured in a document: results, vaccinations and prescriptions, as FHIR R4 resources.

What says *no* (``negationInd``) is never made into a result: a reader would see the opposite. It stays in the text.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from records.formats.cda.header import author_of, concept_of, identifier_of
from records.formats.cda.values import RESULTS, interpretations, kind_of, ranges, value_of
from records.formats.cda.xml import Element
from records.formats.moments import fhir_date
from records.formats.parts import OBSERVATION_CATEGORY, Made, coding, concept, exact, kept, name_of, quantity

# A list of vaccinations of a life has a hundred lines, a stay in hospital some thousands of results.
MAX_ENTRIES = 20_000

_STATUSES = {"active": "preliminary", "aborted": "cancelled", "cancelled": "cancelled", "nullified": "entered-in-error"}
_ORDERS = {"active": "active", "aborted": "stopped", "cancelled": "cancelled", "suspended": "on-hold"}
_VITAL_SIGNS = "8716-3"
_DOSE_NUMBER = "30973-2"
# Sections and documents of vaccination; elsewhere a substance given in the past is a medicine taken.
_VACCINATIONS = frozenset({"11369-6", "87273-9"})
# IHE PCC and C-CDA: immunization.
_VACCINE_TEMPLATES = frozenset(
    {"1.3.6.1.4.1.19376.1.5.3.1.4.12", "2.16.840.1.113883.10.20.1.24", "2.16.840.1.113883.10.20.22.4.52"}
)


@dataclass(frozen=True, slots=True)
class Around:
    """What an entry takes from what it lies in: date and author of the nearest that tells them, code of the section."""

    date: str = ""
    author: Made = field(default_factory=dict)
    section: str = ""
    title: str = ""


@dataclass(slots=True)
class Entries:
    """Makes the resources of one document.

    Attributes:
        document: the name that the document keeps through its versions.
        patient: the address of its Patient.
        source: the document's own identifier, said in ``meta.source``.
        results_are: the FHIR category of results outside sections of vital signs; empty when the drawer of the
            document is theirs.
        drawer: a Coding that names the drawer of the document.
        vaccines: whether the whole document is about vaccination.
    """

    document: str
    patient: str
    source: str
    results_are: str
    drawer: Made
    vaccines: bool
    _seen: Counter[str] = field(default_factory=Counter)

    def of(self, body: Element, around: Around) -> Iterator[Made]:
        """Every resource of a structured body, in the order of the file."""
        for section in body.all("component", "section"):
            here = replace(
                around,
                section=section.first("code").get("code") or around.section,
                title=section.first("title").line or around.title,
                author=_author(section) or around.author,
            )
            for entry in section.all("entry"):
                yield from self._acts(entry, here)
            yield from self.of(section, here)

    def _acts(self, holder: Element, around: Around) -> Iterator[Made]:
        for act in holder.children:
            if act.name == "observation":
                here = _nearer(act, around)
                yield from self._observation(act, here)
                yield from self._below(act, here)
            elif act.name == "substanceAdministration":
                yield from self._substance(act, _nearer(act, around))
            elif act.name in ("act", "organizer", "encounter", "procedure", "supply"):
                yield from self._below(act, _nearer(act, around))

    def _below(self, act: Element, around: Around) -> Iterator[Made]:
        for link in (*act.all("entryRelationship"), *act.all("component")):
            yield from self._acts(link, around)

    def _begun(self, kind: str, key: str) -> Made:
        """A resource with its name: the same entry of the next version of the document has the same."""
        self._seen[f"{kind}/{key}"] += 1
        name = name_of(self.document, kind, key, str(self._seen[f"{kind}/{key}"]))
        return kept(resourceType=kind, id=name, meta=kept(source=self.source))

    def _observation(self, act: Element, around: Around) -> Iterator[Made]:
        value = act.first("value")
        if kind_of(value) not in RESULTS or act.get("negationInd") == "true":
            return
        code = concept_of(act.first("code")) or kept(text=around.title)
        if not code:
            return
        category = "vital-signs" if around.section == _VITAL_SIGNS else self.results_are
        yield {
            **self._begun("Observation", act.first("code").get("code") or around.title),
            "status": _STATUSES.get(act.first("statusCode").get("code"), "final"),
            "category": [concept(coding(OBSERVATION_CATEGORY, category)) if category else concept(self.drawer)],
            "code": code,
            "subject": {"reference": self.patient},
            **kept(effectiveDateTime=around.date, performer=[around.author] if around.author else []),
            **value_of(value),
            **kept(
                interpretation=interpretations(act),
                referenceRange=ranges(act),
                method=concept_of(act.first("methodCode")),
            ),
        }

    def _substance(self, act: Element, around: Around) -> Iterator[Made]:
        material = act.first("consumable", "manufacturedProduct", "manufacturedMaterial")
        medicine = concept_of(material.first("code"))
        shown = material.first("name").line or medicine.get("text", "")
        medicine |= kept(text=shown)
        if not medicine:
            return
        if _is_vaccine(act, around) or self.vaccines:
            yield self._vaccination(act, material, medicine, around)
        elif act.get("negationInd") != "true":
            planned = act.get("moodCode") in ("INT", "RQO", "PRP", "PRMS")
            yield self._prescription(act, medicine, around) if planned else self._taken(act, medicine, around)

    def _vaccination(self, act: Element, material: Element, vaccine: Made, around: Around) -> Made:
        dose = next(
            (
                number
                for inner in act.all("entryRelationship", "observation")
                if inner.first("code").get("code") == _DOSE_NUMBER and (number := _whole(inner.first("value")))
            ),
            0,
        )
        maker = act.first("consumable", "manufacturedProduct", "manufacturerOrganization", "name").line
        return {
            **self._begun("Immunization", f"{_key(vaccine)}|{around.date}"),
            "status": "not-done" if act.get("negationInd") == "true" else "completed",
            "vaccineCode": vaccine,
            "patient": {"reference": self.patient},
            **({"occurrenceDateTime": around.date} if around.date else {"occurrenceString": "?"}),
            **kept(
                lotNumber=material.first("lotNumberText").line,
                manufacturer=kept(display=maker),
                site=concept_of(act.first("approachSiteCode")),
                route=concept_of(act.first("routeCode")),
                doseQuantity=_dose(act),
                performer=[{"actor": around.author}] if around.author else [],
                protocolApplied=[{"doseNumberPositiveInt": dose}] if dose else [],
            ),
        }

    def _prescription(self, act: Element, medicine: Made, around: Around) -> Made:
        return {
            **self._begun("MedicationRequest", _key(medicine)),
            "status": _ORDERS.get(act.first("statusCode").get("code"), "active"),
            "intent": "order",
            "medicationCodeableConcept": medicine,
            "subject": {"reference": self.patient},
            **kept(authoredOn=around.date, requester=around.author, dosageInstruction=_dosage(act)),
        }

    def _taken(self, act: Element, medicine: Made, around: Around) -> Made:
        status = act.first("statusCode").get("code")
        return {
            **self._begun("MedicationStatement", f"{_key(medicine)}|{around.date}"),
            "status": {"active": "active", "aborted": "stopped", "suspended": "on-hold"}.get(status, "completed"),
            "medicationCodeableConcept": medicine,
            "subject": {"reference": self.patient},
            **kept(
                effectiveDateTime=around.date,
                informationSource=around.author,
                dosage=_dosage(act),
            ),
        }


def _is_vaccine(act: Element, around: Around) -> bool:
    if act.get("moodCode") != "EVN":
        return False
    templates = {template.get("root") for template in act.all("templateId")}
    return around.section in _VACCINATIONS or bool(templates & _VACCINE_TEMPLATES)


def _nearer(act: Element, around: Around) -> Around:
    time = next((found for element in act.all("effectiveTime") if (found := _moment(element))), "")
    return replace(around, date=time or around.date, author=_author(act) or around.author)


def _moment(element: Element) -> str:
    return fhir_date(element.get("value")) or fhir_date(element.first("low").get("value"))


def _author(act: Element) -> Made:
    people = (*act.all("performer"), *act.all("author"))
    return next((found for element in people if (found := author_of(element))), {})


def _key(medicine: Made) -> str:
    return next((one["code"] for one in medicine.get("coding", []) if one.get("code")), "") or medicine.get("text", "")


def _whole(value: Element) -> int:
    """A small whole number (the rank of a dose), 0 when there is none."""
    text = value.get("value")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else 0


def _dose(act: Element) -> Made:
    dose = act.first("doseQuantity")
    holder = dose if dose.get("value") else dose.first("high") or dose.first("low") or dose.first("center")
    found = exact(holder.get("value"))
    return quantity(found, holder.get("unit")) if found is not None else {}


def _dosage(act: Element) -> list[Made]:
    """How to take it: in the words of the prescriber, with the amount when it is structured."""
    told = act.first("text").line
    amount = _dose(act)
    made = kept(
        text=told,
        route=concept_of(act.first("routeCode")),
        doseAndRate=[{"doseQuantity": amount}] if amount else [],
    )
    return [made] if made else []


def document_identifier(document: Element) -> Made:
    """What names this version of the document."""
    return identifier_of(document.first("id"))
