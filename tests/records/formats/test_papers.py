"""Files by themselves: what is kept, what is cleaned, what stays outside; nothing acts, nothing speaks of its maker."""

from __future__ import annotations

import json
import random
import struct
import zlib
from base64 import b64decode, b64encode
from hashlib import sha1
from io import BytesIO
from time import monotonic

import pikepdf
import pytest
from django.utils import translation
from pikepdf import Array, Dictionary, Name, String
from PIL import Image

from records.exchange import About, Unreadable, read_bytes
from records.formats.apart import made_apart
from records.formats.child import SECONDS
from records.formats.files import title_of
from records.importing import sort_out
from tests.counts import COUNTS, IS_SOAK
from tests.records.formats.fhir.samples import needs_samples, sample_files
from tests.records.formats.papers import OBR, OBX, document, embedded, message
from tests.records.formats.pdfs import action, pdf, with_attachment

SCRIPT = action("JavaScript", JS=String("app.alert('x')"))


def names(**trees):
    return Dictionary({f"/{key}": Dictionary(Names=Array([String("a"), value])) for key, value in trees.items()})


def outline(kind, **more):
    return Dictionary(First=Dictionary(Title=String("x"), A=action(kind, **more)))


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


def cleaned(raw: bytes) -> tuple[bytes, list[str]]:
    made = made_apart("pdf", raw)
    return (made.files[0] if made.files else raw), made.facts["removed"]


def walk(raw: bytes) -> str:
    with pikepdf.open(BytesIO(raw)) as opened:
        return "".join(found.unparse(resolved=True).decode("latin-1") for found in opened.objects)


@pytest.mark.parametrize(
    ("raw", "removed"),
    [
        (pdf(), []),
        (pdf(OpenAction=SCRIPT), ["script"]),
        (pdf(OpenAction=action("GoTo", D=Array([0, Name.Fit]))), []),
        (pdf(AA=Dictionary(WC=SCRIPT)), ["script"]),
        (pdf(Names=names(JavaScript=SCRIPT)), ["script"]),
        (pdf(AcroForm=Dictionary(Fields=Array(), XFA=Array([]))), ["script"]),
        (pdf(Outlines=outline("SubmitForm", F=String("http://x"))), ["script"]),
        (pdf(Outlines=outline("URI", URI=String("javascript:1"))), ["script"]),
        (pdf(Outlines=outline("URI", URI=String("https://example.org"))), []),
        (with_attachment(), ["file"]),
        (with_attachment(OpenAction=SCRIPT), ["file", "script"]),
    ],
)  # fmt: skip
def test_what_acts_by_itself_is_removed(raw, removed):
    clean, told = cleaned(raw)
    assert told == removed
    assert (clean == raw) is (not removed)
    for word in ("/JavaScript", "/JS", "/SubmitForm", "/EmbeddedFiles", "/EF", "/XFA", "/AA", "javascript:", "run.exe"):
        assert not removed or word not in walk(clean)
    assert made_apart("pdf", clean).facts["removed"] == []
    assert made_apart("pdf", clean).facts["text"] == ["Bonjour"]


def test_an_annotation_with_a_file_is_emptied():
    source = pikepdf.open(BytesIO(pdf()))
    stream = source.make_stream(b"MZ", Type=Name.EmbeddedFile)
    source.pages[0].Annots = Array(
        [
            Dictionary(
                Type=Name.Annot,
                Subtype=Name.FileAttachment,
                Rect=Array([0, 0, 9, 9]),
                FS=Dictionary(EF=Dictionary(F=stream)),
            )
        ]
    )
    told = BytesIO()
    source.save(told)
    clean, removed = cleaned(told.getvalue())
    assert removed == ["file"]
    assert "/FileAttachment" not in walk(clean)


@pytest.mark.parametrize(
    ("raw", "name", "words"),
    [
        (pdf(OpenAction=action("Launch", F=String("cmd.exe"))), "a.pdf", "start a program"),
        (b"\n" + pdf(), "a.pdf", "does not know this kind"),
        (pdf() + b"PK\x05\x06" + bytes(18), "a.pdf", "two kinds"),
        (pdf() + b"<html>" + b"x" * 2000, "a.pdf", "two kinds"),
        (b"%PDF-1.4\n<html><script>alert(1)</script>\n" + pdf()[9:], "a.pdf", "two kinds"),
        (b"%PDF-1.7 nothing", "a.pdf", "damaged"),
        (pdf(), "a.jpg", "two different things"),
        (pdf(), "../../etc/a.png", "two different things"),
        (b"GIF89a<script>", "a.gif", "stay outside"),
        (b"PK\x03\x04", "a.zip", "stay outside"),
        (b"MZ\x90", "a.exe", "stay outside"),
        (b"a\x00b", "a.txt", "no plain text"),
        (b"\x1b[2Jx", "a.txt", "no plain text"),
        (b"", "a.txt", "empty"),
        (b"hello", "a", "does not know this kind"),
        (b"x" * (3 * 2**20), "a.txt", "at most 2 MiB"),
        (b"%PDF-" + b"x" * (31 * 2**20), "a.pdf", "at most 30 MiB"),
    ],
)
def test_what_stays_outside_gets_a_sentence(raw, name, words):
    with pytest.raises(Unreadable, match=words):
        read_bytes(raw, name, About(title="x"))


@pytest.mark.parametrize("name", ["a.pdf", "A.PDF", "scan", "scan.2026", "../../a.pdf"])
def test_a_name_that_agrees_or_says_nothing_is_no_obstacle(name):
    bundle = read_bytes(pdf(), name, About(title=title_of(name)))
    (pieces, omissions) = sort_out(bundle)
    assert len(pieces) == 1
    assert not omissions
    assert "/" not in pieces[0].header.title


@pytest.mark.asvs("v5.0.0-1.3.3", "v5.0.0-5.3.2")
@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\scans\\Ma_photo.JPG", "Ma photo"),
        ("a\x00b\n.pdf", "a b"),
        (".pdf", ".pdf"),
        ("x" * 300, "x" * 120),
    ],
)
def test_a_title_is_no_path(name, title):
    assert title_of(name) == title


def photo(turn: int = 6) -> bytes:
    told, exif = BytesIO(), Image.Exif()
    exif[0x0112], exif[0x0110] = turn, "Camera of Quetzalcoatlus"
    exif.get_ifd(0x8825)[2] = (48.0, 51.0, 24.0)
    exif.get_ifd(0x8769)[0x9003] = "2026:03:14 09:26:53"
    Image.effect_noise((64, 48), 60).save(told, "JPEG", exif=exif, comment=b"Quetzalcoatlus")
    return told.getvalue()


@pytest.mark.asvs("v5.0.0-14.2.8")
def test_a_photo_keeps_its_pixels_and_its_way_up_and_says_nothing_else():
    raw = photo()
    made = made_apart("jpeg", raw + b"<script>")
    (clean,) = made.files
    assert (made.facts["turn"], made.facts["taken"], made.facts["place"]) == (6, "2026-03-14", True)
    assert Image.open(BytesIO(clean)).tobytes() == Image.open(BytesIO(raw)).tobytes()
    assert dict(Image.open(BytesIO(clean)).getexif()) == {0x0112: 6}
    for trace in (b"Quetzal", b"script", b"2026:03", b"GPS"):
        assert trace not in clean
    assert made_apart("jpeg", clean).files == ()


def test_a_png_keeps_its_pixels_and_says_nothing_else():
    told = BytesIO()
    Image.effect_noise((40, 30), 60).save(told, "PNG")
    plain = told.getvalue()
    assert made_apart("png", plain).files == ()
    text = b"tEXtComment\0Quetzalcoatlus"
    spoken = plain[:33] + struct.pack(">I", len(text) - 4) + text + struct.pack(">I", zlib.crc32(text)) + plain[33:]
    (clean,) = made_apart("png", spoken + b"PK\x05\x06").files
    assert clean == plain


@needs_samples
def test_every_transfer_syntax_at_hand_gives_a_preview_without_names():
    for path in sample_files("dicom/*"):
        made = made_apart("dicom", path.read_bytes())
        preview = made.files[made.facts["files"].index("preview")]
        picture = Image.open(BytesIO(preview))
        assert max(picture.size) <= 1024
        assert picture.convert("L").getextrema()[1] > picture.convert("L").getextrema()[0]
        assert b"Compressed" not in preview
        assert not picture.info


@needs_samples
def test_a_preamble_that_could_run_is_emptied():
    (path,) = sample_files("hostile/dicom-*")
    made = made_apart("dicom", path.read_bytes())
    clean = made.files[made.facts["files"].index("clean")]
    assert clean[:128] == bytes(128)
    assert clean[128:] == path.read_bytes()[128:]


def inside(raw: bytes, name: str):
    bundle = read_bytes(raw, name, About(title="x"))
    (resource,) = [entry.resource for entry in bundle.entries if entry.resource["resourceType"] in HOLDERS]
    return bundle, resource


HOLDERS = ("DocumentReference", "DiagnosticReport")


def test_a_pdf_inside_a_clinical_document_lies_beside_it_and_the_document_stays_whole():
    raw = document(embedded(pdf()))
    bundle, resource = inside(raw, "a.xml")
    ((file,),) = bundle.files.values()
    assert (file.media_type, file.content, bundle.shut) == ("application/pdf", pdf(), 0)
    paper, itself = [content["attachment"] for content in resource["content"]]
    assert "data" not in paper
    assert b64decode(paper["hash"]) == sha1(pdf(), usedforsecurity=False).digest()
    assert b64decode(itself["data"]) == raw


def test_a_pdf_inside_that_would_do_harm_stays_shut():
    bundle, resource = inside(document(embedded(pdf(OpenAction=action("Launch")))), "a.xml")
    assert (bundle.files, bundle.shut) == ({}, 1)
    assert "data" in resource["content"][0]["attachment"]
    bundle, _resource = inside(document(embedded(pdf(OpenAction=SCRIPT))), "a.xml")
    ((file,),) = bundle.files.values()
    assert file.removed == ("script",)
    assert "/JavaScript" not in walk(file.content)


def test_a_pdf_inside_a_message_lies_beside_its_report():
    told = b64encode(pdf()).decode()
    raw = message(OBR, OBX, f"OBX|2|ED|PDF^Compte rendu^L||^application^pdf^Base64^{told}||||||F").encode()
    bundle, resource = inside(raw, "a.hl7")
    ((file,),) = bundle.files.values()
    assert (file.content, bundle.shut) == (pdf(), 0)
    paper, itself = resource["presentedForm"]
    assert "data" not in paper
    assert b64decode(itself["data"]) == raw
    assert "content" not in resource


def test_fhir_keeps_its_own_bytes():
    told = {"contentType": "application/pdf", "data": b64encode(pdf()).decode()}
    came = {"resourceType": "DocumentReference", "status": "current", "content": [{"attachment": told}]}
    bundle, resource = inside(json.dumps(came).encode(), "a.json")
    assert resource == came
    assert [file.content for files in bundle.files.values() for file in files] == [pdf()]


def spoil(raw: bytes, dice: random.Random) -> bytes:
    told = bytearray(raw)
    for _time in range(dice.randint(1, 8)):
        start = dice.randrange(len(told) or 1)
        end = min(len(told), start + dice.choice((1, 1, 2, 16, 300)))
        way = dice.randrange(4)
        if way == 0:
            told[start:end] = dice.randbytes(end - start)
        elif way == 1:
            del told[start:end]
        elif way == 2:
            told[start:start] = told[start:end] * dice.choice((1, 3, 60))
        else:
            told[start:end] = dice.choice((b"\xff\xff\xff\xff", b"\0", b"/JS", b"99999999", b"<<", b"\xff\xd9"))
    return bytes(told)


def tried(raw: bytes, name: str) -> str:
    """The sentence of the refusal, nothing when it goes in; anything else fails the test."""
    try:
        sort_out(read_bytes(raw, name, About(title="x")))
    except Unreadable as refusal:
        return str(refusal)
    return ""


def good_files() -> list[tuple[bytes, str]]:
    """Files that go in: small ones of every kind first; when there is time, every sample up to 250 kB too."""
    few = sample_files(
        *("pdf/graph.pdf", "images/*", "dicom/*_small.dcm", "fhir-fr/Bundle-HAS-0*", "hl7-fhir-r4/Bundle-lip*"),
        *("cda-fr/cc0-LDL*", "cda-fr/cc0-VAC*", "hl7v2/*"),
    )
    others = (
        [path for path in sample_files("*/*") if path.parent.name not in ("hostile", "LICENSES")] if IS_SOAK else []
    )
    known = [*few, *(path for path in others if path not in few and path.stat().st_size < 250_000)]
    own = [(pdf("Fuzz", pages=2), "a.pdf"), (with_attachment(), "a.pdf"), (photo(), "a.jpg"), (b"Un texte", "a.txt")]
    return own + [(path.read_bytes(), path.name) for path in known]


@needs_samples
def test_mutations_of_every_kind_end_in_a_bundle_or_a_sentence():
    """Seeds kept: the number of the try is the seed, so that a failure says how to make it again."""
    good, ends, found = good_files(), {"in": 0, "out": 0}, []
    for seed in range(COUNTS.whole_mutations):
        dice = random.Random(seed)
        raw, name = good[seed % len(good)]
        begun = monotonic()
        try:
            told = tried(spoil(raw, dice), name)
        except Exception as problem:
            found.append(f"seed {seed}, {name}: {type(problem).__name__}")
            continue
        if "Traceback" in told or len(told) > 300 or monotonic() - begun > 2 * SECONDS + 10:
            found.append(f"seed {seed}, {name}: {told[:80]} after {monotonic() - begun:.0f} s")
        ends["out" if told else "in"] += 1
    assert found == []
    assert min(ends.values()) > 0
