"""A sealed PDF or text, drawn."""

from __future__ import annotations

from records.drawing.opening import opened
from records.formats.child import Made
from records.formats.pdf.drawing import draw_pages
from records.formats.plain import read_text


def draw_pdf(raw: bytes, first: int, count: int, width: int) -> Made:
    """Some pages of a sealed PDF, as :func:`~records.formats.pdf.drawing.draw_pages` gives them."""
    return draw_pages(opened(raw), first, count, width)


def draw_text(raw: bytes, _first: int, _count: int, _width: int) -> Made:
    """A sealed text: one sheet without a picture."""
    return Made({"pages": 1, "sheets": [{"text": read_text(opened(raw)).facts["text"]}]})
