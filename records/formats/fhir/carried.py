"""What a resource takes along when its bundle is taken apart: the names of what it points at.

A record is kept alone, and ``Practitioner/420`` alone says nothing. When a resource is filed, the names
of the people, places, medicines, reasons and results it points at are added in one extension of ours,
and taken off again before the resource leaves: the original comes out as it came in.

A name from a delicate drawer is never carried into another drawer. What comes from another record says from which
(its source), so that a reader to whom that record is closed or hidden is not shown it by way of this one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from consent.categories import Category
from records.formats.fhir.came import URL as CAME
from records.formats.fhir.elements import EMPTY, Node, items, number, string
from records.formats.fhir.mapping import LeftOut, category_of, is_delicate
from records.formats.fhir.references import References, pointers
from records.formats.fhir.results import Result, result_of
from records.headers import Flag

URL = "urn:carnet:carried"

# A list of ten thousand results would be no report; beyond this the rest keeps its own record.
_MOST = 500

_REFERENCE = "reference"
_SOURCE = "source"
_NO_SOURCES: Mapping[int, bytes] = MappingProxyType({})


def carry(
    resource: dict[str, Any], references: References, category: Category, sources: Mapping[int, bytes] = _NO_SOURCES
) -> dict[str, Any]:
    """``resource``, filed in ``category``, with the names of what it points at; itself when there is nothing to add.

    ``sources`` names the resources of the file that are filed too, by ``id()``.
    """
    plain = original(resource)
    seen: dict[str, list[dict[str, Any]]] = {}
    for pointer in pointers(plain):
        address = string(pointer, "reference")
        if address in seen or address.startswith("#") or len(seen) >= _MOST:
            continue
        target = references.resolve(pointer, plain)
        if target is not None and (facts := _facts(pointer, target, references, category)):
            source = sources.get(id(target))
            told = [{"url": _SOURCE, "valueString": source.decode()}] if source is not None else []
            seen[address] = [{"url": _REFERENCE, "valueString": address}, *told, *facts]
    if not seen:
        return plain
    carried = [{"url": URL, "extension": facts} for facts in seen.values()]
    extensions = plain.get("extension", [])
    return {**plain, "extension": [*(extensions if isinstance(extensions, list) else [extensions]), *carried]}


def original(resource: dict[str, Any]) -> dict[str, Any]:
    """The resource as it came, without what :func:`carry` and :func:`.came.with_came` added."""
    extensions = resource.get("extension")
    if not isinstance(extensions, list) or not any(map(_is_ours, extensions)):
        return resource
    kept = [extension for extension in extensions if not _is_ours(extension)]
    plain = {**resource, "extension": kept}
    if not kept:
        del plain["extension"]
    return plain


def sources_of(resource: Node) -> set[bytes]:
    """From which other records this one carries names or results."""
    return {source for facts in _carried(resource) if (source := _source(facts))}


def without(resource: dict[str, Any], sources: Collection[bytes]) -> dict[str, Any]:
    """The resource without what it carries from these records."""
    if not sources:
        return resource
    kept = [
        extension
        for extension in resource["extension"]
        if not _is_carried(extension) or _source(_by_url(extension)) not in sources
    ]
    return {**resource, "extension": kept}


def _carried(resource: Node) -> Iterator[dict[str, Node]]:
    return (_by_url(extension) for extension in items(resource, "extension") if _is_carried(extension))


def _by_url(extension: Node) -> dict[str, Node]:
    return {string(fact, "url"): fact for fact in items(extension, "extension")}


def _source(facts: Mapping[str, Node]) -> bytes:
    return string(facts.get(_SOURCE, EMPTY), "valueString").encode()


def _is_carried(extension: object) -> bool:
    return isinstance(extension, Mapping) and extension.get("url") == URL


def _is_ours(extension: object) -> bool:
    return isinstance(extension, Mapping) and extension.get("url") in (URL, CAME)


def _facts(pointer: Node, target: Node, references: References, category: Category) -> list[dict[str, Any]]:
    kind = string(target, "resourceType")
    if kind == "Patient":
        return []
    lies_in = category_of(target, references)
    if not isinstance(lies_in, LeftOut) and is_delicate(lies_in) and lies_in is not category:
        return []
    facts: list[dict[str, Any]] = []
    if not string(pointer, "display") and (name := references.name_of(target)):
        facts.append({"url": "name", "valueString": name})
    if kind == "Observation":
        facts += _result_facts(result_of(target))
    return facts


def _result_facts(result: Result) -> list[dict[str, Any]]:
    facts: list[dict[str, Any]] = []
    if result.value is not None:
        facts.append({"url": "value", "valueDecimal": result.value})
    for key in ("text", "unit", "range", "flag"):
        if value := str(getattr(result, key)):
            facts.append({"url": key, "valueString": value})
    return facts


class Carried(References):
    """References of one filed resource, answered from what it carries and contains."""

    def __init__(self, resource: Node) -> None:
        super().__init__()
        self._within = resource
        self._facts = {string(facts.get(_REFERENCE, EMPTY), "valueString"): facts for facts in _carried(resource)}

    def name(self, reference: Node, within: Node = EMPTY) -> str:
        """The display of a Reference, else the carried name, else that of a contained resource."""
        facts = self._facts.get(string(reference, "reference"), {})
        carried = string(facts.get("name", EMPTY), "valueString")
        return string(reference, "display") or carried or super().name(reference, within or self._within)

    def result(self, reference: Node) -> Result:
        """The result that a report points at; empty when it was not in the same file."""
        facts = self._facts.get(string(reference, "reference"))
        if facts is None:
            target = self.resolve(reference, self._within)
            return result_of(target) if target is not None else Result()
        told = {key: string(facts.get(key, EMPTY), "valueString") for key in ("text", "unit", "range", "flag")}
        flag = Flag(told["flag"]) if told["flag"] in set(Flag) else Flag.NONE
        value = number(facts.get("value", EMPTY), "valueDecimal")
        return Result(value, told["text"], told["unit"], None, None, told["range"], flag)
