"""What makes a resource the same one the next time it comes, and who of the directory wrote it."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha256
from uuid import UUID

from records.formats.fhir.bundle import Entry, to_json
from records.formats.fhir.came import SOURCE
from records.formats.fhir.elements import Node, items, string
from records.formats.fhir.heading import AUTHORS
from records.formats.fhir.references import References

# The register of health professionals: its OID, whose numbers carry an 8 in front (ANS, NOS), and its address.
_RPPS_OID = "1.2.250.1.71.4.2.1"
_RPPS_URL = "https://rpps.esante.gouv.fr"


def source_of(entry: Entry, resource: Node) -> bytes:
    """The bytes that name a resource from one import to the next.

    An identifier that is a UUID is enough; otherwise the address of the entry, or the type and identifier with
    the business identifier, because two servers both number from 1. Without any name, the content is the name.
    What left with the name it had here comes back under it.
    """
    if named := entry.links.get(SOURCE):
        return named.encode(errors="replace")
    kind, name = string(resource, "resourceType"), string(resource, "id")
    address = entry.full_url.removeprefix("urn:uuid:")
    if _is_uuid(name):
        return f"{kind}/{name}".encode()
    if _is_uuid(address):
        return f"{kind}/{address}".encode()
    if entry.full_url:
        return entry.full_url.encode()
    business = "|".join(
        f"{string(identifier, 'system')}={string(identifier, 'value')}"
        for identifier in (*items(resource, "identifier"), *items(resource, "masterIdentifier"))
    )
    if name or business:
        return f"{kind}/{name}/{business}".encode()
    return f"{kind}/{sha256(to_json(resource)).hexdigest()}".encode()


def author_numbers(resource: Node, references: References) -> Iterator[str]:
    """The RPPS numbers (11 digits) of those who wrote a resource, the closest to the act first."""
    for path in AUTHORS:
        *parents, last = path.split(".")
        for holder in items(resource, parents[0]) if parents else [resource]:
            for reference in items(holder, last):
                target = references.resolve(reference, resource)
                found = [*items(reference, "identifier"), *(items(target, "identifier") if target is not None else [])]
                yield from filter(None, map(_rpps, found))


def _rpps(identifier: Node) -> str:
    system, value = string(identifier, "system").removeprefix("urn:oid:"), string(identifier, "value")
    if system == _RPPS_OID and len(value) == 12 and value[0] == "8":
        value = value[1:]
    right = system in (_RPPS_OID, _RPPS_URL) and len(value) == 11 and value.isascii() and value.isdigit()
    return value if right else ""


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False
