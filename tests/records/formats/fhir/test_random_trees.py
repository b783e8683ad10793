"""Trees that look like FHIR R4 and are not: read, or refused with a sentence; never anything else."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from records.formats.fhir.bundle import Unreadable, bundle_of
from records.formats.fhir.checking import read_fhir
from records.formats.fhir.kinds import KNOWN
from records.formats.fhir.presenting import present
from records.formats.refusals import Unfit
from records.formats.returning import returned
from records.formats.sentences import sentence_of
from records.importing import only_patient, sort_out

# Elements that the readers look at, and what FHIR would hold there; a tree puts anything anywhere.
_ELEMENTS = (
    *("id", "meta", "text", "div", "status", "code", "coding", "system", "display", "category", "type", "class"),
    *("subject", "patient", "reference", "identifier", "value", "unit", "name", "family", "given", "birthDate"),
    *("gender", "telecom", "effectiveDateTime", "effectivePeriod", "start", "end", "issued", "date", "period"),
    *("valueQuantity", "valueString", "valueCodeableConcept", "valueRange", "valueRatio", "low", "high"),
    *("referenceRange", "interpretation", "component", "contained", "extension", "url", "content", "attachment"),
    *("data", "contentType", "hash", "title", "section", "entry", "author", "performer", "participant", "individual"),
    *("dosageInstruction", "dosage", "timing", "repeat", "medicationCodeableConcept", "vaccineCode", "doseQuantity"),
    *("occurrenceDateTime", "recordedDate", "onsetDateTime", "reaction", "item", "total", "payment", "series"),
    *("presentedForm", "result", "goal", "activity", "detail", "link", "target", "note", "resourceType", "fullUrl"),
)
_WORDS = st.text(max_size=8) | st.sampled_from(
    (
        *("", "final", "2026-02-30", "2026-03", "0000-00-00T99:99:99Z", "urn:uuid:1", "#a", "Patient/1", "4548-4"),
        *("http://loinc.org", "laboratory", "<div xmlns='http://www.w3.org/1999/xhtml'><p>x</p></div>", "\x00"),
        *("é" * 300, "1e400"),
    )
)
_LEAVES = _WORDS | st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False)
_TREES = st.recursive(
    _LEAVES,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(_ELEMENTS), below, max_size=5),
    max_leaves=14,
)


def resource(kind: str) -> st.SearchStrategy[dict[str, object]]:
    fields = st.dictionaries(st.sampled_from(_ELEMENTS[:-2]), _TREES, max_size=8)
    return fields.map(lambda told: {**told, "resourceType": kind})


_RESOURCES = st.sampled_from(sorted(KNOWN)).flatmap(resource)


def taken_in(raw: bytes) -> str:
    """The sentence that refuses the file; empty when it was read and every record of it can be shown."""
    try:
        bundle = returned(bundle_of(read_fhir(raw)))
        pieces, _omissions = sort_out(bundle)
        only_patient(bundle)
    except Unfit as refusal:
        return str(sentence_of(refusal.token, refusal.facts))
    except Unreadable as refusal:
        return str(refusal)
    for piece in pieces:
        present(dict(piece.plain))
    return ""


@given(st.lists(_RESOURCES, min_size=1, max_size=4), st.lists(_TREES, min_size=4, max_size=4))
def test_a_tree_like_fhir_is_read_or_refused_with_a_sentence(resources, addresses):
    entries = [{"fullUrl": where, "resource": one} for where, one in zip(addresses, resources, strict=False)]
    said = taken_in(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}).encode())
    assert said == "" or said.endswith(".")
