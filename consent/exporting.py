"""Consents as FHIR R4 ``Consent`` resources (http://hl7.org/fhir/R4/consent.html), for the patient to take away.

What is in force at one instant: care by name and by team, choices, oppositions. A category is coded in a system of our
own; actions in ``consentaction`` (``access`` to read, ``collect`` to add).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from audit.actor import Actor
from audit.events import Event
from audit.log import append
from consent.acting import ground_of, share
from consent.categories import Category
from consent.dossiers import DossierRef
from consent.facts import load_facts
from consent.models import CareRelationship, Choice, Opposition, Organisation, Professional, TeamCare
from consent.professions import profession_label
from consent.rights import Right
from consent.screening import decided_by, untold

CATEGORIES = "urn:carnet:category"
PROFESSIONS = "urn:carnet:profession"
_HL7 = "http://terminology.hl7.org/CodeSystem/"
_ACTIONS = {Right.READ: "access", Right.DEPOSIT: "collect"}

_Resource = dict[str, Any]


def export_consents(*, actor: Actor, ref: DossierRef) -> _Resource:
    """Door: the consents in force as a FHIR R4 Bundle of Consent resources, as plain data.

    Raises:
        Refused: the actor is not the patient.
    """
    return share(actor, ref, Event.CONSENTS_EXPORTED, lambda at: _bundle(actor, ref, at))


def _bundle(actor: Actor, ref: DossierRef, at: datetime) -> _Resource:
    facts = load_facts(actor, ref, at=at)
    # A category hidden from one's own screens is taken away after a fresh proof only.
    told = set(decided_by(facts)) - untold(facts)
    resources = [
        *(_care(ref, each) for each in CareRelationship.objects.about(ref.id).live(at).select_related("professional")),
        *(_team(ref, each) for each in TeamCare.objects.about(ref.id).live(at).select_related("organisation")),
        *(
            _choice(ref, each)
            for each in Choice.objects.about(ref.id).live(at).select_related("professional", "organisation")
            if Category(each.category) in told
        ),
        *(
            _opposition(ref, each)
            for each in Opposition.objects.about(ref.id)
            .live(at)
            .select_related("professional", "organisation", "author")
        ),
    ]
    append(
        Event.CONSENTS_EXPORTED,
        actor=actor,
        dossier=ref.pseudonym,
        ground=ground_of(actor),
        facts={"count": len(resources)},
    )
    return {
        "resourceType": "Bundle",
        "type": "collection",
        "timestamp": _instant(at),
        "entry": [{"fullUrl": f"urn:uuid:{each['id']}", "resource": each} for each in resources],
    }


def _care(ref: DossierRef, row: CareRelationship) -> _Resource:
    return _consent(ref, row.id, row.during, True, {"actor": [_person(row.professional)]})


def _team(ref: DossierRef, row: TeamCare) -> _Resource:
    return _consent(ref, row.id, row.during, True, {"actor": [_place(row.organisation)]})


def _choice(ref: DossierRef, row: Choice) -> _Resource:
    category, right = Category(row.category), Right(row.right)
    provision: _Resource = {
        "action": [_concept(f"{_HL7}consentaction", _ACTIONS[right])],
        "code": [_concept(CATEGORIES, category.value, category.label)],
    }
    if row.professional is not None:
        provision["actor"] = [_person(row.professional)]
    elif row.organisation is not None:
        provision["actor"] = [_place(row.organisation)]
    elif row.profession:
        provision["actor"] = [_recipient({"display": profession_label(row.profession)})]
    return _consent(ref, row.id, row.during, row.allowed, provision)


def _opposition(ref: DossierRef, row: Opposition) -> _Resource:
    whom = _person(row.professional) if row.professional else _place(_present(row.organisation))
    provision: _Resource = {"actor": [whom]}
    if row.author is not None:
        provision["actor"].append({**_person(row.author), "role": _concept(f"{_HL7}v3-ParticipationType", "AUT")})
    return _consent(ref, row.id, row.during, False, provision)


def _consent(ref: DossierRef, id_: UUID, during: Any, allowed: bool, provision: _Resource) -> _Resource:
    period = {"start": _instant(during.lower)}
    if during.upper is not None:
        period["end"] = _instant(during.upper)
    return {
        "resourceType": "Consent",
        "id": str(id_),
        "status": "active",
        "scope": _concept(f"{_HL7}consentscope", "patient-privacy"),
        "category": [_concept("http://loinc.org", "59284-0")],
        "patient": {"reference": f"urn:uuid:{ref.id}"},
        "dateTime": _instant(during.lower),
        "policyRule": _concept(f"{_HL7}v3-ActCode", "OPTIN" if allowed else "OPTOUT"),
        "provision": {"type": "permit" if allowed else "deny", "period": period, **provision},
    }


def _person(person: Professional) -> _Resource:
    return _recipient({"reference": f"urn:uuid:{person.id}", "type": "Practitioner", "display": person.name})


def _place(place: Organisation) -> _Resource:
    return _recipient({"reference": f"urn:uuid:{place.id}", "type": "Organization", "display": place.name})


def _recipient(reference: _Resource) -> _Resource:
    return {"role": _concept(f"{_HL7}v3-ParticipationType", "IRCP"), "reference": reference}


def _concept(system: str, code: str, display: str = "") -> _Resource:
    coding = {"system": system, "code": code} | ({"display": display} if display else {})
    return {"coding": [coding]}


def _present(place: Organisation | None) -> Organisation:
    if place is None:
        raise ValueError("opposition without person or organisation: the database forbids it")
    return place


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
