"""The identity that a Patient resource gives (https://hl7.org/fhir/R4/patient.html)."""

from __future__ import annotations

import unicodedata
from datetime import date

from consent.granting import Invalid
from records.formats.fhir.elements import Node, address_text, items, string, strings, when
from records.ins import spell_ins
from records.people import Contact, Identity

# INS-NIR and its test twins (ANS): the identifiers that are a national health number.
_INS_OIDS = ("1.2.250.1.213.1.4.8", "1.2.250.1.213.1.4.9", "1.2.250.1.213.1.4.10", "1.2.250.1.213.1.4.11")
_SEXES = ("female", "male", "other", "unknown")


def identity_of(patient: Node) -> Identity | None:
    """Who a Patient resource is about; ``None`` without a family name or a whole birth date.

    ``family`` is the birth name when the source tells it apart. A health number whose key does not
    fit is left out: files of test carry such numbers.
    """
    birth_date = when(patient.get("birthDate"))
    official = _name(patient, "official") or _name(patient, "usual") or next(iter(items(patient, "name")), {})
    family = string(official, "family")
    if not family or not isinstance(birth_date, date):
        return None
    maiden = string(_name(patient, "maiden"), "family")
    # In France the official name is the birth name, and the usual one the name in use.
    used = family if maiden and maiden != family else string(_name(patient, "usual"), "family")
    sex = string(patient, "gender")
    number, oid = _ins(patient)
    return Identity(
        family=maiden or family,
        used_name=used if used != (maiden or family) else "",
        given=" ".join(strings(official, "given")),
        birth_date=birth_date,
        sex=sex if sex in _SEXES else "unknown",
        ins=number,
        ins_oid=oid,
        address=next((text for address in items(patient, "address") if (text := address_text(address))), ""),
        phone=_telecom(patient, "phone"),
    )


def contact_of(patient: Node) -> Contact:
    """How to reach the patient, as far as the resource says."""
    return Contact(email=_telecom(patient, "email"), phone=_telecom(patient, "phone"))


def has_misspelt_ins(patient: Node) -> bool:
    """Whether the resource carries a national health number that is not one."""
    return any(_is_ins(identifier) for identifier in items(patient, "identifier")) and not _ins(patient)[0]


def differs(patient: Node, known: Identity) -> str | None:
    """What of a Patient resource speaks of somebody else than ``known``: ``name``, ``birth_date``, ``ins``; or nothing.

    What the resource does not say is not compared. Case, accents and hyphens do not count, and a
    family name may be the birth name or the name in use.
    """
    birth_date = when(patient.get("birthDate"))
    if isinstance(birth_date, date) and birth_date != known.birth_date:
        return "birth_date"
    families = {_plain(string(name, "family")) for name in items(patient, "name")} - {""}
    if families and not families & {_plain(known.family), _plain(known.used_name)}:
        return "name"
    given = {
        part for name in items(patient, "name") for text in strings(name, "given") for part in _plain(text).split()
    }
    if given and known.given and not given & set(_plain(known.given).split()):
        return "name"
    number, _oid = _ins(patient)
    return "ins" if number and known.ins and number != known.ins else None


def _name(patient: Node, use: str) -> Node:
    return next((name for name in items(patient, "name") if string(name, "use") == use), {})


def _telecom(patient: Node, system: str) -> str:
    return next((string(way, "value") for way in items(patient, "telecom") if string(way, "system") == system), "")


def _is_ins(identifier: Node) -> bool:
    return string(identifier, "system").removeprefix("urn:oid:") in _INS_OIDS


def _ins(patient: Node) -> tuple[str, str]:
    for identifier in items(patient, "identifier"):
        if _is_ins(identifier):
            try:
                return spell_ins(string(identifier, "value")), string(identifier, "system").removeprefix("urn:oid:")
            except Invalid:
                continue
    return "", ""


def _plain(name: str) -> str:
    """Small letters without accents; hyphens and apostrophes as blanks."""
    flat = unicodedata.normalize("NFKD", name.casefold().replace("œ", "oe").replace("æ", "ae"))
    return " ".join(
        "".join(letter if letter.isalnum() else " " for letter in flat if letter.isascii() or letter.isalnum()).split()
    )
