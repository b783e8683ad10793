"""A resource put right by its author (pure): other words, a correction beside what it says, or "entered by mistake".

What cannot be typed again (a scan, a list of results) keeps its content and carries the correction in an extension of
its own, which every reader of FHIR passes over and ours shows first.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from records.formats.fhir.elements import Node, extension, item, string

CORRECTION = "urn:carnet:correction"
_PLAIN = "text/plain"
# Where "entered in error" stands (FHIR R4): beside the clinical status, which must then be absent.
_BY_VERIFICATION = {
    "AllergyIntolerance": "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification",
    "Condition": "http://terminology.hl7.org/CodeSystem/condition-ver-status",
}
IN_ERROR = "entered-in-error"


def correction_in(resource: Node) -> str:
    """The correction that a resource carries; empty when there is none."""
    return str(extension(resource, CORRECTION).get("valueString") or "")


def own_text(resource: Node) -> str | None:
    """The text of a note that was typed here; ``None`` for anything that cannot be typed again."""
    attachment = item(resource, "content", "attachment")
    if string(resource, "resourceType") != "DocumentReference" or not isinstance(attachment.get("data"), str):
        return None
    if not string(attachment, "contentType").startswith(_PLAIN):
        return None
    try:
        return base64.b64decode(attachment["data"], validate=True).decode()
    except ValueError:
        return None


def corrected(resource: Mapping[str, Any], *, title: str, words: str, mistaken: bool) -> dict[str, Any]:
    """The resource as its author puts it right; the one that is given stays as it is.

    Args:
        title: its title from now on; kept where the type has no place for one.
        words: the text of a note, else what is right instead; what is empty stays as it is.
        mistaken: it should never have been written about this person.
    """
    made: dict[str, Any] = deepcopy(dict(resource))
    if own_text(made) is not None:
        attachment = made["content"][0]["attachment"]
        attachment["title"] = made["description"] = title
        if words:
            attachment["data"] = base64.b64encode(words.encode()).decode()
    elif words:
        others = [each for each in made.get("extension", []) if each.get("url") != CORRECTION]
        made["extension"] = [*others, {"url": CORRECTION, "valueString": words}]
    if mistaken:
        _mark_mistaken(made)
    return made


def _mark_mistaken(resource: dict[str, Any]) -> None:
    system = _BY_VERIFICATION.get(resource.get("resourceType", ""))
    if system is None:
        resource["status"] = IN_ERROR
        return
    resource.pop("clinicalStatus", None)
    resource["verificationStatus"] = {"coding": [{"system": system, "code": IN_ERROR}]}
