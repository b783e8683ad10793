"""Runs in build/validate, the environment of an independent reader of FHIR R4 (fhir.resources): JSON in, problems out.

Beside what the library checks (types, cardinalities, unknown elements, values of primitives) it checks what R4 asks of
a bundle as a whole (https://hl7.org/fhir/R4/bundle.html#invariants) and that no reference inside it leads nowhere:
``urn:uuid:`` and ``#`` have to resolve, and so has ``Type/id`` where the bundle holds that type under an address.
"""

import json
import sys

from fhir.resources import construct_fhir_element
from pydantic import ValidationError


def problems_of(content):
    kind = content.get("resourceType", "")
    if kind != "Bundle":
        return _of_resource(content, kind)
    found = _of_resource({key: value for key, value in content.items() if key != "entry"}, "Bundle")
    for place, entry in enumerate(content.get("entry", [])):
        resource = entry.get("resource", {})
        where = f"entry {place} {resource.get('resourceType')}/{resource.get('id')}"
        found += _of_resource(resource, where)
        found += [f"{where}: {key} is no element" for key in set(entry) - _ENTRY]
    return found + _of_whole(content)


_ENTRY = {"fullUrl", "resource", "search", "request", "response", "link", "id", "extension", "modifierExtension"}


def _of_resource(resource, where):
    try:
        construct_fhir_element(resource.get("resourceType", ""), resource)
    except ValidationError as problem:
        return [f"{where}: {'.'.join(map(str, each['loc']))}: {each['msg']}" for each in problem.errors()]
    except LookupError as problem:
        return [f"{where}: {problem}"]
    return []


def _of_whole(bundle):
    entries, found = bundle.get("entry", []), []
    urls = [entry.get("fullUrl") for entry in entries]
    known = set(urls) - {None}
    if len(known) != len(urls):
        found.append("bdl-7: every entry has an address, and each its own")
    if bundle.get("type") == "document":
        if not entries or entries[0]["resource"]["resourceType"] != "Composition":
            found.append("bdl-11: a document begins with a Composition")
        if not bundle.get("identifier", {}).get("system") or not bundle.get("identifier", {}).get("value"):
            found.append("bdl-9: a document has an identifier with a system and a value")
        if not bundle.get("timestamp"):
            found.append("bdl-10: a document has a date")
    names = {(entry["resource"]["resourceType"], entry["resource"].get("id")) for entry in entries}
    for place, entry in enumerate(entries):
        inside = {f"#{each.get('id')}" for each in entry["resource"].get("contained", [])} | {"#"}
        for told in _references(entry["resource"]):
            if told.startswith("urn:") and told not in known:
                found.append(f"entry {place}: {told} leads nowhere")
            if told.startswith("#") and told not in inside:
                found.append(f"entry {place}: {told} is not contained")
            kind, _slash, name = told.partition("/")
            if (kind, name) in names and told not in known and not _relative(told, entry.get("fullUrl", ""), known):
                found.append(f"entry {place}: {told} is in the bundle, and its address does not say so")
    return found


def _relative(told, full_url, known):
    """https://hl7.org/fhir/R4/bundle.html#references: relative to a RESTful address of the entry."""
    root = full_url.rsplit("/", 2)[0]
    return f"{root}/{told}" in known


def _references(node):
    if isinstance(node, dict):
        if isinstance(node.get("reference"), str):
            yield node["reference"]
        for value in node.values():
            yield from _references(value)
    elif isinstance(node, list):
        for value in node:
            yield from _references(value)


if __name__ == "__main__":
    json.dump([problems_of(each) for each in json.load(sys.stdin)], sys.stdout)
