"""Why a file of another format cannot be taken in: a closed list of sentences."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

SENTENCES: Mapping[str, str] = {
    "too-large": _("The file is too large: %(size)s MiB, and Carnet reads at most %(ceiling)s MiB of this kind."),
    "too-deep": _("The file is nested too deeply: more than %(depth)s levels. No health record needs that."),
    "too-many": _("The file has more than %(most)s parts. Split it and try again."),
    "doctype": _(
        "This XML file declares a document type (DOCTYPE) or entities, which could make Carnet read other files. "
        "A health document needs neither. Ask whoever gave you the file for one without."
    ),
    "not-xml": _("The file is not valid XML: line %(line)s. Ask whoever gave you the file for a new one."),
    "not-cda": _("This is XML, but no clinical document (CDA R2). Ask for an export in CDA R2 or in FHIR R4 (JSON)."),
    "two-documents": _("This file holds several clinical documents. Split it, one document a file, and try again."),
    "no-body": _("This clinical document has no content. Ask whoever gave you the file for a new one."),
    "embedded": _("The file inside this clinical document is damaged. Ask whoever gave you the file for a new one."),
    "several-people": _("This file speaks of several people. Split it, one person a file, and try again."),
    "nobody": _("This file does not say who it is about. Ask whoever gave you the file for one with a name."),
    "not-hl7": _("This is no HL7 v2 message: its first line (MSH) is malformed. Export it again."),
    "not-oru": _("This HL7 v2 message carries no results. Of HL7 v2, Carnet takes in results (ORU^R01)."),
    "no-results": _("This HL7 v2 message has no request with results (OBR). Export it again."),
    "unknown-kind": _(
        "Carnet does not know this kind of file. It takes in FHIR R4 (JSON), CDA R2 (XML) and results in HL7 v2."
    ),
    "not-yet": _(
        "Carnet does not take in PDF files, images, DICOM files or archives by themselves yet. "
        "It takes in FHIR R4 (JSON), CDA R2 (XML) and results in HL7 v2."
    ),
    "no-file": _("This is not a file. Give the path of a file or of a folder."),
    "missing": _("There is no file at this path. Check its name."),
    "closed": _("The file cannot be opened. Check that you may read it."),
    "empty": _("The file is empty. Export it again."),
    "too-long": _("The file could not be read within %(seconds)s seconds, so Carnet stopped. Split it and try again."),
    "too-heavy": _("Reading this file takes more memory than Carnet gives to one file. Split it and try again."),
    "fault": _("The file could not be read: something in it is malformed. Ask whoever gave it to you for a new one."),
}


def sentence_of(token: str, facts: Mapping[str, object]) -> str:
    """The sentence in the reader's language; an unknown token or a strange fact gives the general one."""
    numbers = {key: value for key, value in facts.items() if isinstance(value, int)}
    general = SENTENCES["fault"]
    sentence = SENTENCES.get(token, general)
    try:
        return gettext(sentence) % numbers
    except (KeyError, TypeError, ValueError):
        return gettext(general)
