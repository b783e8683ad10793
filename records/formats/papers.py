"""A file by itself (PDF, photograph, text, DICOM) as FHIR R4: a document with the file inside, and what it says.

What its process found is turned into a DocumentReference; an examination also into an ImagingStudy, and into a
Patient that is compared with the dossier and not filed.
"""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any

from consent.categories import Category
from records.formats.child import Made as Told
from records.formats.fhir.drawers import CATEGORY_SYSTEM
from records.formats.moments import fhir_date, fhir_day, fhir_instant
from records.formats.parts import Made, attachment, bundle, coding, concept, kept, name_of

REMOVED_URL = "urn:carnet:removed"
"""Said of a file that Carnet cleaned: what was removed (``script``, ``file``, ``surroundings``, ``preamble``)."""

MEDIA = {
    "pdf": "application/pdf",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "text": "text/plain",
    "dicom": "application/dicom",
}
_DCM = "http://dicom.nema.org/resources/ontology/DCM"
_SEXES = {"F": "female", "M": "male", "O": "other"}
# What lies in no other drawer on its own: papers whose kind nobody named.
_UNNAMED = Category.ADMINISTRATIVE


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class About:
    """What whoever brings a file says of it.

    Attributes:
        title: its title; empty when nothing was said.
        day: the day the document is of.
        category: the drawer it belongs in; without it, imaging for an examination, administrative papers for the rest.
        author: who brings it, as a FHIR Reference; without it, whoever the file names.
    """

    title: str = ""
    day: date | None = None
    category: Category | None = None
    author: Mapping[str, Any] | None = None

    def __repr__(self) -> str:
        return "<About>"


def paper(kind: str, raw: bytes, told: Told, about: About) -> Made:
    """The bundle of a file (``pdf``, ``jpeg``, ``png``, ``text``, ``dicom``) and of what was found in it."""
    if kind == "dicom":
        return _examination(raw, told, about)
    facts = told.facts
    clean = told.files[0] if told.files else raw
    texts = facts.get("text", [])
    pages = [texts] if isinstance(texts, str) else texts
    file = _file(clean, MEDIA[kind], about.title, facts.get("removed", []), "utf-8" if kind == "text" else "")
    day = about.day.isoformat() if about.day else _text(facts, "taken")
    return bundle([_document(raw, about, [file], day=day, pages=pages, author=_authors(about))])


def _authors(about: About) -> list[Made]:
    return [dict(about.author)] if about.author else []


def _document(raw: bytes, about: About, files: list[Made], *, day: str, pages: list[Any], **more: Any) -> Made:
    drawer = about.category or _UNNAMED
    return kept(
        resourceType="DocumentReference",
        # The same bytes are the same document the next time they come.
        id=name_of("file", sha256(raw).hexdigest()),
        text=_narrative(pages),
        status="current",
        category=[{"coding": [{"system": CATEGORY_SYSTEM, "code": str(drawer)}]}],
        date=fhir_instant(day.replace("-", "")) if len(day) == 10 else day,
        description=about.title,
        content=[{"attachment": file} for file in files],
        **more,
    )


def _file(raw: bytes, media: str, title: str, removed: list[Any], charset: str = "") -> Made:
    made = attachment(raw, media, title, charset)
    told = [{"url": REMOVED_URL, "valueCode": what} for what in removed if isinstance(what, str)]
    return {"extension": told, **made} if told else made


def _narrative(pages: list[Any]) -> Made:
    """The text of the pages as XHTML of ours (https://hl7.org/fhir/R4/narrative.html)."""
    paragraphs = [
        f"<p>{'<br/>'.join(html.escape(line, quote=False) for line in block.splitlines())}</p>"
        for page in pages
        if isinstance(page, str)
        for block in page.split("\n\n")
        if block.strip()
    ]
    if not paragraphs:
        return {}
    return {"status": "generated", "div": f'<div xmlns="http://www.w3.org/1999/xhtml">{"".join(paragraphs)}</div>'}


def _examination(raw: bytes, told: Told, about: About) -> Made:
    facts, files = told.facts, dict(zip(map(str, told.facts.get("files", [])), told.files, strict=False))
    patient = _patient(facts)
    study = _study(facts) | {"subject": {"reference": f"urn:uuid:{patient['id']}"}}
    title = about.title or _text(facts, "DocumentTitle") or study["description"]
    contents = []
    if "preview" in files:
        contents.append(_file(files["preview"], MEDIA["png"], title, []))
    if "pdf" in files:
        contents.append(_file(files["pdf"], MEDIA["pdf"], title, []))
    contents.append(_file(files.get("clean", raw), MEDIA["dicom"], title, ["preamble"] if "clean" in files else []))
    # In a drawer of somebody's choice the examination is told of nowhere else.
    apart = about.category is not None
    document = _document(
        raw,
        replace(about, title=title, category=about.category or Category.IMAGING),
        contents,
        day=about.day.isoformat() if about.day else study.get("started", ""),
        pages=facts.get("text", []),
        identifier=[_uid(_text(facts, "SOPInstanceUID"))],
        subject={"reference": f"urn:uuid:{patient['id']}"},
        custodian=kept(display=_text(facts, "InstitutionName")),
        author=_authors(about)
        or [{"display": name} for name in [_person(_text(facts, "PerformingPhysicianName"))] if name],
        context={} if apart else {"related": [{"reference": f"urn:uuid:{study['id']}"}]},
    )
    return bundle([patient, document] if apart else [patient, study, document])


def _patient(facts: Mapping[str, Any]) -> Made:
    """Who the examination is about (PS3.3, C.7.1.1); nothing when it says that names were removed."""
    family, _caret, rest = _text(facts, "PatientName").partition("^")
    given = " ".join(rest.replace("^", " ").split()[:3])
    told = _text(facts, "PatientIdentityRemoved").upper() != "YES"
    return kept(
        resourceType="Patient",
        id=name_of("dicom-patient", _text(facts, "SOPInstanceUID")),
        name=[kept(use="official", family=family.strip(), given=[given] if given else [])] if told and family else [],
        birthDate=fhir_day(_text(facts, "PatientBirthDate")) if told else "",
        gender=_SEXES.get(_text(facts, "PatientSex"), "unknown"),
    )


def _study(facts: Mapping[str, Any]) -> Made:
    """The study as a whole: the same whichever of its images brings it."""
    uid, modality = _text(facts, "StudyInstanceUID"), _text(facts, "Modality")
    described = _text(facts, "StudyDescription")
    words = [modality, described, _text(facts, "BodyPartExamined").capitalize()]
    return kept(
        resourceType="ImagingStudy",
        id=name_of("study", uid or _text(facts, "SOPInstanceUID")),
        identifier=[_uid(uid)] if uid else [],
        status="available",
        modality=[coding(_DCM, modality)] if modality else [],
        started=fhir_date(_text(facts, "StudyDate") + _text(facts, "StudyTime")[:6])
        or fhir_date(_text(facts, "StudyDate")),
        referrer=kept(display=_person(_text(facts, "ReferringPhysicianName"))),
        location=kept(display=_text(facts, "InstitutionName")),
        procedureCode=[concept(text=described)] if described else [],
        description=" · ".join(dict.fromkeys(word for word in words if word)) or "DICOM",
    )


def _uid(uid: str) -> Made:
    return {"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}


def _person(told: str) -> str:
    """``MARTIN^Camille^^Dr`` as ``Dr Camille MARTIN``."""
    family, given, middle, prefix = ([*told.split("="), ""][0].split("^") + [""] * 4)[:4]
    return " ".join(part for part in (prefix, given, middle, family) if part.strip(" -"))


def _text(facts: Mapping[str, Any], name: str) -> str:
    value = facts.get(name, "")
    return value if isinstance(value, str) else ""
