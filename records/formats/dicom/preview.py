"""The pixels of a DICOM file as one small picture: windowed as its maker meant (PS3.3, C.7.6.3, C.11)."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy
from PIL import Image, Jpeg2KImagePlugin
from pydicom import Dataset
from pydicom.pixels import (
    apply_color_lut,
    apply_modality_lut,
    apply_voi_lut,
    convert_color_space,
    decoders,
    pixel_array,
)

__all__ = ["Jpeg2KImagePlugin", "Picture", "decoders", "preview"]

# Pillow loads its readers and writers when it needs one; here nothing can be opened by then.
Image.preinit()

WIDTH = 1024
MAX_PIXELS = 40_000_000


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """A preview, and whether what lies outside the image itself was painted over."""

    png: bytes
    masked: bool
    width: int
    height: int

    def __repr__(self) -> str:
        return "<Picture>"


def preview(dataset: Dataset) -> Picture | None:
    """The middle frame of the examination as PNG; ``None`` when it has no pixels that can be drawn."""
    if "PixelData" not in dataset:
        return None
    rows, columns = int(dataset.get("Rows") or 0), int(dataset.get("Columns") or 0)
    if not 0 < rows * columns <= MAX_PIXELS:
        return None
    try:
        frames = max(int(dataset.get("NumberOfFrames") or 1), 1)
        grey, masked = _without_edges(dataset, _eight_bits(dataset, pixel_array(dataset, index=(frames - 1) // 2)))
        picture = Image.fromarray(grey)
        picture.thumbnail((WIDTH, WIDTH))
        told = BytesIO()
        picture.save(told, "PNG")
    except MemoryError:
        raise
    except Exception:
        # A codec that is missing, or pixels that are not what the tags say: the examination goes in without preview.
        return None
    return Picture(told.getvalue(), masked, picture.width, picture.height)


def _eight_bits(dataset: Dataset, pixels: Any) -> Any:
    kind = str(dataset.get("PhotometricInterpretation", ""))
    if kind == "PALETTE COLOR":
        return _scaled(apply_color_lut(pixels, dataset))
    if pixels.ndim == 3:
        # The decoder already gives RGB for what it names so; full YBR has to be turned.
        return _scaled(convert_color_space(pixels, kind, "RGB") if kind == "YBR_FULL" else pixels)
    shown = apply_voi_lut(apply_modality_lut(pixels, dataset), dataset)
    grey = _scaled(shown)
    return 255 - grey if kind == "MONOCHROME1" else grey


def _scaled(pixels: Any) -> Any:
    """Pixels from their darkest to their brightest, as bytes."""
    if pixels.dtype == numpy.uint8:
        return numpy.ascontiguousarray(pixels)
    told = pixels.astype(numpy.float32)
    low, high = float(told.min()), float(told.max())
    return ((told - low) * (255.0 / (high - low or 1.0))).astype(numpy.uint8)


def _without_edges(dataset: Dataset, pixels: Any) -> tuple[Any, bool]:
    """Black outside the regions that an ultrasound declares (C.8.5.5): names are printed there."""
    regions = dataset.get("SequenceOfUltrasoundRegions") or []
    if not regions:
        return pixels, False
    shown = numpy.zeros_like(pixels)
    for region in regions:
        top, bottom = int(region.RegionLocationMinY0), int(region.RegionLocationMaxY1)
        left, right = int(region.RegionLocationMinX0), int(region.RegionLocationMaxX1)
        shown[max(top, 0) : bottom + 1, max(left, 0) : right + 1] = pixels[
            max(top, 0) : bottom + 1, max(left, 0) : right + 1
        ]
    return shown, True
