"""PID and the names of professionals (HL7 v2.5.1, chapter 3 and data types XPN, XCN, CX, XAD)."""

from __future__ import annotations

import re

from records.formats.hl7v2.message import Segment, at
from records.formats.moments import fhir_day
from records.formats.parts import Made, identifier, kept, name_of, system_of

_SEXES = {"F": "female", "M": "male", "O": "other", "A": "other"}
# XPN-7: how a name is used. L is the legal one, which in France is the birth name.
_USES = {"L": "official", "D": "usual", "M": "maiden", "N": "nickname", "B": "maiden", "": "official"}
_RPPS = "urn:oid:1.2.250.1.71.4.2.1"
_RPPS_SHAPE = re.compile(r"8\d{11}")


def patient_of(pid: Segment) -> Made:
    """The Patient of a PID."""
    numbers = [found for one in pid.times(3) if (found := _number(pid, one))]
    first = numbers[0] if numbers else {}
    return kept(
        resourceType="Patient",
        id=name_of("patient", first.get("system", ""), first.get("value", "")),
        identifier=numbers,
        name=[found for one in pid.times(5) if (found := _name(pid.cut(one)))],
        gender=_SEXES.get(pid.part(8).upper(), ""),
        birthDate=fhir_day(pid.part(7)),
        address=[found for one in pid.times(11) if (found := _address(pid.cut(one)))],
        telecom=[kept(system="phone", value=number) for one in pid.times(13) if (number := at(pid.cut(one), 1))],
    )


def _number(segment: Segment, written: str) -> Made:
    """A CX: the number, and the OID of who gave it (CX-4.2)."""
    number, *more = written.split(segment.marks.component)
    authority = [segment.plain(part) for part in (more[2] if len(more) > 2 else "").split(segment.marks.part)]
    return identifier(system_of(at(authority, 2)), segment.plain(number))


def _name(parts: list[str]) -> Made:
    """An XPN. In France the third part is the list of all given names, which begins with the first."""
    family, given, more = at(parts, 1), at(parts, 2), at(parts, 3)
    rest = more.removeprefix(given).strip() if given else more
    names = [name for name in (given, rest) if name]
    made = kept(use=_USES.get(at(parts, 7).upper(), "old"), family=family, given=names)
    return made if len(made) > 1 else {}


def _address(parts: list[str]) -> Made:
    lines = [at(parts, place).split("\n")[0] for place in (1, 2)]
    return kept(line=[line for line in lines if line], city=at(parts, 3), postalCode=at(parts, 5), country=at(parts, 6))


def professional(parts: list[str]) -> Made:
    """A Reference to the person of an XCN: number, family, given, title."""
    shown = " ".join(part for part in (at(parts, 6), at(parts, 3), at(parts, 2).partition("&")[0]) if part)
    number = at(parts, 1)
    known = identifier(_RPPS if _RPPS_SHAPE.fullmatch(number) else "", number)
    return kept(type="Practitioner", identifier=known, display=shown) if shown else {}
