"""A photograph as a page shows it: the right way up, no wider than a screen, drawn in a process of its own."""

from __future__ import annotations

from io import BytesIO

from PIL import Image, ImageOps, TiffImagePlugin

from records.formats.child import Made
from records.formats.images.reading import MAX_PIXELS
from records.formats.refusals import Unfit

__all__ = ["TiffImagePlugin", "draw_image"]

MAX_WIDTH = 1600


def draw_image(raw: bytes, width: int = MAX_WIDTH) -> Made:
    """The JPEG or PNG in ``raw``, turned the right way, at most ``width`` pixels wide, as JPEG.

    Raises:
        Unfit: no image that opens.
    """
    try:
        with Image.open(BytesIO(raw), formats=("JPEG", "PNG")) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Unfit("too-many-pixels", most=MAX_PIXELS // 1_000_000)
            most = (min(width, MAX_WIDTH), 4 * MAX_WIDTH)
            # A JPEG can be decoded at a half, a quarter or an eighth of its size.
            image.draft("RGB", most)
            image.thumbnail(most)
            shown = ImageOps.exif_transpose(image) or image
            paper = Image.new("RGB", shown.size, "white")
            paper.paste(
                shown, mask=shown.convert("RGBA").getchannel("A") if shown.mode in ("RGBA", "LA", "P") else None
            )
    except (MemoryError, Unfit):
        raise
    except Exception:
        raise Unfit("bad-image") from None
    told = BytesIO()
    paper.save(told, "JPEG", quality=85)
    return Made({"width": paper.width, "height": paper.height}, (told.getvalue(),))
