"""The FHIR R4 Bundle of a copy (http://hl7.org/fhir/R4/bundle.html), written entry by entry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from records.people import Identity

_INS_NIR = "1.2.250.1.213.1.4.8"


def opening(at: datetime) -> str:
    """The beginning of the Bundle, up to its entries."""
    head = {"resourceType": "Bundle", "type": "collection", "timestamp": at.isoformat(timespec="seconds")}
    return json.dumps(head)[:-1] + ', "entry": [\n'


def entry(full_url: UUID, resource: dict[str, Any]) -> str:
    """One entry."""
    return "".join(_json({"fullUrl": f"urn:uuid:{full_url}", "resource": resource}))


CLOSING = "\n]}\n"
BETWEEN = ",\n"


def patient(identity: Identity, dossier_id: UUID) -> dict[str, Any]:
    """Whose record it is, as a Patient resource."""
    names = [{"use": "official", "family": identity.family, "given": identity.given.split()}]
    if identity.used_name:
        names.append({"use": "usual", "family": identity.used_name, "given": identity.given.split()})
    known: dict[str, Any] = {
        "resourceType": "Patient",
        "id": str(dossier_id),
        "name": names,
        "gender": identity.sex,
        "birthDate": identity.birth_date.isoformat(),
    }
    if identity.ins:
        system = f"urn:oid:{identity.ins_oid or _INS_NIR}"
        known["identifier"] = [{"use": "official", "system": system, "value": identity.ins}]
    if identity.phone:
        known["telecom"] = [{"system": "phone", "value": identity.phone}]
    if identity.address:
        known["address"] = [{"text": identity.address}]
    return known


def _json(value: Any) -> Iterator[str]:
    # By hand for one reason: 0.10 must leave as 0.10, and the standard encoder knows no Decimal.
    if isinstance(value, dict):
        yield "{"
        for position, (key, each) in enumerate(value.items()):
            yield f"{', ' if position else ''}{json.dumps(str(key), ensure_ascii=False)}: "
            yield from _json(each)
        yield "}"
    elif isinstance(value, list | tuple):
        yield "["
        for position, each in enumerate(value):
            yield ", " if position else ""
            yield from _json(each)
        yield "]"
    elif isinstance(value, Decimal):
        yield str(value)
    else:
        yield json.dumps(value, ensure_ascii=False)
