"""A QR code as numbers for a template to draw."""

from __future__ import annotations

from dataclasses import dataclass

import segno

# Light modules around the code (ISO/IEC 18004: four at least, or readers miss it).
_MARGIN = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """A square of ``side`` modules; ``path`` is SVG path data of the dark ones. What it holds may be a secret."""

    side: int
    path: str

    def __repr__(self) -> str:
        return "Picture(…)"


def picture(text: str) -> Picture:
    """The QR code of ``text`` with its margin; a reader that has lost up to 15 % of it still reads it.

    Raises:
        segno.encoder.DataOverflowError: more than 2331 bytes.
    """
    # Named, because the standard's own default is Latin-1, which phones mistake for UTF-8 and the other way round.
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False, encoding="utf-8").matrix]
    strokes = []
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                strokes.append(f"M{x + _MARGIN} {y + _MARGIN}h1v1h-1z")
    return Picture(side=len(rows) + 2 * _MARGIN, path="".join(strokes))
