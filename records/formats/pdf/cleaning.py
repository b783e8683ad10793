"""What acts by itself in a PDF: found object by object, removed or refused.

ISO 32000-2: actions (12.6), embedded files (7.11.4), multimedia (13.2), XFA forms (12.7.8). Links to addresses of the
web stay: they act only when somebody follows them in the original.
"""

from __future__ import annotations

from collections.abc import Iterator

import pikepdf
from pikepdf import Array, Dictionary, Name, Object, Pdf, Stream

from records.formats.refusals import Unfit

MAX_OBJECTS = 300_000
MAX_NESTED = 100

# Actions that run something, send something away or open something else.
_ACTING = frozenset(
    (
        *("/JavaScript", "/SubmitForm", "/ImportData", "/GoToE", "/GoToR"),
        *("/Rendition", "/RichMediaExecute", "/Movie", "/Sound", "/GoTo3DView"),
    )
)
_MEDIA = frozenset(("/FileAttachment", "/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"))
# Keys that hold scripts, files or programs wherever they are: the catalogue, pages, annotations, fields, file names.
_EVERYWHERE = {"/AA": "script", "/EF": "file", "/RF": "file", "/AF": "file", "/XFA": "script", "/JS": "script"}
_OF_THE_CATALOGUE = {"/JavaScript": "script", "/EmbeddedFiles": "file"}


def clean(pdf: Pdf) -> set[str]:
    """Remove what acts by itself from the open ``pdf``; answer what was removed: ``script``, ``file``.

    Raises:
        Unfit: it would start a program, or has more objects than any document needs.
    """
    removed: set[str] = set()
    for count, found in enumerate(_dictionaries(pdf)):
        if count > MAX_OBJECTS:
            raise Unfit("too-many", most=MAX_OBJECTS)
        removed |= _cleaned(found)
    return removed


def _dictionaries(pdf: Pdf) -> Iterator[Object]:
    """Every dictionary of the file, those inside others too; streams by their dictionaries."""
    for top in pdf.objects:
        waiting: list[tuple[Object, int]] = [(top, 0)]
        while waiting:
            found, depth = waiting.pop()
            if depth > MAX_NESTED:
                raise Unfit("too-deep", depth=MAX_NESTED)
            if isinstance(found, Dictionary | Stream):
                yield found
                below = [value for _key, value in found.items()]
            elif isinstance(found, Array):
                below = list(found)
            else:
                continue
            # What is referred to is among the objects of the file itself.
            waiting += [
                (value, depth + 1) for value in below if isinstance(value, Dictionary | Array) and not value.is_indirect
            ]


def _cleaned(found: Object) -> set[str]:
    removed = set()
    kind = _name(found, "/S")
    if kind == "/Launch" or ("/Launch" in found and "/Type" not in found):
        raise Unfit("launches")
    for key, what in _EVERYWHERE.items():
        if key in found:
            del found[key]
            removed.add(what)
    if _is_name_tree(found):
        for key, what in _OF_THE_CATALOGUE.items():
            if key in found:
                del found[key]
                removed.add(what)
    if _acts(found):
        found[Name.S] = Name.GoTo
        removed.add("script")
        for key in [str(key) for key in found if key not in ("/S", "/Type", "/Next")]:
            del found[key]
        # An action without a destination does nothing (12.6.4.2).
        found[Name.D] = Array()
    if "/OpenAction" in found and _is_catalogue(found):
        removed |= _opening(found)
    if _name(found, "/Subtype") in _MEDIA and "/Rect" in found:
        removed.add("file")
        for key in ("/FS", "/RichMediaContent", "/Movie", "/Sound", "/3DD", "/A"):
            if key in found:
                del found[key]
        found[Name.Subtype] = Name.Text
    return removed


def _opening(catalogue: Object) -> set[str]:
    """What happens when the document is opened: a place to begin is kept, anything else goes."""
    action = catalogue[Name.OpenAction]
    if isinstance(action, Array):
        return set()
    kind = _name(action, "/S") if isinstance(action, Dictionary) else ""
    if kind == "/Launch":
        raise Unfit("launches")
    if kind == "/GoTo" and "/D" in action and len(action[Name.D]):
        return set()
    del catalogue[Name.OpenAction]
    return {"script"}


def _acts(found: Object) -> bool:
    kind = _name(found, "/S")
    if kind in _ACTING:
        return True
    if kind != "/URI":
        return False
    address = bytes(found[Name.URI]).strip().lower() if isinstance(found.get("/URI"), pikepdf.String) else b""
    return not address.startswith((b"http://", b"https://", b"mailto:", b"tel:"))


def _is_catalogue(found: Object) -> bool:
    return _name(found, "/Type") == "/Catalog" or "/Pages" in found


def _is_name_tree(found: Object) -> bool:
    return any(key in found for key in _OF_THE_CATALOGUE) and "/S" not in found


def _name(found: Object, key: str) -> str:
    value = found.get(key)
    return str(value) if isinstance(value, Name) else ""
