"""A file of ORU^R01 messages as a FHIR R4 bundle: a report for each request (OBR), a result for each OBX.

``read_hl7(raw)`` is pure and bounded. The first report of the file carries the file itself, byte for byte.
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from collections import Counter
from collections.abc import Iterator
from hashlib import sha256

from records.formats.hl7v2.message import Segment, at, read_messages
from records.formats.hl7v2.people import patient_of, professional
from records.formats.hl7v2.results import STATUSES, coded, result_fields
from records.formats.moments import fhir_date, fhir_instant
from records.formats.parts import (
    OBSERVATION_CATEGORY,
    Made,
    attachment,
    bundle,
    coding,
    concept,
    is_told,
    kept,
    name_of,
)
from records.formats.refusals import Unfit

_SERVICES = "http://terminology.hl7.org/CodeSystem/v2-0074"
_IMAGING = frozenset({"RAD", "RUS", "RX", "CT", "NMR", "NMS", "OUS", "VUS", "CUS", "XRC", "MRI"})
_REPORT = {"registered": "registered", "preliminary": "preliminary", "corrected": "corrected", "cancelled": "cancelled"}


def read_hl7(raw: bytes) -> Made:
    """The bundle of the messages in ``raw``.

    Raises:
        Unfit: no HL7 v2, no results, about several people, or with a damaged file inside.
    """
    people: list[Made] = []
    resources: list[Made] = []
    for message in read_messages(raw):
        if message[0].part(9).upper() != "ORU":
            raise Unfit("not-oru")
        pids = [segment for segment in message if segment.name == "PID"]
        people += map(patient_of, pids)
        address = f"urn:uuid:{people[-1]['id']}" if people else ""
        resources += _Message(message, address, raw).resources()
    reports = [resource for resource in resources if resource["resourceType"] == "DiagnosticReport"]
    if not reports:
        raise Unfit("no-results")
    if not people or not is_told(people[0]):
        raise Unfit("nobody")
    if any(person != people[0] for person in people):
        raise Unfit("several-people")
    itself = attachment(raw, "x-application/hl7-v2+er7", "HL7 v2")
    reports[0]["presentedForm"] = [*reports[0].get("presentedForm", []), itself]
    return bundle([*people[:1], *resources])


class _Message:
    """The reports and results of one message."""

    def __init__(self, segments: list[Segment], patient: str, raw: bytes) -> None:
        header = segments[0]
        self._segments = segments
        self._patient = patient
        self._laboratory = _organisation(header.part(4) or header.part(3))
        self._sent = header.part(7)
        # The numbers of a laboratory name a report through its corrections; without them the message's own name,
        # and failing that its bytes.
        self._house = "|".join((header.part(3), header.part(4)))
        self._control = header.part(10) or sha256(raw).hexdigest()
        self._seen: Counter[str] = Counter()

    def resources(self) -> Iterator[Made]:
        """Every report, each followed by its results."""
        for group in _groups(self._segments):
            yield from self._report(group)

    def _report(self, group: list[Segment]) -> Iterator[Made]:
        request = group[0]
        number = request.part(3) or request.part(2)
        key = self._named("report", number or self._control, at(request.parts(4), 1))
        day = fhir_date(request.part(7)) or fhir_date(request.part(22)) or fhir_date(self._sent)
        reader = professional(_person(request, 32))
        results = list(self._results(group, key, day))
        service = request.part(24).upper()
        yield kept(
            resourceType="DiagnosticReport",
            id=key,
            identifier=[kept(value=number)] if number else [],
            status=_REPORT.get(STATUSES.get(request.part(25).upper(), "final"), "final"),
            category=[concept(coding(_SERVICES, service if service in _IMAGING else "LAB"))],
            code=coded(request, 4) or {"text": "?"},
            subject=kept(reference=self._patient),
            effectiveDateTime=day,
            issued=fhir_instant(request.part(22)),
            performer=[self._laboratory] if self._laboratory else [],
            resultsInterpreter=[reader] if reader else [],
            result=[{"reference": f"urn:uuid:{result['id']}"} for result in results],
            conclusion="\n".join(_notes(group, 1)),
            presentedForm=[made for segment in group if segment.name == "OBX" and (made := _file(segment))],
        )
        yield from results

    def _results(self, group: list[Segment], report: str, day: str) -> Iterator[Made]:
        for place, segment in enumerate(group):
            if segment.name != "OBX":
                continue
            told = result_fields(segment)
            code = next((one["code"] for one in told["code"].get("coding", []) if "code" in one), "")
            notes = "\n".join(_notes(group, place + 1))
            people = [found for one in segment.times(16) if (found := professional(segment.cut(one)))]
            laboratory = _organisation(segment.part(23)) or self._laboratory
            yield {
                "resourceType": "Observation",
                "id": self._named("result", report, code or told["code"].get("text", "")),
                **told,
                **kept(
                    category=[concept(coding(OBSERVATION_CATEGORY, "laboratory"))],
                    subject=kept(reference=self._patient),
                    effectiveDateTime=told.get("effectiveDateTime") or day,
                    performer=people or ([laboratory] if laboratory else []),
                    note=[{"text": notes}] if notes else [],
                ),
            }

    def _named(self, *parts: str) -> str:
        """A name that the same report of the same house has the next time; the second of a kind has its own."""
        key = "\x1f".join(parts)
        self._seen[key] += 1
        return name_of("hl7v2", self._house, *parts, str(self._seen[key]))


def _organisation(name: str) -> Made:
    return kept(type="Organization", display=name) if name else {}


def _groups(segments: list[Segment]) -> Iterator[list[Segment]]:
    """Each OBR with what follows it."""
    group: list[Segment] = []
    for segment in segments:
        if segment.name == "OBR":
            if group:
                yield group
            group = [segment]
        elif segment.name in ("PID", "ORC") and group:
            yield group
            group = []
        elif group:
            group.append(segment)
    if group:
        yield group


def _person(segment: Segment, place: int) -> list[str]:
    """An XCN, or an NDL whose first component holds a name in parts (OBR-32)."""
    first = next(iter(segment.times(place)), "").split(segment.marks.component)
    if len(first) > 1 and segment.marks.part not in first[0]:
        return segment.parts(place)
    return [segment.plain(part) for part in first[0].split(segment.marks.part)]


def _notes(group: list[Segment], start: int) -> Iterator[str]:
    """The NTE that stand from ``start`` on: one line for each repetition."""
    # By place: a slice for each of twenty thousand results would copy the message as often.
    for place in range(start, len(group)):
        segment = group[place]
        if segment.name != "NTE":
            return
        yield from segment.texts(3)


def _file(obx: Segment) -> Made:
    """A file in an OBX (type ED): media type in the second and third components, base64 in the fifth."""
    parts = obx.parts(5)
    if obx.part(2).upper() != "ED" or at(parts, 4).upper() != "BASE64" or not at(parts, 5):
        return {}
    try:
        raw = b64decode("".join(at(parts, 5).split()), validate=True)
    except (binascii.Error, ValueError):
        raise Unfit("embedded") from None
    kind, more = at(parts, 2).lower(), at(parts, 3).lower()
    media = f"{kind}/{more}" if kind in ("application", "image", "text") and more else "application/pdf"
    if more in ("pdf", "x-pdf"):
        media = "application/pdf"
    return attachment(raw, media, coded(obx, 3).get("text", ""))
