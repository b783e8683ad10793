"""The patient summary that leaves: the same sections as a FHIR document (IPS) and as a PDF, in the asker's language."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from portal.ui.formatting import day, number
from records.formats.fhir.bundle import to_json
from records.formats.fhir.dosage import dosage_text
from records.formats.fhir.ips import CODES, Entry, Frame, Part, document
from records.summary import Section
from records.taking_summary import SummaryShare

TITLES = {
    "allergies": _("Allergies"),
    "problems": _("Current health problems"),
    "treatments": _("Current treatments"),
    "vaccinations": _("Vaccinations"),
    "procedures": _("Procedures"),
    "devices": _("Implants and devices"),
    "results": _("Results that matter"),
    "directives": _("Advance directives"),
}
NOTHING = {
    "allergies": _("Carnet has no information about allergies. That does not mean that there are none."),
    "problems": _("Carnet has no information about health problems. That does not mean that there are none."),
    "treatments": _("Carnet has no information about treatments. That does not mean that there are none."),
}


def chosen_of(share: SummaryShare) -> dict[str, tuple[Entry, ...]]:
    """What each section of the document holds; a blood group is a result."""
    blood = share.chosen.get(Section.BLOOD_GROUP.value, ())
    known = {entry.record_id for entry in blood}
    results = (*blood, *(one for one in share.chosen.get("results", ()) if one.record_id not in known))
    return {name: results if name == "results" else share.chosen.get(name, ()) for name in CODES}


def parts_of(chosen: Mapping[str, tuple[Entry, ...]]) -> dict[str, Part]:
    """The sections as people read them."""
    return {
        name: Part(
            title=str(TITLES[name]),
            lines=tuple(_line(entry) for entry in chosen[name]),
            nothing=str(NOTHING.get(name, "")),
        )
        for name in CODES
    }


def fhir_document(share: SummaryShare, dossier_id: UUID) -> bytes:
    """The summary as a FHIR R4 document (International Patient Summary)."""
    frame = Frame(
        number=uuid4(),
        dossier_id=dossier_id,
        identity=share.identity,
        at=share.at,
        language=(get_language() or "fr")[:2],
        title=gettext("Medical summary"),
    )
    chosen = chosen_of(share)
    return to_json(document(frame, chosen, parts_of(chosen)))


def _line(entry: Entry) -> tuple[str, str, str]:
    """What it is, what is known of it, since when."""
    header = entry.header
    details = [
        dosage_text(entry.resource),
        f"{number(header.value)} {header.unit}".strip() if header.value is not None else header.value_text,
        gettext(header.flag.word) if header.flag.outside else "",
    ]
    return header.title, " · ".join(filter(None, details)), day(header.date) if header.date else ""
