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
    "fhir-xml": _("This is FHIR in XML. Carnet reads FHIR in JSON: ask for the same export in JSON."),
    "two-documents": _("This file holds several clinical documents. Split it, one document a file, and try again."),
    "no-body": _("This clinical document has no content. Ask whoever gave you the file for a new one."),
    "embedded": _("The file inside this clinical document is damaged. Ask whoever gave you the file for a new one."),
    "several-people": _("This file speaks of several people. Split it, one person a file, and try again."),
    "nobody": _("This file does not say who it is about. Ask whoever gave you the file for one with a name."),
    "not-hl7": _("This is no HL7 v2 message: its first line (MSH) is malformed. Export it again."),
    "not-oru": _("This HL7 v2 message carries no results. Of HL7 v2, Carnet takes in results (ORU^R01)."),
    "no-results": _("This HL7 v2 message has no request with results (OBR). Export it again."),
    "not-utf8": _("The file is not text in UTF-8 (byte %(place)s). Export it again as FHIR JSON."),
    "key-twice": _("An object in this file has the same key twice, and nothing says which is true. Export it again."),
    "not-json": _("The file is not valid JSON: line %(line)s, column %(column)s. Export it again as FHIR JSON."),
    "not-number": _(
        "A number in this file is not one that JSON allows (NaN, Infinity or far too long). Export it again."
    ),
    "not-fhir": _('This is JSON but not FHIR: it has no "resourceType". Ask for an export in FHIR R4 (JSON).'),
    "bundle-type": _(
        "This bundle is of a type that Carnet does not take in. "
        "It takes: transaction, batch, collection, searchset, document."
    ),
    "entry-no-list": _('This bundle is malformed: "entry" is not a list. Export it again as FHIR R4 (JSON).'),
    "too-many-entries": _("This bundle has more than %(most)s entries. Split it and try again."),
    "entry-no-object": _("Entry %(place)s of this bundle is malformed: it is not an object. Export it again."),
    "entry-no-type": _('Entry %(place)s is malformed: its resource has no "resourceType". Export it again.'),
    "entry-unknown-type": _(
        "Entry %(place)s is of a type that does not exist in FHIR R4. Ask for an export in FHIR R4."
    ),
    "half-character": _("A text in this file has a broken character. Ask whoever gave you the file for a new one."),
    "unknown-kind": _(
        "Carnet does not know this kind of file. It takes in PDF, JPEG, PNG, plain text (.txt), DICOM, FHIR R4 (JSON), "
        "CDA R2 (XML) and results in HL7 v2."
    ),
    "heic": _(
        "This photo is in the format of iPhones (HEIC), which many doctors cannot open. On the iPhone: Settings, "
        "Camera, Formats, Most Compatible, then take the photo again. Or open the photo, make a screenshot of it, "
        "and bring that."
    ),
    "not-taken": _(
        "Carnet does not take in this kind of file: archives, GIF, TIFF and programs stay outside. Unpack it, or "
        "save it as PDF, JPEG or PNG, and try again."
    ),
    "wrong-name": _(
        "The name of this file and its content say two different things. Give it the ending of what it is, "
        "or ask whoever gave it to you for a new one."
    ),
    "two-kinds": _(
        "This file is two kinds of file at once, which is how harmful files hide. Ask for a new one, "
        "or print it and photograph it."
    ),
    "locked-pdf": _(
        "This PDF needs a password, so Carnet cannot look inside. Open it with its password, save it without one, "
        "and try again."
    ),
    "bad-pdf": _("This PDF is damaged and cannot be opened. Ask whoever gave it to you for a new one."),
    "launches": _(
        "This PDF would start a program on your computer, so Carnet does not keep it. Ask whoever gave it to you for "
        "one without."
    ),
    "no-page": _("This PDF has no page. Ask whoever gave it to you for a new one."),
    "too-many-pages": _("This PDF has more than %(most)s pages. Split it and try again."),
    "bad-image": _("This image is damaged and cannot be opened. Take it again, or save it again as JPEG or PNG."),
    "too-many-pixels": _(
        "This image has more than %(most)s million pixels. Make it smaller and try again: "
        "a page is readable with eight."
    ),
    "bad-dicom": _("This DICOM file is damaged. Ask the imaging centre for a new one."),
    "dicom-index": _(
        "This file is the index of an imaging disc and holds no picture. Choose the files in the other folders of "
        "the disc."
    ),
    "not-text": _("This is no plain text: it holds signs that no text has. Save it again as text in UTF-8."),
    "no-room": _(
        "There is no more room in this health record for files. Remove one that is no longer needed, then try again."
    ),
    "infected": _("This file is infected with a virus. Carnet did not keep it. Have your computer checked."),
    "unchecked": _(
        "The virus scanner does not answer, so this file was not filed: it lies apart, sealed and closed, "
        "and goes by itself after a day. Try again in a few minutes."
    ),
    "no-file": _("This is not a file. Give the path of a file or of a folder."),
    "missing": _("There is no file at this path. Check its name."),
    "closed": _("The file cannot be opened. Check that you may read it."),
    "empty": _("The file is empty. Export it again."),
    "too-long": _("The file could not be read within %(seconds)s seconds, so Carnet stopped. Split it and try again."),
    "too-heavy": _("Reading this file takes more memory than Carnet gives to one file. Split it and try again."),
    "fault": _("The file could not be read: something in it is malformed. Ask whoever gave it to you for a new one."),
}

CLEANED: Mapping[str, str] = {
    "script": _("A script or an action that would run by itself was removed. Nothing else was changed."),
    "file": _("Files hidden inside this file were removed. What its pages show was not changed."),
    "surroundings": _(
        "Where, when and with which device the picture was taken was removed. The picture was not changed."
    ),
    "preamble": _("What stood before the examination in this file was removed: a program could hide there."),
}
"""What was removed from a file, as people are told."""


def sentence_of(token: str, facts: Mapping[str, object]) -> str:
    """The sentence in the reader's language; an unknown token or a strange fact gives the general one."""
    numbers = {key: value for key, value in facts.items() if isinstance(value, int)}
    general = SENTENCES["fault"]
    sentence = SENTENCES.get(token, general)
    try:
        return gettext(sentence) % numbers
    except (KeyError, TypeError, ValueError):
        return gettext(general)
