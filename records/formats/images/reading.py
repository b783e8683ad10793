"""A photograph or a scan of strangers: decoded once, then copied without what it tells beside its pixels.

Kept: the pixels as they were compressed, how colours are meant, which way is up. Left out: place, device, thumbnail,
comments, and whatever follows the end of the image (another file may hide there). ``read_jpeg`` and ``read_png`` run
in a process of their own.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from io import BytesIO

from PIL import ExifTags, Image, MpoImagePlugin, TiffImagePlugin

from records.formats.child import Made
from records.formats.refusals import Unfit

__all__ = ["MpoImagePlugin", "TiffImagePlugin", "read_jpeg", "read_png"]

MAX_BYTES = 30 * 2**20
# Photographs of phones have up to fifty million.
MAX_PIXELS = 60_000_000

# Pillow loads its readers when it meets a file; here nothing can be opened by then (Exif is read as TIFF is; a
# photograph of a phone with its picture of depth behind it is an MPO).
Image.preinit()
# Said to Pillow too, for what is decoded inside other files.
Image.MAX_IMAGE_PIXELS = MAX_PIXELS

_PNG = b"\x89PNG\r\n\x1a\n"
# ISO/IEC 15948: what the pixels need, and nothing that speaks.
_CHUNKS = frozenset(
    (b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"sBIT", b"bKGD", b"pHYs")
)
# JFIF (APP0), colour profile (APP2) and Adobe's colour transform (APP14); other APPn and comments speak.
_SPEAKING = frozenset(range(0xE0, 0xF0)) - {0xE0, 0xE2, 0xEE} | {0xFE}
_ALONE = frozenset(range(0xD0, 0xD8)) | {0x01}


def read_jpeg(raw: bytes) -> Made:
    """Facts of the JPEG in ``raw`` (``width``, ``height``, ``turn``, ``taken``, ``removed``), and a copy when cleaned.

    Raises:
        Unfit: no whole JPEG, or too many bytes or pixels.
    """
    return _read(raw, "JPEG")


def read_png(raw: bytes) -> Made:
    """The same for a PNG."""
    return _read(raw, "PNG")


def _read(raw: bytes, form: str) -> Made:
    if len(raw) > MAX_BYTES:
        raise Unfit("too-large", size=-(-len(raw) // 2**20), ceiling=MAX_BYTES // 2**20)
    facts, turn = _facts(raw, form)
    cleaned = _bare_jpeg(raw, turn) if form == "JPEG" else _bare_png(raw, turn)
    if cleaned == raw:
        return Made({**facts, "removed": []})
    _facts(cleaned, form)
    return Made({**facts, "removed": ["surroundings"]}, (cleaned,))


def _facts(raw: bytes, form: str) -> tuple[dict[str, object], int]:
    """Size, way up and day of the image, once every pixel of it was decoded."""
    try:
        with Image.open(BytesIO(raw), formats=(form,)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise Unfit("too-many-pixels", most=MAX_PIXELS // 1_000_000)
            told = image.getexif()
            turn = told.get(ExifTags.Base.Orientation, 1)
            taken = told.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal) or told.get(
                ExifTags.Base.DateTime, ""
            )
            place = bool(told.get_ifd(ExifTags.IFD.GPSInfo))
            image.load()
            facts = {"width": image.width, "height": image.height, "taken": _day(taken), "place": place}
    except (MemoryError, Unfit):
        raise
    except Image.DecompressionBombError:
        raise Unfit("too-many-pixels", most=MAX_PIXELS // 1_000_000) from None
    except Exception:
        # Pillow's readers raise whatever they meet (OSError, SyntaxError, struct.error, zlib.error…).
        raise Unfit("bad-image") from None
    turn = turn if isinstance(turn, int) and 1 <= turn <= 8 else 1
    return {**facts, "turn": turn}, turn


def _day(told: object) -> str:
    """``2026:03:14 09:26:53`` as ``2026-03-14``; empty when it is no day."""
    text = str(told)[:10].replace(":", "-")
    digits = text.replace("-", "")
    return text if len(text) == 10 and digits.isascii() and digits.isdigit() and len(digits) == 8 else ""


def _exif(turn: int) -> bytes:
    """An Exif block that says which way is up and nothing else (TIFF 6.0, tag 0x0112)."""
    return b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([turn]) + b"\0\0\0\0\0\0"


def _bare_jpeg(raw: bytes, turn: int) -> bytes:
    """The JPEG without speaking segments and without what follows its end (ITU-T T.81, annex B)."""
    kept = [b"\xff\xd8"]
    if turn != 1:
        block = b"Exif\0\0" + _exif(turn)
        kept.append(b"\xff\xe1" + (len(block) + 2).to_bytes(2, "big") + block)
    for marker, piece in _segments(raw):
        if marker not in _SPEAKING and not (marker == 0xE2 and not piece[4:].startswith(b"ICC_PROFILE\0")):
            kept.append(piece)
    return b"".join(kept)


def _segments(raw: bytes) -> Iterator[tuple[int, bytes]]:
    """Each segment with its marker, compressed data with the scan that begins it, up to the end of the image."""
    at = 2
    while at + 2 <= len(raw):
        if raw[at] != 0xFF:
            raise Unfit("bad-image")
        marker = raw[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xD9:
            yield marker, b"\xff\xd9"
            return
        if marker in _ALONE:
            yield marker, raw[at : at + 2]
            at += 2
            continue
        end = at + 2 + int.from_bytes(raw[at + 2 : at + 4], "big")
        if end > len(raw) or end < at + 4:
            raise Unfit("bad-image")
        if marker == 0xDA:
            end = _end_of_scan(raw, end)
        yield marker, raw[at:end]
        at = end
    # Phones that were interrupted leave no end; decoders fill it in, and so does the copy.
    yield 0xD9, b"\xff\xd9"


def _end_of_scan(raw: bytes, at: int) -> int:
    """Where the compressed data that begin at ``at`` end: at the next marker that is neither filling nor restart."""
    while (found := raw.find(b"\xff", at)) >= 0 and found + 1 < len(raw):
        follows = raw[found + 1]
        if follows not in _ALONE and follows not in (0x00, 0xFF):
            return found
        at = found + (1 if follows == 0xFF else 2)
    return len(raw)


def _bare_png(raw: bytes, turn: int) -> bytes:
    """The PNG without speaking chunks and without what follows its end."""
    kept, at = [_PNG], len(_PNG)
    while at + 12 <= len(raw):
        size, kind = int.from_bytes(raw[at : at + 4], "big"), raw[at + 4 : at + 8]
        end = at + 12 + size
        if end > len(raw):
            raise Unfit("bad-image")
        if kind in _CHUNKS:
            kept.append(raw[at:end])
        if kind == b"IHDR" and turn != 1:
            block = b"eXIf" + _exif(turn)
            kept.append((len(block) - 4).to_bytes(4, "big") + block + zlib.crc32(block).to_bytes(4, "big"))
        if kind == b"IEND":
            return b"".join(kept)
        at = end
    raise Unfit("bad-image")
