"""Whether a file is FHIR R4: read with bounds, before anything is made of it.

The file is hostile until read: its size is looked at first, its depth is bounded, and no refusal repeats what it
holds. Numbers become Decimals, so that writing a resource again gives the digits that came
(https://hl7.org/fhir/R4/json.html#primitive). ``read_fhir(raw)`` runs in a process of its own.
"""

from __future__ import annotations

from typing import Any, NoReturn

import simplejson

from records.formats.fhir.kinds import KNOWN
from records.formats.refusals import Unfit

# The largest Synthea bundle given is 3.3 MB; parsing takes some ten times the size in memory.
MAX_BYTES = 32 * 1024 * 1024
# FHIR's own deepest structures (nested items of a questionnaire) stay under 30.
MAX_DEPTH = 64
MAX_ENTRIES = 50_000
# Objects, lists and members: 32 MiB of "{},{}," would take a gigabyte once read. Real files have one in 30 bytes.
MAX_PARTS = 1_500_000

BUNDLE_TYPES = ("transaction", "batch", "collection", "searchset", "document")


def read_fhir(raw: bytes) -> dict[str, Any]:
    """What the file ``raw`` holds, once it is known to be FHIR R4: as it came, numbers as ``int`` or ``Decimal``.

    Raises:
        Unfit: the bytes are too many, not JSON, or not FHIR R4.
    """
    if len(raw) > MAX_BYTES:
        raise Unfit("too-large", size=-(-len(raw) // 2**20), ceiling=MAX_BYTES // 2**20)
    return checked(_decode(raw))


def checked(content: object) -> dict[str, Any]:
    """``content``, once it is known to be a bundle of FHIR R4 resources, or one resource.

    Raises:
        Unfit: it is not, or it is nested too deeply.
    """
    _check_depth(content)
    if not isinstance(content, dict) or not isinstance(content.get("resourceType"), str):
        raise Unfit("not-fhir")
    if content["resourceType"] != "Bundle":
        _check_resource(content, 1)
        return content
    if content.get("type") not in BUNDLE_TYPES:
        raise Unfit("bundle-type")
    entries = content.get("entry", [])
    if not isinstance(entries, list):
        raise Unfit("entry-no-list")
    if len(entries) > MAX_ENTRIES:
        raise Unfit("too-many-entries", most=MAX_ENTRIES)
    for place, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            raise Unfit("entry-no-object", place=place)
        if entry.get("resource") is not None:
            _check_resource(entry["resource"], place)
    return content


def _check_resource(resource: object, position: int) -> None:
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    if not isinstance(kind, str):
        raise Unfit("entry-no-type", place=position)
    if kind not in KNOWN:
        raise Unfit("entry-unknown-type", place=position)


class _Twice(ValueError):
    """A key written twice in one object."""


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _Twice
    return made


def _constant(_name: str) -> NoReturn:
    raise ValueError("NaN and Infinity are not JSON")


def _decode(raw: bytes) -> Any:
    """JSON to objects: Decimals, no NaN, no key twice, bounded depth."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Unfit("not-utf8", place=problem.start) from None
    if sum(map(raw.count, (b"{", b"[", b","))) > MAX_PARTS:
        raise Unfit("too-many", most=MAX_PARTS)
    if not text.strip():
        raise Unfit("empty")
    try:
        content = simplejson.loads(text, use_decimal=True, object_pairs_hook=_pairs, parse_constant=_constant)
    except _Twice:
        raise Unfit("key-twice") from None
    except simplejson.JSONDecodeError as problem:
        raise Unfit("not-json", line=problem.lineno, column=problem.colno) from None
    except RecursionError:
        raise Unfit("too-deep", depth=MAX_DEPTH) from None
    except (ValueError, ArithmeticError):
        raise Unfit("not-number") from None
    _check_depth(content)
    return content


def _check_depth(content: object) -> None:
    level = [content]
    for _depth in range(MAX_DEPTH + 1):
        below: list[object] = []
        for node in level:
            if isinstance(node, dict):
                below.extend(value for value in node.values() if isinstance(value, dict | list))
            elif isinstance(node, list):
                below.extend(value for value in node if isinstance(value, dict | list))
        if not below:
            return
        level = below
    raise Unfit("too-deep", depth=MAX_DEPTH)
