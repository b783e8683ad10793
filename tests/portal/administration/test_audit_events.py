"""Every kind of line as an AuditEvent, judged by an independent reader of R4 and by the value sets that R4 requires."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from itertools import cycle, product
from uuid import UUID

import pytest

from audit.actor import Role
from audit.events import Event, Outcome
from audit.log import LoggedEntry
from consent.decisions import Ground
from portal.oversight.auditevents import bundle_of
from tests.fhir_r4 import needs_validator, problems_of

SITE = "https://carnet.example"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
# https://hl7.org/fhir/R4/auditevent.html: the bindings of strength "required".
ACTIONS, OUTCOMES, NETWORKS = {"C", "R", "U", "D", "E"}, {"0", "4", "8", "12"}, {"1", "2", "3", "4", "5"}
# https://hl7.org/fhir/R4/datatypes.html#primitive
_BEHALF = {"system": "urn:carnet:role", "code": "on_behalf_of"}
_CODE = re.compile(r"[^\s]+(\s[^\s]+)*")
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})")


def numbered(number: int) -> UUID:
    return UUID(int=0xA000_0000_0000_4000_8000_0000_0000_0000 + number)


def every_kind() -> list[LoggedEntry]:
    """Each event with each outcome, by every role in turn and in each way of being about a record or nobody."""
    about = cycle(
        [
            {},
            {"dossier": numbered(1)},
            {"dossier": numbered(1), "category": "laboratory"},
            {"dossier": numbered(1), "category": "laboratory", "object_id": numbered(2)},
            {"object_id": numbered(2)},
        ]
    )
    grounds = cycle(["", *Ground])
    places = cycle([{}, {"organisation": numbered(5)}, {"on_behalf_of": numbered(6)}])
    found, roles = [], cycle(Role)
    for event, outcome in product(Event, Outcome):
        number, role = 100 + len(found), next(roles)
        found.append(
            LoggedEntry(
                id=numbered(number), at=NOON + timedelta(microseconds=number), event=event.dotted,
                actor=numbered(3), role=role.value, outcome=outcome.value, request=numbered(4), purpose="care",
                profession="nurse" if role is Role.PROFESSIONAL else "", ground=str(next(grounds)),
                **next(places), **next(about),
            )
        )  # fmt: skip
    return found


@pytest.fixture(scope="module")
def bundle():
    return bundle_of(every_kind(), site=SITE)


@needs_validator
def test_an_independent_reader_of_r4_finds_nothing_wrong_with_any_kind(bundle):
    assert len(bundle["entry"]) == len(Event) * len(Outcome)
    assert problems_of(bundle, bundle_of([], site=SITE)) == [[], []]


@needs_validator
def test_the_reader_would_have_found_it(bundle):
    first = bundle["entry"][0]
    lost = {key: value for key, value in first["resource"].items() if key != "source"}
    assert problems_of({**bundle, "entry": [{**first, "resource": lost}]}) != [[]]


def test_every_code_is_of_the_sets_that_r4_requires(bundle):
    for event in (entry["resource"] for entry in bundle["entry"]):
        assert event["action"] in ACTIONS
        assert event["outcome"] in OUTCOMES
        assert _INSTANT.fullmatch(event["recorded"])
        # https://hl7.org/fhir/R4/auditevent.html#invariants (sev-1): a name or a query, not both.
        assert not [each for each in event["entity"] if "name" in each and "query" in each]
        assert all(agent["network"].get("type", "1") in NETWORKS for agent in event["agent"] if "network" in agent)
        assert sum(agent["requestor"] for agent in event["agent"]) <= 1


def test_nothing_in_it_is_empty_and_every_code_is_one(bundle):
    """An empty string, list or object is no FHIR JSON (https://hl7.org/fhir/R4/json.html)."""

    def look(node, place):
        assert node not in ("", [], {}, None), place
        for key, each in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
            look(each, f"{place}.{key}")
            if key == "code":
                assert _CODE.fullmatch(each), place

    for entry in bundle["entry"]:
        look(entry, entry["fullUrl"])


def test_in_whose_name_it_was_done_goes_with_it(bundle):
    lines = {str(line.id): line for line in every_kind()}
    told = {
        event["id"]: [agent["who"]["identifier"] for agent in event["agent"] if _BEHALF in agent["type"]["coding"]]
        for event in (entry["resource"] for entry in bundle["entry"])
    }
    systems = {Role.PROFESSIONAL.value: "urn:carnet:professional"}
    assert told == {
        name: [{"system": systems.get(line.role, "urn:carnet:record"), "value": str(line.on_behalf_of)}]
        if line.on_behalf_of
        else []
        for name, line in lines.items()
    }
    assert any(told.values())
