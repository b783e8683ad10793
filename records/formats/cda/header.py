"""Who and when: the header of a document (CDA R2, 4.2; CI-SIS "Structuration minimale", ANS)."""

from __future__ import annotations

from records.formats.cda.xml import Element
from records.formats.moments import fhir_day
from records.formats.parts import Made, coding, concept, identifier, kept, name_of, system_of

_SEXES = {"F": "female", "M": "male", "UN": "other", "U": "other"}
_WAYS = {"tel": "phone", "fax": "fax", "mailto": "email"}


def patient_of(document: Element) -> Made:
    """The Patient of the header.

    A family name marked BR is the birth name, CL the name in use, SP that of the spouse (CI-SIS); a given name
    without a mark is the list of the birth certificate.
    """
    role = document.first("recordTarget", "patientRole")
    person = role.first("patient")
    identifiers = [found for found in map(identifier_of, role.all("id")) if found]
    first = identifiers[0] if identifiers else {}
    return kept(
        resourceType="Patient",
        id=name_of("patient", first.get("system", ""), first.get("value", "")),
        identifier=identifiers,
        name=_names(person.all("name")),
        telecom=[found for found in map(_way, role.all("telecom")) if found],
        gender=_SEXES.get(person.first("administrativeGenderCode").get("code").upper(), ""),
        birthDate=fhir_day(person.first("birthTime").get("value")),
        address=[found for found in map(_address, role.all("addr")) if found],
    )


def several_people(document: Element) -> bool:
    """Whether the header is about more than one person (a mother and her child, a family)."""
    return len(document.all("recordTarget")) > 1


def identifier_of(element: Element) -> Made:
    """An II: root and extension, or a root alone."""
    if element.get("nullFlavor"):
        return {}
    root, more = element.get("root"), element.get("extension")
    if more:
        return identifier(system_of(root), more)
    return identifier("urn:ietf:rfc:3986", f"urn:oid:{root}") if system_of(root) else {}


def concept_of(element: Element) -> Made:
    """A CD or CE: the code, its translations, and what it is called."""
    known = [_coding(one) for one in (element, *element.all("translation"))]
    return concept(*known, text=element.get("displayName") or element.first("originalText").line)


def _coding(element: Element) -> Made:
    if element.get("nullFlavor") or not element.get("code"):
        return {}
    return coding(system_of(element.get("codeSystem")), element.get("code"), element.get("displayName"))


def author_of(element: Element) -> Made:
    """A Reference to who wrote: name and number; the organisation or the software when it is nobody."""
    assigned = element.first("assignedAuthor") or element.first("assignedEntity") or element
    shown = person_name(assigned.first("assignedPerson", "name"))
    numbers = [found for found in map(identifier_of, assigned.all("id")) if found]
    if shown:
        return kept(type="Practitioner", identifier=numbers[0] if numbers else {}, display=shown)
    organisation = organisation_of(assigned.first("representedOrganization"))
    if organisation.get("display"):
        return organisation
    device = assigned.first("assignedAuthoringDevice")
    named = device.first("softwareName").line or device.first("manufacturerModelName").line
    return kept(type="Device", display=named) if named else {}


def organisation_of(element: Element) -> Made:
    """A Reference to an organisation."""
    numbers = [found for found in map(identifier_of, element.all("id")) if found]
    shown = element.first("name").line
    return kept(type="Organization", identifier=numbers[0] if numbers else {}, display=shown) if shown else {}


def person_name(name: Element) -> str:
    """A PN on one line: ``DR Julie ESSAI``. French files give the title as a suffix."""
    parts = [part.line for key in ("prefix", "suffix", "given", "family") for part in name.all(key)]
    return " ".join(part for part in parts if part) or name.line


def _names(names: list[Element]) -> list[Made]:
    made: list[Made] = []
    for name in names:
        family = {part.get("qualifier"): part.line for part in reversed(name.all("family")) if part.line}
        birth = family.get("BR") or family.get("") or next(iter(family.values()), "")
        used = family.get("CL") or (family.get("SP") if family.get("BR") else "") or ""
        given = _given(name.all("given"))
        made.append(kept(use="official", family=birth, given=given))
        if used and used != birth:
            first = next((part.line for part in name.all("given") if part.get("qualifier") == "CL"), "")
            made.append(kept(use="usual", family=used, given=[first] if first else given[:1]))
    return [name for name in made if len(name) > 1]


def _given(parts: list[Element]) -> list[str]:
    """Given names, the first one first: the birth list may be one text that begins with it."""
    listed = [part.line for part in parts if not part.get("qualifier") and part.line]
    first = next((part.line for part in parts if part.get("qualifier") == "BR" and part.line), "")
    if not first:
        return listed or [part.line for part in parts if part.line][:1]
    rest = [text.removeprefix(first).strip() for text in listed]
    return [first, *(text for text in rest if text)]


def _way(element: Element) -> Made:
    scheme, separator, value = element.get("value").partition(":")
    return kept(system=_WAYS.get(scheme, "other"), value=value) if separator and value else {}


def _address(element: Element) -> Made:
    if element.get("nullFlavor"):
        return {}
    lines = [part.line for part in element.all("streetAddressLine") if part.line]
    street = " ".join(element.first(key).line for key in ("houseNumber", "streetNameType", "streetName")).split()
    return kept(
        line=lines or ([" ".join(street)] if street else []),
        postalCode=element.first("postalCode").line,
        city=element.first("city").line,
        country=element.first("country").line,
    )
