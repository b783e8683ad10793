"""A DICOM file of strangers: who, what, when, and a preview (PS3.3, PS3.10).

``read_dicom(raw)`` runs in a process of its own. The tags that name people are read to be compared with the dossier;
the preview holds pixels only. What a machine burned into the pixels stays in them: outside the regions that an
ultrasound declares it is painted over, and elsewhere the facts say that it may be there.
"""

from __future__ import annotations

from codecs import lookup
from contextlib import suppress
from typing import Any

from pydicom import Dataset, FileDataset, dcmread
from pydicom.charset import python_encoding
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.filebase import DicomBytesIO

from records.formats.child import Made
from records.formats.dicom.preview import preview
from records.formats.dicom.report import report_text
from records.formats.refusals import Unfit

MAX_BYTES = 30 * 2**20
_PREAMBLE = 128
_ENCAPSULATED_PDF = "1.2.840.10008.5.1.4.1.1.104.1"
# The file DICOMDIR of a disc (PS3.10, 8): names of the other files, and nothing of the examination.
_DIRECTORY = "1.2.840.10008.1.3.10"

# Facts of an examination, under the names of PS3.6.
_WORDS = (
    *("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "PatientIdentityRemoved"),
    *("StudyInstanceUID", "StudyID", "StudyDate", "StudyTime", "StudyDescription", "AccessionNumber"),
    *("SeriesInstanceUID", "SeriesNumber", "SeriesDate", "SeriesDescription", "BodyPartExamined", "Laterality"),
    *("SOPInstanceUID", "SOPClassUID", "InstanceNumber", "Modality", "ContentDate", "AcquisitionDate"),
    *("InstitutionName", "ReferringPhysicianName", "PerformingPhysicianName", "NameOfPhysiciansReadingStudy"),
    *("Rows", "Columns", "NumberOfFrames", "BurnedInAnnotation", "ViewPosition", "DocumentTitle"),
)

# Character sets are modules, which could not be opened afterwards.
for _name in {str(name) for name in python_encoding.values()}:
    with suppress(LookupError):
        lookup(_name)


def read_dicom(raw: bytes) -> Made:
    """Facts of the DICOM file in ``raw``; files: a copy with an empty preamble when needed, a PDF inside, a preview.

    ``facts["files"]`` names the files in their order: ``clean``, ``pdf``, ``preview``; ``facts["text"]`` is that of a
    structured report.

    Raises:
        Unfit: no DICOM file, damaged or too large, or the index of a disc.
    """
    if len(raw) > MAX_BYTES:
        raise Unfit("too-large", size=-(-len(raw) // 2**20), ceiling=MAX_BYTES // 2**20)
    if raw[_PREAMBLE : _PREAMBLE + 4] != b"DICM":
        raise Unfit("bad-dicom")
    dataset = _dataset(raw)
    facts: dict[str, Any] = {name: _plain(dataset, name) for name in _WORDS}
    facts["TransferSyntax"] = str(getattr(dataset.file_meta.get("TransferSyntaxUID"), "name", ""))
    made: dict[str, bytes] = {}
    if raw[:_PREAMBLE].strip(b"\0"):
        # A program or a picture could begin there (PS3.10, 7.1 allows it): an empty preamble is the usual one.
        made["clean"] = bytes(_PREAMBLE) + raw[_PREAMBLE:]
    inside = bytes(dataset.get("EncapsulatedDocument") or b"").rstrip(b"\0")
    if facts["SOPClassUID"] == _ENCAPSULATED_PDF and inside:
        made["pdf"] = inside
    facts["text"] = _text(dataset)
    picture = preview(dataset)
    if picture is not None:
        made["preview"], facts["masked"] = picture.png, picture.masked
        facts["wide"], facts["high"] = picture.width, picture.height
    return Made({**facts, "files": list(made)}, tuple(made.values()))


def _dataset(raw: bytes) -> FileDataset:
    try:
        dataset = dcmread(DicomBytesIO(raw))
        # The whole file is parsed, not only what is asked for: a broken part shows now.
        for _element in dataset.iterall():
            pass
    except (MemoryError, Unfit):
        raise
    except (InvalidDicomError, BytesLengthException, Exception):
        raise Unfit("bad-dicom") from None
    if dataset.file_meta.get("MediaStorageSOPClassUID") == _DIRECTORY:
        raise Unfit("dicom-index")
    if not dataset.get("SOPClassUID") or not dataset.get("SOPInstanceUID"):
        raise Unfit("bad-dicom")
    return dataset


def _text(dataset: Dataset) -> list[str]:
    """The text of a structured report; nothing when the file is none, or its tree is malformed."""
    try:
        told = report_text(dataset)
    except MemoryError:
        raise
    except Exception:
        # The report stays in the file as it came.
        return []
    return [told] if told else []


def _plain(dataset: Dataset, name: str) -> str:
    """The value of a tag as one line of text; empty when it is absent or malformed."""
    try:
        value = dataset.get(name)
        if value is None or isinstance(value, Dataset):
            return ""
        told = str(value)
    except Exception:
        return ""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in told).split())[:300]
