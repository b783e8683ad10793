"""What points at what inside one file (https://hl7.org/fhir/R4/references.html, bundle.html#references).

Real files point in many ways: ``urn:uuid:``, ``Type/id``, an absolute address, ``#contained`` (even when
the thing is another entry of the bundle), ``Type?identifier=system|value``. All are tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from records.formats.fhir.elements import (
    EMPTY,
    Node,
    concept_text,
    first_concept,
    item,
    items,
    person_name,
    string,
)

_SOMEONE = ("Practitioner", "Patient", "RelatedPerson", "Person")
_NAMED = ("Organization", "Location", "HealthcareService", "CareTeam", "InsurancePlan")


class References:
    """An index of the resources of one file."""

    def __init__(self, entries: Iterable[tuple[str, Node]] = ()) -> None:
        """Index ``(fullUrl, resource)`` pairs."""
        self._found: dict[str, Node] = {}
        self._opened: tuple[Node, dict[str, Node]] = (EMPTY, {})
        self._documents: dict[int, Node] = {}
        self._attached: list[tuple[Node, str]] = []
        self._bases: dict[int, str] = {}
        self._reports: dict[int, Node] = {}
        reports: list[Node] = []
        for full_url, resource in entries:
            self._add(full_url, resource)
            if string(resource, "resourceType") == "DiagnosticReport":
                reports.append(resource)
        for report in reports:
            for reference in items(report, "result"):
                result = self.resolve(reference, report)
                if result is not None:
                    self._reports.setdefault(id(result), report)
        for document, url in self._attached:
            target = self.resolve({"reference": url}, document)
            if target is not None:
                self._documents.setdefault(id(target), document)

    def _add(self, full_url: str, resource: Node) -> None:
        kind, name = string(resource, "resourceType"), string(resource, "id")
        keys = [full_url] if full_url else []
        if name and full_url.endswith(f"/{kind}/{name}"):
            self._bases[id(resource)] = full_url[: -len(f"{kind}/{name}")]
        if name:
            keys += [f"{kind}/{name}", f"#{name}"]
        for identifier in items(resource, "identifier"):
            if value := string(identifier, "value"):
                keys.append(f"{kind}?identifier={string(identifier, 'system')}|{value}")
        for key in keys:
            self._found.setdefault(key, resource)
        if kind == "DocumentReference":
            for content in items(resource, "content"):
                if url := string(item(content, "attachment"), "url"):
                    self._attached.append((resource, url))

    def described_by(self, file: Node) -> Node | None:
        """The DocumentReference of the same bundle whose attachment is this Binary."""
        return self._documents.get(id(file))

    def reported_by(self, result: Node) -> Node | None:
        """The DiagnosticReport of the same bundle that lists this result."""
        return self._reports.get(id(result))

    def resolve(self, reference: Node, within: Node = EMPTY) -> Node | None:
        """The resource a Reference points at (``within`` first when contained); ``None`` when outside the file."""
        target = string(reference, "reference").split("/_history/")[0]
        if not target:
            return None
        if target.startswith("#") and (contained := self._contained(within).get(target[1:])):
            return contained
        # Two servers that both number from one meet in a file: each resource means those of its own.
        beside = self._found.get(f"{base}{target}") if (base := self._bases.get(id(within), "")) else None
        if found := beside or self._found.get(target):
            return found
        # An absolute address of another server may be written relative in the file, and the reverse.
        tail = "/".join(target.rsplit("/", 2)[-2:])
        return self._found.get(tail)

    def _contained(self, within: Node) -> dict[str, Node]:
        """The contained resources of ``within`` by name, the first of each; walked once, not once per Reference."""
        if self._opened[0] is not within:
            inside = reversed(items(within, "contained"))
            self._opened = within, {name: each for each in inside if (name := string(each, "id"))}
        return self._opened[1]

    def name(self, reference: Node, within: Node = EMPTY) -> str:
        """What to print for a Reference: its own display, else the name of what it points at, else nothing."""
        if text := string(reference, "display"):
            return text
        target = self.resolve(reference, within)
        return self.name_of(target) if target is not None else ""

    def name_of(self, resource: Node) -> str:
        """The printed name of a resource that others point at."""
        kind = string(resource, "resourceType")
        if kind in _SOMEONE:
            return person_name(items(resource, "name"))
        if kind in _NAMED:
            return string(resource, "name")
        if kind == "PractitionerRole":
            return self._bearer(item(resource, "practitioner")) or self._bearer(item(resource, "organization"))
        if kind == "Device":
            return string(item(resource, "deviceName"), "name") or concept_text(first_concept(resource, "type"))
        if kind == "Medication":
            return _medicine(resource)
        return concept_text(first_concept(resource, "code", "vaccineCode", "type", "category"))

    def _bearer(self, pointer: Node) -> str:
        """Who has a role; nobody when the pointer leads to a role again, which may be the same one."""
        target = self.resolve(pointer)
        if target is not None and string(target, "resourceType") == "PractitionerRole":
            return string(pointer, "display")
        return self.name(pointer)


def _medicine(resource: Node) -> str:
    """A medicine with its strength when the source wrote one: ``pantoprazole 40 mg``."""
    name = concept_text(item(resource, "code")) or concept_text(item(resource, "ingredient", "itemCodeableConcept"))
    strength = item(resource, "ingredient", "strength", "numerator")
    amount, unit = strength.get("value"), string(strength, "unit")
    if name and amount is not None and unit and str(amount) not in name:
        return f"{name} {amount} {unit}"
    return name


def pointers(node: object) -> Iterator[Node]:
    """Every Reference inside ``node``, at any depth."""
    stack = [node]
    while stack:
        current = stack.pop()
        if isinstance(current, dict):
            if isinstance(current.get("reference"), str):
                yield current
            stack.extend(current.values())
        elif isinstance(current, list):
            stack.extend(current)
