"""Pages of a PDF as pictures with their text, drawn in a process of its own."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pypdfium2
from PIL import Image

from records.formats.child import Made
from records.formats.pdf.reading import text_of
from records.formats.refusals import Unfit

# Pillow loads its writers when it needs one; here nothing can be opened by then.
Image.preinit()

# Wide enough to read a prescription on a large screen; higher than any page is wide.
MAX_WIDTH = 1600
MAX_PIXELS = 8_000_000
MAX_SHEETS = 10


def draw_pages(raw: bytes, first: int, count: int, width: int) -> Made:
    """Pages ``first`` to ``first + count - 1`` (from 1) of the PDF in ``raw``, ``width`` pixels wide.

    ``facts``: ``pages`` (how many there are) and ``sheets`` with the size, the text and the media type of each picture.

    Raises:
        Unfit: no PDF that opens, or no such page.
    """
    try:
        document = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError:
        raise Unfit("bad-pdf") from None
    pages = len(document)
    if not 1 <= first <= pages:
        raise Unfit("no-page")
    drawn = [
        _sheet(document, index, width) for index in range(first - 1, min(pages, first - 1 + min(count, MAX_SHEETS)))
    ]
    return Made(
        {"pages": pages, "sheets": [facts for facts, _picture in drawn]}, tuple(picture for _facts, picture in drawn)
    )


def _sheet(document: pypdfium2.PdfDocument, index: int, width: int) -> tuple[dict[str, Any], bytes]:
    try:
        page = document[index]
        wide, high = page.get_size()
        scale = min(min(width, MAX_WIDTH) / max(wide, 1), (MAX_PIXELS / max(wide * high, 1)) ** 0.5)
        picture: Image.Image = page.render(scale=scale, may_draw_forms=False).to_pil().convert("RGB")
    except pypdfium2.PdfiumError:
        raise Unfit("bad-pdf") from None
    told = BytesIO()
    if _is_paper(picture):
        picture.quantize(64).save(told, "PNG")
    else:
        picture.save(told, "JPEG", quality=82)
    media = "image/png" if told.getvalue().startswith(b"\x89PNG") else "image/jpeg"
    facts = {"width": picture.width, "height": picture.height, "text": text_of(document, index), "media": media}
    return facts, told.getvalue()


def _is_paper(picture: Image.Image) -> bool:
    """Whether the page is text on paper, which PNG keeps sharp and small; photographs are smaller as JPEG."""
    return picture.resize((200, 280)).getcolors(4096) is not None
