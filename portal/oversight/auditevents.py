"""Lines of the log as FHIR R4 AuditEvents, after IHE Basic Audit Log Patterns 1.1.3 (pure).

Reads, creations and updates of a record that succeeded follow the BALP profiles for them and say so in
``meta.profile``; whatever BALP has no profile for is a plain AuditEvent. Everybody is an identifier: no name.
"""

from __future__ import annotations

from datetime import UTC
from typing import Any

from audit.actor import Role
from audit.entry import Entry
from audit.events import Event, Outcome
from audit.log import LoggedEntry

_BALP = "https://profiles.ihe.net/ITI/BALP"
_TERMS = "http://terminology.hl7.org/CodeSystem"
_DICOM = "http://dicom.nema.org/resources/ontology/DCM"
_REST = "http://hl7.org/fhir/restful-interaction"
_SOURCE, _DESTINATION = "110153", "110152"
_ABSENT = "http://hl7.org/fhir/StructureDefinition/data-absent-reason"
# Codes and identifiers of our own; URNs, since no address of the house says more about them.
EVENTS, ACCOUNTS, RECORDS, OBJECTS, PROFESSIONALS = (
    f"urn:carnet:{kind}" for kind in ("event", "account", "record", "object", "professional")
)

_READS = frozenset(
    {
        Event.DOSSIER_OPENED.dotted,
        Event.CATEGORY_READ.dotted,
        Event.RECORD_READ.dotted,
        Event.DOSSIER_SEARCHED.dotted,
        Event.RECORD_VERSION_READ.dotted,
        Event.SUMMARY_READ.dotted,
    }
)
_INTERACTIONS = {
    **dict.fromkeys(_READS, ("read", "R", "IHE.BasicAudit.PatientRead")),
    Event.RECORD_CREATED.dotted: ("create", "C", "IHE.BasicAudit.PatientCreate"),
    Event.RECORD_AMENDED.dotted: ("update", "U", "IHE.BasicAudit.PatientUpdate"),
}
_HAPPENED = frozenset({Outcome.ALLOWED.value, Outcome.DONE.value})


def bundle_of(entries: list[LoggedEntry], *, site: str) -> dict[str, Any]:
    """A collection of the AuditEvents of these lines; ``site`` is the address of the house."""
    events = [{"fullUrl": f"urn:uuid:{entry.id}", "resource": audit_event(entry, site=site)} for entry in entries]
    return {"resourceType": "Bundle", "type": "collection", "entry": events}


def audit_event(entry: Entry, *, site: str) -> dict[str, Any]:
    """One line as an AuditEvent."""
    interaction = _INTERACTIONS.get(entry.event) if entry.dossier else None
    happened = entry.outcome in _HAPPENED
    resource: dict[str, Any] = {"resourceType": "AuditEvent", "id": str(entry.id)}
    if interaction and happened:
        resource["meta"] = {"profile": [f"{_BALP}/StructureDefinition/{interaction[2]}"]}
    subtypes = [_coding(EVENTS, entry.event)]
    if interaction:
        subtypes.insert(0, _coding(_REST, interaction[0]))
    return resource | {
        "type": _coding(f"{_TERMS}/audit-event-type", "rest") if interaction else _kind(entry),
        "subtype": subtypes,
        "action": interaction[1] if interaction else "E",
        "recorded": entry.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "outcome": "0" if happened else "4",
        **({"outcomeDesc": entry.ground} if entry.ground else {}),
        "agent": [*_machines(interaction, site), _person(entry), *_behalf(entry)],
        "source": {
            "site": site,
            "observer": _identifier(None, site),
            "type": [_coding(f"{_TERMS}/security-source-type", "4")],
        },
        "entity": _about(entry),
    }


def _kind(entry: Entry) -> dict[str, str]:
    """The DICOM kind of what is no act on a record."""
    return _coding(_DICOM, "110114" if entry.event.startswith("account.") else "110100")


def _machines(interaction: tuple[str, str, str] | None, site: str) -> list[dict[str, Any]]:
    """The browser and the house. What is read flows to the browser, what is written flows to the house."""
    client, server = (_DESTINATION, _SOURCE) if interaction and interaction[1] == "R" else (_SOURCE, _DESTINATION)
    # The profile asks for the network; the house keeps no address of anybody, and says so.
    unkept = {"extension": [{"url": _ABSENT, "valueCode": "masked"}]}
    return [
        {"type": _concept(_DICOM, client), "who": {"display": "browser"}, "requestor": False, "network": unkept},
        {
            "type": _concept(_DICOM, server),
            "who": _identifier(None, site),
            "requestor": False,
            "network": {"address": site, "type": "5"},
        },
    ]


def _person(entry: Entry) -> dict[str, Any]:
    person: dict[str, Any] = {
        "type": _concept(f"{_TERMS}/v3-ParticipationType", "IRCP"),
        "who": _identifier(ACCOUNTS, str(entry.actor)),
        "requestor": entry.role != Role.SYSTEM.value,
    }
    role = entry.profession or entry.role
    return person | {"role": [_concept("urn:carnet:role", role)]}


def _behalf(entry: Entry) -> list[dict[str, Any]]:
    """In whose name it was done: the patient of a record, or the professional who entrusted a delegate."""
    if entry.on_behalf_of is None:
        return []
    system = PROFESSIONALS if entry.role == Role.PROFESSIONAL.value else RECORDS
    return [
        {
            "type": _concept("urn:carnet:role", "on_behalf_of"),
            "who": _identifier(system, str(entry.on_behalf_of)),
            "requestor": False,
        }
    ]


def _about(entry: Entry) -> list[dict[str, Any]]:
    entities: list[dict[str, Any]] = [
        {
            "type": _coding(f"{_BALP}/CodeSystem/BasicAuditEntityType", "XrequestId"),
            "what": _identifier("urn:ietf:rfc:4122", str(entry.request)),
        }
    ]
    if entry.dossier:
        entities.append(
            {
                "what": _identifier(RECORDS, str(entry.dossier)) | {"type": "Patient"},
                "type": _coding(f"{_TERMS}/audit-entity-type", "1"),
                "role": _coding(f"{_TERMS}/object-role", "1"),
            }
        )
    if entry.dossier or entry.object_id:
        named = entry.object_id or entry.category or entry.dossier
        entities.append(
            {
                "what": _identifier(OBJECTS, str(named)),
                "type": _coding(f"{_TERMS}/audit-entity-type", "2"),
                "role": _coding(f"{_TERMS}/object-role", "4"),
            }
        )
    return entities


def _coding(system: str, code: str) -> dict[str, str]:
    return {"system": system, "code": code}


def _concept(system: str, code: str) -> dict[str, Any]:
    return {"coding": [_coding(system, code)]}


def _identifier(system: str | None, value: str) -> dict[str, Any]:
    return {"identifier": {"system": system, "value": value} if system else {"value": value}}
