"""One page of a PDF as a picture, drawn in a process of its own."""

from __future__ import annotations

from io import BytesIO

import pypdfium2
from PIL import Image

from records.formats.child import Made
from records.formats.refusals import Unfit

# Pillow loads its writers when it needs one; here nothing can be opened by then.
Image.preinit()

# Wide enough to read a prescription on a large screen; higher than any page is wide.
MAX_WIDTH = 1600
MAX_PIXELS = 8_000_000


def draw_page(raw: bytes, page: int, width: int = 1240) -> Made:
    """Page ``page`` (from 1) of the PDF in ``raw``, ``width`` pixels wide, as PNG or JPEG.

    Raises:
        Unfit: no PDF that opens, or no such page.
    """
    try:
        document = pypdfium2.PdfDocument(raw)
        if not 1 <= page <= len(document):
            raise Unfit("no-page")
        found = document[page - 1]
        wide, high = found.get_size()
        scale = min(min(width, MAX_WIDTH) / max(wide, 1), (MAX_PIXELS / max(wide * high, 1)) ** 0.5)
        picture: Image.Image = found.render(scale=scale, may_draw_forms=False).to_pil()
    except pypdfium2.PdfiumError:
        raise Unfit("bad-pdf") from None
    told, picture = BytesIO(), picture.convert("RGB")
    if _is_paper(picture):
        picture.quantize(64).save(told, "PNG")
    else:
        picture.save(told, "JPEG", quality=82)
    return Made({"width": picture.width, "height": picture.height, "pages": len(document)}, (told.getvalue(),))


def _is_paper(picture: Image.Image) -> bool:
    """Whether the page is text on paper, which PNG keeps sharp and small; photographs are smaller as JPEG."""
    colours = picture.convert("RGB").resize((200, 280)).getcolors(4096)
    return colours is not None
