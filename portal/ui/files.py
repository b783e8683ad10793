"""Files in words: what kind, how large, which icon."""

from __future__ import annotations

from django.utils.translation import gettext as _

from portal.ui.formatting import number

_ICONS = {
    "application/pdf": "document-text",
    "image/jpeg": "photo",
    "image/png": "photo",
    "application/dicom": "viewfinder-circle",
}


def file_icon(media_type: str) -> str:
    """The icon of a kind of file."""
    return _ICONS.get(media_type, "document")


def file_kind(media_type: str) -> str:
    """What people call this kind of file."""
    return {
        "application/pdf": "PDF",
        "image/jpeg": _("Photo"),
        "image/png": _("Picture"),
        "application/dicom": _("Medical imaging (DICOM)"),
        "text/plain": _("Plain text"),
    }.get(media_type, _("File"))


def file_size(length: int) -> str:
    """A size as people read it, in kB or MB of a thousand."""
    if length < 1_000_000:
        return _("%(size)s kB") % {"size": number(max(1, round(length / 1_000)))}
    return _("%(size)s MB") % {"size": number(round(length / 1_000_000, 1))}
