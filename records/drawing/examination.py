"""A sealed examination (DICOM), drawn without the names in its tags."""

from __future__ import annotations

from records.drawing.opening import opened
from records.formats.child import Made
from records.formats.dicom.reading import read_dicom


def draw_examination(raw: bytes, _first: int, _count: int, _width: int) -> Made:
    """The preview of a sealed DICOM file: one sheet, none when it has no pixels that can be drawn."""
    made = read_dicom(opened(raw))
    files = dict(zip(made.facts["files"], made.files, strict=True))
    if "preview" not in files:
        return Made({"pages": 0, "sheets": []})
    return Made(
        {
            "pages": 1,
            "sheets": [{"text": "", "media": "image/png", "width": made.facts["wide"], "height": made.facts["high"]}],
        },
        (files["preview"],),
    )
