"""A record on its way out as a FHIR R4 Bundle (http://hl7.org/fhir/R4/bundle.html), written entry by entry.

Each resource leaves as it came: the same elements in the same order, the digits of its numbers, under the address it
had, with what it pointed at. What Carnet made of other formats leaves with a Provenance that says so, and the files
that lie beside a record as Binary resources. What only Carnet needs to know them again stands in the links of an
entry, never in a resource.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid5

from records.formats.fhir.bundle import Entry, to_json
from records.formats.fhir.came import ABOUT, BESIDE, FORMAT, NAME, PERSON, SOURCE, SUBJECT, Came
from records.formats.fhir.elements import Node, items
from records.formats.fhir.sources import source_of
from records.formats.parts import Made, coding, concept, kept
from records.formats.returning import repointed
from records.people import Identity

MADE_HERE = "urn:carnet:record:"
"""Begins the name of a record that was written here, and so has none from elsewhere."""

_INS_NIR = "1.2.250.1.213.1.4.8"
_PARTICIPANT = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
_URI = "urn:ietf:rfc:3986"
# What each format is called for whoever receives the bundle.
_FORMATS = {
    "cda": "HL7 CDA R2",
    "hl7v2": "HL7 v2 ORU^R01",
    "dicom": "DICOM",
    "pdf": "PDF",
    "jpeg": "JPEG",
    "png": "PNG",
    "text": "Text",
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Beside:
    """A file beside a record: its name, type and length, and its bytes, piece by piece, when they are asked for."""

    document_id: UUID
    name: str
    media_type: str
    length: int

    def __repr__(self) -> str:
        return "<Beside>"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Going:
    """One record on its way out: its resource as it came, and how it came."""

    record_id: UUID
    resource: dict[str, Any]
    came: Came
    filed_at: datetime
    author_name: str = ""
    files: tuple[Beside, ...] = ()

    def __repr__(self) -> str:
        return "<Going>"


@dataclass(slots=True, repr=False)
class BundleWriter:
    """Writes one Bundle; ``dossier_id`` names its person, and nobody else's bundle does.

    Attributes:
        waiting: the files of the records written so far, with the address of their record: :meth:`file` writes each.
    """

    dossier_id: UUID
    at: datetime
    waiting: list[tuple[str, Beside]] = field(default_factory=list)
    _taken: set[str] = field(default_factory=set)

    def __repr__(self) -> str:
        return "<BundleWriter>"

    @property
    def person(self) -> str:
        """The address of whose record it is."""
        return f"urn:uuid:{uuid5(self.dossier_id, 'person')}"

    def begin(self, identity: Identity) -> Iterator[bytes]:
        """The head of the Bundle, and whose record it is."""
        head = {
            "resourceType": "Bundle",
            "id": str(uuid5(self.dossier_id, self.at.isoformat())),
            "type": "collection",
            "timestamp": self.at.isoformat(timespec="seconds"),
        }
        yield to_json(head)[:-1] + b',"entry":[\n'
        yield from self._entry(self.person, patient_of(identity, self.dossier_id), {SUBJECT: "yes"})

    def record(self, going: Going) -> Iterator[bytes]:
        """One record: its resource, what it points at, and where it came from when it was made of something else."""
        address = self.address_of(going)
        files = [each for each in going.files if self._leaves(going, each)]
        resource = _attached(repointed(going.resource, {PERSON}, self.person), files)
        source = going.came.source or f"{MADE_HERE}{going.record_id}"
        links = (
            {SOURCE: source} if source_of(Entry(0, address, going.resource), going.resource) != source.encode() else {}
        )
        if going.came.format not in ("", "fhir"):
            links[FORMAT] = going.came.format
        yield from self._entry(address, resource, links)
        for url, each in going.came.alongside:
            if url not in self._taken:
                yield from self._entry(url, each, {})
        if FORMAT in links:
            made = _provenance(going, address)
            yield from self._entry(f"urn:uuid:{made['id']}", made, {ABOUT: address})
        self.waiting += [(address, each) for each in files]

    def file(self, address: str, beside: Beside, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """One file beside the record at ``address``: a Binary, without ever holding all of it."""
        head = {"resourceType": "Binary", "id": str(beside.document_id), "contentType": beside.media_type}
        links = {BESIDE: address, NAME: quote(beside.name, safe="")}
        opened = to_json(_linked({"fullUrl": _url_of(beside), "resource": head}, links))
        # The resource is the last member of the entry: its data and both ends follow.
        opened = opened.removesuffix(b"}}") + b',"data":"'
        yield b",\n" + opened
        left = b""
        for piece in pieces:
            left += piece
            whole = len(left) - len(left) % 3
            yield b64encode(left[:whole])
            left = left[whole:]
        yield b64encode(left) + b'"}}'

    def end(self) -> bytes:
        """The end of the Bundle."""
        return b"\n]}\n"

    def address_of(self, going: Going) -> str:
        """Where a record lies in the Bundle: the address it had, unless another one has it already."""
        address = going.came.address
        return address if address and address not in self._taken else f"urn:uuid:{going.record_id}"

    def _entry(self, address: str, resource: dict[str, Any], links: dict[str, str]) -> Iterator[bytes]:
        first = not self._taken
        self._taken.add(address)
        yield (b"" if first else b",\n") + to_json(_linked({"fullUrl": address, "resource": resource}, links))

    def _leaves(self, going: Going, file: Beside) -> bool:
        """Whether a file leaves as a Binary: not when the resource that came as FHIR holds it."""
        return going.came.format != "fhir" or any(_is_of(each, file) for each in _attachments(going.resource))


def _linked(entry: dict[str, Any], links: dict[str, str]) -> dict[str, Any]:
    """The entry with its links before its resource."""
    if not links:
        return entry
    told = [{"relation": relation, "url": url} for relation, url in links.items()]
    return {"link": told, **entry}


def patient_of(identity: Identity, dossier_id: UUID) -> Made:
    """Whose record it is, as a Patient resource."""
    names = [kept(use="official", family=identity.family, given=identity.given.split())]
    if identity.used_name:
        names.append(kept(use="usual", family=identity.used_name, given=identity.given.split()))
    number = kept(use="official", system=f"urn:oid:{identity.ins_oid or _INS_NIR}", value=identity.ins)
    return kept(
        resourceType="Patient",
        id=str(uuid5(dossier_id, "person")),
        identifier=[number] if identity.ins else [],
        name=names,
        telecom=[{"system": "phone", "value": identity.phone}] if identity.phone else [],
        gender=identity.sex,
        birthDate=identity.birth_date.isoformat(),
        address=[{"text": identity.address}] if identity.address else [],
    )


def _provenance(going: Going, address: str) -> Made:
    """Says that Carnet made a resource, of what, and when (https://hl7.org/fhir/R4/provenance.html)."""
    told = going.resource.get("meta", {}).get("source", "")
    what = kept(
        identifier={"system": _URI, "value": told} if told else {},
        display=_FORMATS.get(going.came.format, going.came.format),
    )
    agents = [{"type": concept(coding(_PARTICIPANT, "assembler", "Assembler")), "who": {"display": "Carnet"}}]
    if going.author_name:
        author = concept(coding(_PARTICIPANT, "author", "Author"))
        agents.append({"type": author, "who": {"display": going.author_name}})
    return {
        "resourceType": "Provenance",
        "id": str(uuid5(going.record_id, "provenance")),
        "target": [{"reference": address}],
        "recorded": going.filed_at.isoformat(timespec="seconds"),
        "agent": agents,
        "entity": [{"role": "source", "what": what}],
    }


def _attachments(resource: Node) -> list[Node]:
    held = [each for holder in items(resource, "content") for each in items(holder, "attachment")]
    return held if resource.get("resourceType") == "DocumentReference" else items(resource, "presentedForm")


def _is_of(attachment: Node, file: Beside) -> bool:
    """Whether an attachment stands for this file: the same type and length, and no bytes of its own."""
    media = str(attachment.get("contentType", "")).partition(";")[0]
    return "data" not in attachment and (media, attachment.get("size")) == (file.media_type, file.length)


def _url_of(file: Beside) -> str:
    # An attachment is found by a locator (https://hl7.org/fhir/R4/datatypes.html#url), which a urn:uuid is not.
    return f"https://carnet.invalid/{file.document_id}/Binary/{file.document_id}"


def _attached(resource: dict[str, Any], files: list[Beside]) -> dict[str, Any]:
    """A document whose attachments say where in the Bundle their bytes are."""
    left = list(files)

    def placed(attachment: Any) -> Any:
        found = next((file for file in left if _is_of(attachment, file)), None)
        if found is None:
            return attachment
        left.remove(found)
        return {**attachment, "url": _url_of(found)}

    if not files or not _attachments(resource):
        return resource
    if resource["resourceType"] == "DocumentReference":
        holders = [{**each, "attachment": placed(each["attachment"])} for each in resource["content"]]
        return {**resource, "content": holders}
    return {**resource, "presentedForm": [placed(form) for form in resource["presentedForm"]]}
