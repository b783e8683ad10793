"""How a resource came: kept with it in its body, so that it can leave as it came.

A bundle is taken apart when it is filed. What its resources say stays untouched; what only the bundle said would be
lost: under which address each lay there, by which name it is known the next time, of which format it was made, and the
resources that lie in no drawer of their own (who wrote it, where, which medicine, which sample). They stand in one
extension of ours that never leaves.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any
from uuid import uuid5

from records.formats.fhir.elements import EMPTY, Node, items, string
from records.formats.fhir.references import References, pointers
from records.formats.parts import OURS

URL = "urn:carnet:came"

PERSON = f"urn:uuid:{uuid5(OURS, 'whose record it is')}"
"""What a resource made here points at when it means the patient, as it is kept; :mod:`.leaving` writes a name that only
this record has, because two people must never meet under one address."""

# What Carnet says of an entry that it writes (Bundle.entry.link.relation), and knows again when the entry comes back.
SOURCE, FORMAT = "urn:carnet:source", "urn:carnet:format"
"""What names the resource from one import to the next, where its address does not; what it was made of."""
SUBJECT, BESIDE, NAME, ABOUT = "urn:carnet:subject", "urn:carnet:beside", "urn:carnet:name", "urn:carnet:about"
"""Whose record it is; a file beside the record at this address; its name; what only tells of another entry."""

# Kinds that lie in no drawer and say who, where, with what.
ALONGSIDE = frozenset(
    {
        *("Endpoint", "HealthcareService", "Location", "Medication", "Organization", "Practitioner"),
        *("PractitionerRole", "Specimen", "Substance"),
    }
)
_MOST = 60
# https://hl7.org/fhir/R4/datatypes.html#id
_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


@dataclass(frozen=True, slots=True, repr=False)
class Came:
    """How a resource came; all empty for one that was written here or filed by an older version.

    Attributes:
        format: what it was made of: ``fhir`` when it is what came.
        address: its address in the file (Bundle.entry.fullUrl), or one made of its name there.
        source: what names it from one import to the next.
        alongside: the resources that it points at and that lie in no drawer, with their addresses.
    """

    format: str = ""
    address: str = ""
    source: str = ""
    alongside: tuple[tuple[str, dict[str, Any]], ...] = ()

    def __repr__(self) -> str:
        return "<Came>"


def with_came(resource: dict[str, Any], came: Came) -> dict[str, Any]:
    """``resource`` with how it came, last among its extensions."""
    told: list[dict[str, Any]] = [
        {"url": "format", "valueCode": came.format},
        {"url": "address", "valueUri": came.address},
        {"url": "source", "valueString": came.source},
        *({"url": "alongside", "valueUri": address, "resource": each} for address, each in came.alongside),
    ]
    extensions = resource.get("extension", [])
    kept = extensions if isinstance(extensions, list) else [extensions]
    return {**resource, "extension": [*kept, {"url": URL, "extension": told}]}


def came_of(resource: Node) -> Came:
    """How a filed resource came."""
    for extension in items(resource, "extension"):
        if extension.get("url") == URL:
            told = items(extension, "extension")
            facts = {str(fact.get("url")): fact for fact in told}
            return Came(
                str(facts.get("format", EMPTY).get("valueCode", "")),
                str(facts.get("address", EMPTY).get("valueUri", "")),
                str(facts.get("source", EMPTY).get("valueString", "")),
                tuple((str(fact["valueUri"]), fact["resource"]) for fact in told if fact.get("url") == "alongside"),
            )
    return Came()


class Addresses:
    """The addresses of the resources of one file: as it gives them, else made of their names in it."""

    def __init__(self, entries: list[tuple[str, dict[str, Any]]]) -> None:
        self._known: dict[int, str] = {}
        names = "\n".join(f"{string(one, 'resourceType')}/{string(one, 'id')}" for _url, one in entries)
        # Two files may both number from one: each is a house of its own (RFC 2606 keeps .invalid for nobody).
        self._house = f"https://carnet.invalid/{sha256(names.encode(errors='replace')).hexdigest()[:16]}"
        seen: set[str] = set()
        for place, (url, resource) in enumerate(entries):
            address = url or self._made(resource, place)
            if address in seen:
                address = f"{self._house}/{place}"
            seen.add(address)
            self._known[id(resource)] = address

    def of(self, resource: Node) -> str:
        """The address of a resource of the file."""
        return self._known.get(id(resource), "")

    def _made(self, resource: Node, place: int) -> str:
        kind, name = string(resource, "resourceType"), string(resource, "id")
        return f"{self._house}/{kind}/{name}" if _ID.fullmatch(name) else f"{self._house}/{place}"


def alongside(
    resource: dict[str, Any],
    references: References,
    addresses: Addresses,
    provenances: Mapping[int, list[dict[str, Any]]],
    filed: Mapping[int, object],
) -> tuple[tuple[str, dict[str, Any]], ...]:
    """What ``resource`` points at and that lies in no drawer, and what those point at, with their addresses.

    Args:
        provenances: where it came from as the file tells it, by the ``id()`` of the first resource it is about.
        filed: the resources with a drawer of their own, by ``id()``.
    """
    found: dict[str, dict[str, Any]] = {}
    waiting = [resource, *_added(found, provenances.get(id(resource), []), addresses)]
    while waiting and len(found) < _MOST:
        holder = waiting.pop(0)
        for target in _targets(holder, references):
            address = addresses.of(target)
            if target["resourceType"] in ALONGSIDE and id(target) not in filed and address and address not in found:
                found[address] = target
                waiting.append(target)
    return tuple(found.items())


def _added(
    found: dict[str, dict[str, Any]], more: list[dict[str, Any]], addresses: Addresses
) -> Iterator[dict[str, Any]]:
    for each in more:
        found[addresses.of(each)] = each
        yield each


def _targets(holder: dict[str, Any], references: References) -> Iterator[dict[str, Any]]:
    for pointer in pointers(holder):
        target = references.resolve(pointer, holder)
        if isinstance(target, dict):
            yield target


def provenances_of(
    resources: list[dict[str, Any]], references: References, filed: Mapping[int, object]
) -> dict[int, list[dict[str, Any]]]:
    """The Provenance resources of a file by the ``id()`` of the first filed resource that each is about."""
    found: dict[int, list[dict[str, Any]]] = {}
    for resource in resources:
        if resource["resourceType"] == "Provenance":
            targets = (references.resolve(pointer, resource) for pointer in items(resource, "target"))
            first = next((target for target in targets if target is not None and id(target) in filed), None)
            if first is not None:
                found.setdefault(id(first), []).append(resource)
    return found
