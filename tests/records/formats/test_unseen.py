"""Files as other people's software writes them, of kinds that the samples do not hold: in, or out with a sentence."""

from __future__ import annotations

import json
import re
from io import BytesIO

import pytest
from django.utils import translation
from PIL import Image
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    RLELossless,
)

from records.exchange import About, Unreadable, read_bytes
from records.importing import sort_out
from tests.records.formats.papers import OBR, OBX, document, embedded, message, observation, structured

RESULT = structured(observation('<value xsi:type="PQ" value="4.1" unit="mmol/L"/>'))
CDA = document(RESULT, code="11502-2").decode()
NOISE = Image.effect_noise((64, 48), 60).convert("RGB")


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def read(raw, name):
    bundle = read_bytes(raw, name, About(title="x"))
    return bundle, sort_out(bundle)[0]


def values(pieces):
    return [str(piece.header.value) for piece in pieces if piece.header.value is not None]


@pytest.mark.parametrize("charset", ["ISO-8859-1", "ISO-8859-15", "windows-1252", "UTF-16", "UTF-8-SIG"])
def test_a_cda_in_any_charset_with_a_style_sheet(charset):
    declared = charset.removesuffix("-SIG")
    head = f'<?xml version="1.0" encoding="{declared}"?>\n<?xml-stylesheet type="text/xsl" href="CDA.xsl"?>\n'
    _bundle, pieces = read((head + CDA).encode(charset, errors="xmlcharrefreplace"), "a.xml")
    assert values(pieces) == ["4.1"]


def test_a_cda_with_prefixes_of_its_own():
    prefixed = re.sub(r"<(/?)(?!\?)([A-Za-z])", r"<\1v3:\2", CDA).replace('xmlns="urn:hl7', 'xmlns:v3="urn:hl7')
    assert values(read(prefixed.encode(), "a.xml")[1]) == ["4.1"]


@pytest.mark.parametrize(("raw", "media"), [(b"{\\rtf1 Bonjour}", "text/rtf"), (b"II*\0xxxx", "image/tiff")])
def test_a_cda_around_a_file_that_nobody_opens_keeps_it(raw, media):
    bundle, [piece] = read(document(embedded(raw, media)), "a.xml")
    assert piece.header.kind == "DocumentReference"
    assert (bundle.files, bundle.shut) == ({}, 0)


@pytest.mark.parametrize(
    "raw",
    [
        b"\x0b" + message(OBR, OBX).encode() + b"\x1c\r",
        message(OBR, OBX).replace("\r", "\r\n").encode(),
        b"\r\n\r\n" + message(OBR, OBX).encode() + b"\r\n\x1a",
        b"FHS|^~\\&|A|B\rBHS|^~\\&|A|B\r" + message(OBR, OBX).encode() + b"BTS|1\rFTS|1\r",
        message(OBR, OBX).replace("|", "!").replace("^~\\&", "#%$@").replace("^", "#").replace("&", "@").encode(),
        message(OBR, OBX, charset="8859/15").encode("iso8859-15"),
        message(OBR, OBX, charset="").encode("cp1252"),
        message(OBR, OBX, kind="ORU^R01").replace("|2.5|", "|2.3|").encode(),
        message(OBR, "ZFR|1|x", OBX, "ZZZ").encode(),
    ],
    ids=["mllp", "crlf", "padded", "batch", "delimiters", "latin-9", "undeclared", "2.3", "own segments"],
)
def test_results_in_any_wrapping(raw):
    bundle, pieces = read(raw, "a.hl7")
    assert bundle.format == "hl7v2"
    assert values(pieces) == ["10.2"]
    assert pieces[1].header.title == "Hémoglobine"


def observed(**value):
    return {"resourceType": "Observation", "status": "final", "code": {"text": "x"}, **value}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ({"valueInteger": 5}, "5"),
        ({"valueBoolean": True}, "✓"),
        ({"valueString": "abc"}, "abc"),
        ({"valueRange": {"low": {"value": 1}, "high": {"value": 2}}}, "1 – 2"),
        ({"valueRatio": {"numerator": {"value": 1}, "denominator": {"value": 128}}}, "1 / 128"),
        ({"valueTime": "10:30:00"}, "10:30:00"),
        ({"valueDateTime": "2026-03"}, "2026-03"),
        ({"valueCodeableConcept": {"coding": [{"code": "x", "display": "Positif"}]}}, "Positif"),
    ],
)
def test_a_result_of_every_type(value, shown):
    _bundle, [piece] = read(json.dumps(observed(**value)).encode(), "a.json")
    header = piece.header
    assert (header.value_text or str(header.value)) == shown


@pytest.mark.parametrize(
    ("raw", "name", "words"),
    [
        (b'<Patient xmlns="http://hl7.org/fhir"><id value="x"/></Patient>', "a.xml", "FHIR in XML"),
        (b'<ORU_R01 xmlns="urn:hl7-org:v2xml"/>', "a.xml", "no clinical document"),
        (b"{\\rtf1 Bonjour}", "a.rtf", "does not take in this kind"),
        (message("EVN|A01", kind="ADT^A01").encode(), "a.hl7", "carries no results"),
        (message(OBR, OBX, pid="").encode(), "a.hl7", "who it is about"),
        (json.dumps([observed()]).encode(), "a.json", "not FHIR"),
        (b"abc\0def", "a.txt", "no plain text"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "a.heic", "Formats, Most Compatible"),
        # As a browser or a person may have called it.
        (b"\0\0\0\x18ftypmif1\0\0\0\0mif1heic", "a.jpg", "Formats, Most Compatible"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "a.mp4", "does not know this kind"),
    ],
)
def test_what_stays_outside_gets_a_sentence(raw, name, words):
    with pytest.raises(Unreadable, match=words):
        read(raw, name)


def image(picture, form, **more):
    told = BytesIO()
    picture.save(told, form, **more)
    return told.getvalue()


def turned(way):
    exif = Image.Exif()
    exif[0x0112] = way
    return image(NOISE, "JPEG", exif=exif)


PICTURES = {
    "cmyk.jpg": image(NOISE.convert("CMYK"), "JPEG"),
    "progressive.jpg": image(NOISE, "JPEG", progressive=True),
    "grey.jpg": image(NOISE.convert("L"), "JPEG"),
    # What phones write: a second picture (depth, a gain map) behind the first.
    "phone.jpg": image(NOISE, "MPO", save_all=True, append_images=[NOISE.rotate(90)]),
    "sixteen.png": image(Image.new("I;16", (20, 20), 4000), "PNG"),
    "palette.png": image(NOISE.convert("P"), "PNG", transparency=3),
    "animated.png": image(NOISE, "PNG", save_all=True, append_images=[NOISE.rotate(90)]),
    **{f"way{way}.jpg": turned(way) for way in (3, 6, 8)},
}


@pytest.mark.parametrize("name", sorted(PICTURES))
def test_pictures_of_every_make_go_in_and_open(name):
    bundle, [piece] = read(PICTURES[name], name)
    [[file]] = bundle.files.values()
    assert piece.header.kind == "DocumentReference"
    with Image.open(BytesIO(file.content)) as opened:
        opened.load()
        assert opened.format in ("JPEG", "PNG")
        assert getattr(opened, "n_frames", 1) == 1


def examination(syntax=ExplicitVRLittleEndian, *, frames=1, samples=1, colours="MONOCHROME2", pixels=True):
    meta = FileMetaDataset()
    meta.TransferSyntaxUID, meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = (
        syntax,
        CTImageStorage,
        "1.2.3.4",
    )
    told = Dataset()
    told.file_meta = meta
    told.SOPClassUID, told.SOPInstanceUID, told.StudyInstanceUID = CTImageStorage, "1.2.3.4", "1.2.3"
    told.PatientName, told.PatientBirthDate, told.Modality, told.StudyDate = "ESSAI^Lou", "19840307", "CT", "20260301"
    if pixels:
        told.Rows, told.Columns, told.SamplesPerPixel, told.PhotometricInterpretation = 32, 32, samples, colours
        told.BitsAllocated, told.BitsStored, told.HighBit, told.PixelRepresentation = 8, 8, 7, 0
        if samples == 3:
            told.PlanarConfiguration = 0
        if frames > 1:
            told.NumberOfFrames = frames
        told.PixelData = bytes(range(256)) * (32 * 32 * frames * samples // 256)
    written = BytesIO()
    told.save_as(written, enforce_file_format=True)
    return written.getvalue()


def packed():
    told = dcmread(BytesIO(examination()))
    told.compress(RLELossless)
    written = BytesIO()
    told.save_as(written)
    return written.getvalue()


EXAMINATIONS = {
    "implicit": examination(ImplicitVRLittleEndian),
    "big": examination(ExplicitVRBigEndian),
    "deflated": examination(DeflatedExplicitVRLittleEndian),
    "inverted": examination(colours="MONOCHROME1"),
    "film": examination(frames=10),
    "colour": examination(samples=3, colours="YBR_FULL"),
    "run lengths": packed(),
    "no picture": examination(pixels=False),
}


@pytest.mark.parametrize("name", sorted(EXAMINATIONS))
def test_examinations_of_every_make_go_in(name):
    raw = EXAMINATIONS[name]
    bundle, pieces = read(raw, "a.dcm")
    assert sorted(piece.header.kind for piece in pieces) == ["DocumentReference", "ImagingStudy"]
    paper = next(piece for piece in pieces if piece.header.kind == "DocumentReference")
    previews = [one for one in paper.plain["content"] if one["attachment"]["contentType"] == "image/png"]
    assert len(previews) == (0 if name == "no picture" else 1)
    assert [file.content for files in bundle.files.values() for file in files] == [raw]
