"""A PDF of strangers: whether it opens, what it says, and a copy without what acts by itself.

``read_pdf(raw)`` runs in a process of its own (``records.formats.child``).
"""

from __future__ import annotations

import re
from io import BytesIO

import pikepdf
import pypdfium2

from records.formats.child import Made
from records.formats.pdf.cleaning import clean
from records.formats.refusals import Unfit

MAX_BYTES = 30 * 2**20
MAX_PAGES = 2_000
# Enough for a thick report; what is beyond stays in the file.
MAX_TEXT = 400_000
_TEXT_PAGES = 300

# After the last %%EOF nothing belongs to the document; a few producers leave a line.
_MOST_AFTER = 1024
_END_OF_ZIP = b"PK\x05\x06"
# qpdf opens its source of random numbers when a file locked by AES-256 asks for it; nothing can be opened by then.
pikepdf.Pdf.new().save(BytesIO(), encryption=pikepdf.Encryption(owner="", user="", R=6))
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|script|svg|body|iframe)", re.IGNORECASE)


def read_pdf(raw: bytes) -> Made:
    """Facts of the PDF in ``raw`` (``pages``, ``text``, ``removed``, ``title``), and a clean copy when one was needed.

    Raises:
        Unfit: no PDF, damaged, locked by a password, another kind of file as well, or made to start a program.
    """
    if len(raw) > MAX_BYTES:
        raise Unfit("too-large", size=-(-len(raw) // 2**20), ceiling=MAX_BYTES // 2**20)
    if not raw.startswith(b"%PDF-"):
        raise Unfit("bad-pdf")
    if _is_two_kinds(raw):
        raise Unfit("two-kinds")
    cleaned, removed = _cleaned(raw)
    pages, text = _read(cleaned or raw)
    return Made({"pages": pages, "text": text, "removed": sorted(removed)}, (cleaned,) if cleaned else ())


def _is_two_kinds(raw: bytes) -> bool:
    """Whether another program would take the same bytes for a page or an archive."""
    if _MARKUP.search(raw[:1024].split(b"\nstream", 1)[0].split(b"\rstream", 1)[0]):
        return True
    last = raw.rfind(b"%%EOF")
    if last >= 0 and len(raw[last + 5 :].strip(b"\0\t\n\r\x0c ")) > _MOST_AFTER:
        return True
    zip_end = raw.rfind(_END_OF_ZIP)
    # An archive ends with a record that says how long its comment is (APPNOTE 4.3.16).
    return zip_end >= 0 and zip_end + 22 + int.from_bytes(raw[zip_end + 20 : zip_end + 22], "little") >= len(raw) - 64


def _cleaned(raw: bytes) -> tuple[bytes, set[str]]:
    """A copy without what acts by itself, empty when there is nothing of the kind; and what was removed."""
    try:
        with pikepdf.open(BytesIO(raw), suppress_warnings=True, attempt_recovery=True) as pdf:
            if len(pdf.pages) == 0:
                raise Unfit("no-page")
            if len(pdf.pages) > MAX_PAGES:
                raise Unfit("too-many-pages", most=MAX_PAGES)
            removed = clean(pdf)
            if not removed:
                return b"", removed
            told = BytesIO()
            # Encryption with an empty password protects nothing, and forbids nothing but reading aloud.
            pdf.save(told, encryption=False, deterministic_id=True, fix_metadata_version=False)
    except pikepdf.PasswordError:
        raise Unfit("locked-pdf") from None
    except (pikepdf.PdfError, ValueError, TypeError, KeyError, RuntimeError, OverflowError):
        raise Unfit("bad-pdf") from None
    return told.getvalue(), removed


def _read(raw: bytes) -> tuple[int, list[str]]:
    """How many pages a second, independent reader finds, and the text of each as far as it goes."""
    try:
        document = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError:
        raise Unfit("bad-pdf") from None
    pages = len(document)
    if pages == 0:
        raise Unfit("no-page")
    if pages > MAX_PAGES:
        raise Unfit("too-many-pages", most=MAX_PAGES)
    texts: list[str] = []
    left = MAX_TEXT
    for index in range(min(pages, _TEXT_PAGES)):
        told = text_of(document, index)[:left] if left > 0 else ""
        left -= len(told)
        texts.append(told)
    return pages, texts


def text_of(document: pypdfium2.PdfDocument, index: int) -> str:
    """The text of one page in reading order as pdfium gives it; empty when the page has none or is malformed."""
    try:
        page = document[index]
        told: str = page.get_textpage().get_text_bounded()
    except pypdfium2.PdfiumError:
        return ""
    lines = (" ".join(line.split()) for line in told.replace("\r", "\n").split("\n"))
    plain = "\n".join(lines).strip("\n")
    return "".join(sign for sign in plain if sign == "\n" or (sign.isprintable() and sign not in "\ufffe\uffff"))
