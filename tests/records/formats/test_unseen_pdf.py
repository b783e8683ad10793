"""PDF as other people's software writes it: in with its text, or out with a sentence."""

from __future__ import annotations

from io import BytesIO

import pytest
from fpdf import FPDF
from pikepdf import Array, Dictionary, Encryption, Name, ObjectStreamMode, Pdf, String

from consent.categories import Category
from records.exchange import About, Unreadable, read_bytes
from records.importing import sort_out
from tests.records.formats.pdfs import pdf, with_attachment
from tests.records.memory import largest_reader

MOST_MEMORY = 512 * 2**20


def saved(raw, change=None, **how):
    told = BytesIO()
    with Pdf.open(BytesIO(raw)) as opened:
        if change:
            change(opened)
        opened.save(told, **how)
    return told.getvalue()


def locked(revision, user="", raw=None):
    modern = revision > 3
    how = Encryption(owner="owner", user=user, R=revision, aes=modern, metadata=modern)
    return saved(raw or pdf(), encryption=how)


def turned(opened):
    for page, angle in zip(opened.pages, (0, 90, 180, 45), strict=True):
        page.obj.Rotate = angle


def linked(address):
    def change(opened):
        action = Dictionary(S=Name.URI, URI=String(address))
        link = Dictionary(Type=Name.Annot, Subtype=Name.Link, Rect=Array([0, 0, 9, 9]), A=action)
        opened.pages[0].obj.Annots = Array([opened.make_indirect(link)])

    return saved(pdf(), change)


def form(**more):
    def made(opened):
        field = opened.make_indirect(Dictionary(FT=Name.Tx, T=String("nom"), V=String("Lou")))
        streams = {key: opened.make_stream(value) for key, value in more.items()}
        return Dictionary(Fields=Array([field]), **streams)

    return pdf(AcroForm=made)


def printed():
    made = FPDF()
    made.add_page()
    made.set_font("Helvetica", size=12)
    made.cell(text="Bonjour")
    return bytes(made.output())


def empty():
    told = BytesIO()
    Pdf.new().save(told)
    return told.getvalue()


# What goes in: the bytes, how many pages of text, and what is removed.
GOOD = {
    "object streams": (saved(pdf(), object_stream_mode=ObjectStreamMode.generate), 1, ()),
    "linearised": (saved(pdf(pages=3), linearize=True), 3, ()),
    "RC4, no password": (locked(3), 1, ()),
    "AES-128, no password": (locked(4), 1, ()),
    "AES-256, no password": (locked(6), 1, ()),
    "AES-256, no password, a file inside": (locked(6, raw=with_attachment()), 1, ("file",)),
    "form": (form(), 1, ()),
    "XFA form": (form(XFA=b"<xdp/>"), 1, ("script",)),
    "link": (linked("https://www.has-sante.fr"), 1, ()),
    "link to a script": (linked("javascript:alert(1)"), 1, ("script",)),
    "a file inside": (with_attachment(), 1, ("file",)),
    "turned": (saved(pdf(pages=4), turned), 4, ()),
    "long": (pdf(pages=300), 300, ()),
    "fpdf2": (printed(), 1, ()),
}


@pytest.mark.parametrize("name", sorted(GOOD))
def test_a_pdf_of_any_make_goes_in_with_its_text(name):
    raw, pages, removed = GOOD[name]
    with largest_reader() as largest:
        bundle = read_bytes(raw, "a.pdf", About(title="x", category=Category.LABORATORY))
    [piece] = sort_out(bundle)[0]
    [[file]] = bundle.files.values()
    assert piece.category is Category.LABORATORY
    assert piece.plain["text"]["div"].count("Bonjour") == pages
    assert file.removed == removed
    assert (file.content == raw) is not bool(removed)
    assert largest.bytes < MOST_MEMORY


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (locked(6, user="secret"), "needs a password"),
        (empty(), "has no page"),
        (pdf()[:300], "damaged"),
        (b"%PDF-1.7\n%%EOF", "damaged"),
    ],
    ids=["password", "no page", "cut short", "no document"],
)
def test_a_pdf_that_cannot_be_read_gets_a_sentence(raw, words):
    with pytest.raises(Unreadable, match=words):
        read_bytes(raw, "a.pdf", About(title="x"))
