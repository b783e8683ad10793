"""DICOM as other people's machines write it: in with its preview and its text, or out with a sentence."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pydicom
import pytest
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import (
    MPEG4HP41,
    CTImageStorage,
    EncapsulatedPDFStorage,
    ExplicitVRLittleEndian,
    JPEGBaseline8Bit,
    VideoEndoscopicImageStorage,
)

from records.exchange import About, Unreadable, read_bytes
from records.formats.dicom.reading import read_dicom
from records.formats.refusals import Unfit
from records.importing import sort_out
from tests.records.formats.pdfs import action, pdf

FILES = Path(pydicom.__file__).parent / "data" / "test_files"
# Files of the library that hold an examination without a picture that can be drawn: reports, plans, curves, doses
# without image, twelve bits of JPEG, pixels cut off.
PLAIN = (
    "JPEG-lossy.dcm", "JPEG2000-embedded-sequence-delimiter.dcm", "JPGExtended.dcm", "MR_truncated.dcm", "badVR.dcm",
    "reportsi.dcm", "reportsi_with_empty_number_tags.dcm", "rtplan.dcm", "rtplan_truncated.dcm", "test-SR.dcm",
    "waveform_ecg.dcm",
)  # fmt: skip
DRAWN = (
    "693_J2KI.dcm", "CT_small.dcm", "ExplVR_BigEnd.dcm", "GDCMJ2K_TextGBR.dcm", "J2K_pixelrep_mismatch.dcm",
    "JPEG2000.dcm", "JPEGLSNearLossless_08.dcm", "JPEGLSNearLossless_16.dcm", "MR_small.dcm", "MR_small_RLE.dcm",
    "MR_small_bigendian.dcm", "MR_small_implicit.dcm", "MR_small_jp2klossless.dcm", "MR_small_jpeg_ls_lossless.dcm",
    "MR_small_padded.dcm", "SC_jpeg_no_color_transform.dcm", "SC_rgb_dcmtk_+eb+cr.dcm", "SC_rgb_dcmtk_+eb+cy+n1.dcm",
    "SC_rgb_dcmtk_+eb+cy+s4.dcm", "SC_rgb_gdcm_KY.dcm", "SC_rgb_jls_lossy_sample.dcm", "SC_rgb_jpeg_app14_dcmd.dcm",
    "SC_rgb_jpeg_lossy_gdcm.dcm", "SC_rgb_rle_16bit_2frame.dcm", "SC_rgb_rle_32bit.dcm",
    "SC_rgb_small_odd_big_endian.dcm", "SC_ybr_full_422_uncompressed.dcm", "examples_jpeg2k.dcm",
    "examples_overlay.dcm", "examples_palette.dcm", "examples_rgb_color.dcm", "examples_ybr_color.dcm",
    "image_dfl.dcm", "liver_1frame.dcm", "rtdose.dcm", "rtdose_rle_1frame.dcm",
)  # fmt: skip
# Fragments without what every file has, and the indexes of discs.
REFUSED = {
    "UN_sequence.dcm": "bad-dicom",
    "empty_charset_LEI.dcm": "bad-dicom",
    "meta_missing_tsyntax.dcm": "bad-dicom",
    "no_meta.dcm": "bad-dicom",
    "priv_SQ.dcm": "bad-dicom",
    "dicomdirtests/DICOMDIR": "dicom-index",
    "dicomdirtests/DICOMDIR-bigEnd": "dicom-index",
    "dicomdirtests/DICOMDIR-empty.dcm": "dicom-index",
    "dicomdirtests/DICOMDIR-nopatient": "dicom-index",
}


@pytest.mark.parametrize("name", sorted([*PLAIN, *DRAWN]))
def test_files_of_the_library_go_in(name):
    facts = read_dicom((FILES / name).read_bytes()).facts
    assert ("preview" in facts["files"]) is (name in DRAWN)
    assert "pdf" not in facts["files"]
    assert facts["SOPInstanceUID"]


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_files_of_the_library_that_are_no_examination_are_told_apart(name):
    with pytest.raises(Unfit) as refusal:
        read_dicom((FILES / name).read_bytes())
    assert refusal.value.token == REFUSED[name]


def read(raw, name="a.dcm"):
    bundle = read_bytes(raw, name, About(title="x"))
    pieces = {piece.header.kind: piece for piece in sort_out(bundle)[0]}
    assert {str(piece.category) for piece in pieces.values()} == {"imaging"}
    [files] = bundle.files.values()
    assert files[-1].content == raw
    return pieces["DocumentReference"].plain, files


def kinds(document):
    return [each["attachment"]["contentType"] for each in document["content"]]


def test_the_index_of_a_disc_says_where_the_pictures_are():
    with pytest.raises(Unreadable, match="other folders of the disc"):
        read_bytes((FILES / "dicomdirtests" / "DICOMDIR").read_bytes(), "DICOMDIR", About(title="x"))


def test_a_structured_report_is_read_with_its_text():
    document, _files = read((FILES / "test-SR.dcm").read_bytes())
    told = document["text"]["div"]
    assert "<p>Diagnosis<br/>" in told
    assert "Diameter: 3 cm" in told
    assert "Sample Text 2" in told
    assert kinds(document) == ["application/dicom"]


def examination(uid=CTImageStorage, syntax=ExplicitVRLittleEndian, **more):
    told = Dataset()
    told.file_meta = FileMetaDataset()
    told.file_meta.TransferSyntaxUID, told.file_meta.MediaStorageSOPClassUID = syntax, uid
    told.file_meta.MediaStorageSOPInstanceUID = told.SOPInstanceUID = "1.2.3.4"
    told.SOPClassUID, told.StudyInstanceUID, told.Modality, told.StudyDate = uid, "1.2.3", "OT", "20260301"
    told.PatientName, told.PatientBirthDate = "ESSAI^Lou", "19840307"
    for name, value in more.items():
        setattr(told, name, value)
    written = BytesIO()
    told.save_as(written, enforce_file_format=True)
    return written.getvalue()


def picture(colours="MONOCHROME2", rows=32, columns=32, **more):
    shape = {"Rows": rows, "Columns": columns, "SamplesPerPixel": 1, "PhotometricInterpretation": colours}
    bits = {"BitsAllocated": 8, "BitsStored": 8, "HighBit": 7, "PixelRepresentation": 0}
    return shape | bits | {"PixelData": bytes(range(256)) * 4} | more


def palette():
    colours = ("Red", "Green", "Blue")
    told = {f"{colour}PaletteColorLookupTableDescriptor": [256, 0, 8] for colour in colours}
    return told | {f"{colour}PaletteColorLookupTableData": bytes(range(256)) for colour in colours}


UNDRAWN = {
    "video": picture(PixelData=encapsulate([b"\0\0\0\x18ftypmp42" + bytes(400)]), NumberOfFrames=300)
    | {"uid": VideoEndoscopicImageStorage, "syntax": MPEG4HP41},
    "no JPEG": picture(PixelData=encapsulate([bytes(400)])) | {"syntax": JPEGBaseline8Bit},
    "rows that lie": picture(rows=6000, columns=6000),
    "more rows than anybody draws": picture(rows=65535, columns=65535),
    "frames that lie": picture(NumberOfFrames=2_000_000_000),
    "bits that lie": picture(BitsAllocated=64, BitsStored=64, HighBit=63),
    "palette without colours": picture("PALETTE COLOR"),
    "no rows": {"PixelData": bytes(1024), "BitsAllocated": 8},
    "empty pixels": picture(PixelData=b""),
}


@pytest.mark.parametrize("name", sorted(UNDRAWN))
def test_an_examination_that_nobody_can_draw_is_kept_without_preview(name):
    document, _files = read(examination(**UNDRAWN[name]))
    assert kinds(document) == ["application/dicom"]


def test_colours_of_a_palette_are_drawn():
    document, _files = read(examination(**picture("PALETTE COLOR", **palette())))
    assert kinds(document) == ["image/png", "application/dicom"]


def enclosed(inside):
    padded = inside + bytes(len(inside) % 2)
    return examination(
        EncapsulatedPDFStorage, EncapsulatedDocument=padded, MIMETypeOfEncapsulatedDocument="application/pdf"
    )


def test_a_pdf_in_dicom_lies_beside_it():
    document, files = read(enclosed(pdf()))
    assert kinds(document) == ["application/pdf", "application/dicom"]
    assert [file.media_type for file in files] == ["application/pdf", "application/dicom"]
    assert files[0].content.startswith(b"%PDF-")


@pytest.mark.parametrize("inside", [pdf(OpenAction=action("Launch")), b"%PDF-1.7 cut short"])
def test_a_pdf_in_dicom_that_stays_shut_refuses_the_file(inside):
    with pytest.raises(Unreadable, match=r"\w+ \w+ \w+"):
        read(enclosed(inside))


def test_a_report_in_dicom_without_its_pdf_is_kept_as_it_came():
    document, _files = read(enclosed(b""))
    assert kinds(document) == ["application/dicom"]


def test_a_file_of_the_library_comes_in_whole():
    raw = (FILES / "examples_palette.dcm").read_bytes()
    document, files = read(raw)
    assert kinds(document) == ["image/png", "application/dicom"]
    assert dcmread(BytesIO(files[-1].content)).Modality == "US"
