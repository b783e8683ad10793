"""The picture that an authenticator reads, as numbers for a template to draw."""

from __future__ import annotations

from dataclasses import dataclass

import segno

# Light modules around the code (ISO/IEC 18004: four at least, or readers miss it).
_MARGIN = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """A square of ``side`` modules; ``path`` is SVG path data of the dark ones. It holds a secret."""

    side: int
    path: str

    def __repr__(self) -> str:
        return "Picture(…)"


def picture(text: str) -> Picture:
    """The QR code of ``text``, with its margin."""
    rows = [bytes(row) for row in segno.make(text, error="m", micro=False).matrix]
    strokes = []
    for y, row in enumerate(rows):
        for x, dark in enumerate(row):
            if dark:
                strokes.append(f"M{x + _MARGIN} {y + _MARGIN}h1v1h-1z")
    return Picture(side=len(rows) + 2 * _MARGIN, path="".join(strokes))
