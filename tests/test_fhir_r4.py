"""The judge is judged: what is no FHIR R4 is found, what is passes."""

from __future__ import annotations

from tests.fhir_r4 import needs_validator, problems_of

NAMED = "urn:uuid:00000000-0000-4000-8000-000000000001"
GOOD = {"resourceType": "Patient", "id": "p", "birthDate": "1984-03-07", "name": [{"family": "ESSAI"}]}


def bundle(*resources, **more):
    entries = [
        {"fullUrl": f"urn:uuid:00000000-0000-4000-8000-{place:012d}", "resource": resource}
        for place, resource in enumerate(resources, start=1)
    ]
    return {"resourceType": "Bundle", "type": "collection", "entry": entries, **more}


@needs_validator
def test_an_independent_reader_knows_good_from_bad():
    unknown = {**GOOD, "favouriteColour": "blue"}
    lost = {
        "resourceType": "Flag",
        "status": "active",
        "code": {"text": "?"},
        "subject": {"reference": NAMED[:-1] + "9"},
    }
    found = {**lost, "subject": {"reference": NAMED}}
    by_name = {**lost, "subject": {"reference": "Patient/p"}}
    good, other, wrong, dangling, resolved, hidden, document = problems_of(
        GOOD, unknown, {**GOOD, "birthDate": "07/03/1984"}, bundle(GOOD, lost), bundle(GOOD, found),
        bundle(GOOD, by_name), bundle(GOOD, type="document"),
    )  # fmt: skip
    assert good == resolved == []
    assert any("favouriteColour" in problem for problem in other)
    assert any("birthDate" in problem for problem in wrong)
    assert dangling == [f"entry 1: {NAMED[:-1]}9 leads nowhere"]
    assert len(hidden) == 1
    assert [problem[:6] for problem in document] == ["bdl-11", "bdl-9:", "bdl-10"]
