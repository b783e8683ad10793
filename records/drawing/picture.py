"""A sealed photograph or scan, drawn."""

from __future__ import annotations

from records.drawing.opening import opened
from records.formats.child import Made
from records.formats.images.drawing import draw_image


def draw_picture(raw: bytes, _first: int, _count: int, width: int) -> Made:
    """A sealed JPEG or PNG: one sheet."""
    made = draw_image(opened(raw), width)
    return Made({"pages": 1, "sheets": [{**made.facts, "text": "", "media": "image/jpeg"}]}, made.files)
