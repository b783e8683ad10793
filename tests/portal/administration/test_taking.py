"""The log taken away: a table that no spreadsheet runs, AuditEvents that keep to IHE BALP, and a line that says so."""

import csv
import io
import json

import pytest

from audit.pseudonyms import shown
from portal.administration import taking
from portal.administration.taking import safe
from tests.portal.ward import a_carer, a_patient, acts, an_account, browser_of, in_care

DICOM = "http://dicom.nema.org/resources/ontology/DCM"
TERMS = "http://terminology.hl7.org/CodeSystem"
# IHE Basic Audit Log Patterns 1.1.3: what the profile of each interaction fixes (agents by DICOM role).
BALP = {
    "IHE.BasicAudit.PatientRead": ("R", {"read", "vread"}, "110152", "110153"),
    "IHE.BasicAudit.PatientCreate": ("C", {"create"}, "110153", "110152"),
    "IHE.BasicAudit.PatientUpdate": ("U", {"update"}, "110153", "110152"),
}
OUTCOMES = {"0", "4", "8", "12"}


@pytest.fixture
def after_a_visit(db):
    patient, doctor, stranger = a_patient(), a_carer(), a_carer(family="Scouarnec")
    in_care(patient, doctor)
    reader = browser_of(doctor.account)
    reader.get(f"/pro/patients/{patient.ref.id}/laboratory/")
    note = {"category": "consultation_report", "title": "Bilan", "written_on": "2026-03-02", "text": "Tout va bien"}
    assert reader.post(f"/pro/patients/{patient.ref.id}/deposit/", note).status_code == 302
    browser_of(stranger.account).get(f"/pro/patients/{patient.ref.id}/")
    admin = an_account("administrator")
    return patient, doctor, admin, browser_of(admin)


def test_a_table_holds_the_same_lines_and_is_remembered(after_a_visit):
    patient, doctor, admin, browser = after_a_visit
    answer = browser.post("/administration/take/csv/", {"dossier": shown("P", patient.ref.pseudonym)})
    assert answer.status_code == 200, answer.content.decode()
    assert answer["Content-Type"].startswith("text/csv")
    assert "attachment" in answer["Content-Disposition"]
    head, *lines = csv.reader(io.StringIO(answer.content.decode()))
    assert len({len(line) for line in (head, *lines)}) == 1
    assert {line[8] for line in lines} == {shown("P", patient.ref.pseudonym)}
    assert shown("A", doctor.account.pk) in {line[2] for line in lines}
    assert "Refused" in {line[-1] for line in lines}
    assert not any(word in answer.content.decode() for word in ("Quintrec", "Abgrall", "Scouarnec", "Bilan"))
    assert acts(admin)[-1] == ("log.exported", "done")


@pytest.mark.asvs("v5.0.0-1.2.10")
@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", '=cmd|" /C calc"!A0'])
def test_no_cell_is_a_formula(cell):
    assert safe(cell) == f"'{cell}"


@pytest.mark.asvs("v5.0.0-1.2.10")
def test_what_is_no_formula_stays_as_it_is():
    assert [safe(cell) for cell in (None, 12, "A-7Q3K-M2XT", "2026-03-01", "1-1")] == [
        "", "12", "A-7Q3K-M2XT", "2026-03-01", "1-1",
    ]  # fmt: skip


def test_too_many_lines_are_refused_in_a_sentence_and_none_is_taken(after_a_visit, monkeypatch):
    *_, admin, browser = after_a_visit
    monkeypatch.setattr(taking, "MOST", 2)
    answer = browser.post("/administration/take/csv/")
    assert answer.status_code == 400
    assert "Narrow the dates" in answer.content.decode()
    assert ("log.exported", "done") not in acts(admin)


def test_filters_that_cannot_be_understood_take_nothing(after_a_visit):
    *_, browser = after_a_visit
    assert browser.post("/administration/take/fhir/", {"dossier": "nobody"}).status_code == 400


def test_audit_events_keep_to_the_profiles_of_ihe(after_a_visit):
    _patient, doctor, admin, browser = after_a_visit
    answer = browser.post("/administration/take/fhir/")
    bundle = json.loads(answer.content)
    assert (bundle["resourceType"], bundle["type"]) == ("Bundle", "collection")
    events = [entry["resource"] for entry in bundle["entry"]]
    profiled = [event for event in events if "meta" in event]
    said = {event["meta"]["profile"][0].rpartition("/")[2] for event in profiled}
    assert said == {"IHE.BasicAudit.PatientRead", "IHE.BasicAudit.PatientCreate"}
    for event in events:
        follows_r4(event)
    for event in profiled:
        follows_balp(event)
    refused = [event for event in events if event["outcome"] != "0"]
    assert refused
    assert not any("meta" in event for event in refused)
    assert str(doctor.account.pk) in answer.content.decode()
    assert not any(word in answer.content.decode() for word in ("Quintrec", "Abgrall", "Bilan", "Tout va bien"))
    assert acts(admin)[-1] == ("log.exported", "done")


def follows_r4(event):
    """What AuditEvent of R4 requires: type, recorded, agent.requestor, source.observer."""
    assert event["resourceType"] == "AuditEvent"
    assert event["type"]["code"]
    assert event["recorded"].endswith("Z")
    assert event["outcome"] in OUTCOMES
    assert all(isinstance(agent["requestor"], bool) for agent in event["agent"])
    assert event["source"]["observer"]["identifier"]["value"]


def follows_balp(event):
    """What the profile that the event names requires beyond that."""
    action, interactions, client_role, server_role = BALP[event["meta"]["profile"][0].rpartition("/")[2]]
    assert event["type"] == {"system": f"{TERMS}/audit-event-type", "code": "rest"}
    rest = [each for each in event["subtype"] if each["system"] == "http://hl7.org/fhir/restful-interaction"]
    assert [each["code"] in interactions for each in rest] == [True]
    assert (event["action"], event["outcome"]) == (action, "0")
    client, server = (agents(event, DICOM, role) for role in (client_role, server_role))
    for agent in (client, server):
        assert agent["who"]
        assert agent["network"]
        assert "media" not in agent
    assert {"val-audit-source": server["who"]} == {"val-audit-source": event["source"]["observer"]}
    user = agents(event, f"{TERMS}/v3-ParticipationType", "IRCP")
    assert "network" not in user
    assert user["who"]["identifier"]["value"]
    patient, data = (entities(event, f"{TERMS}/audit-entity-type", code) for code in ("1", "2"))
    assert patient["role"] == {"system": f"{TERMS}/object-role", "code": "1"}
    assert patient["what"]["type"] == "Patient"
    assert data["role"]["code"] in {"3", "4", "20"}
    assert data["what"]["identifier"]["value"]


def agents(event, system, code):
    [agent] = [each for each in event["agent"] if each["type"]["coding"] == [{"system": system, "code": code}]]
    return agent


def entities(event, system, code):
    [entity] = [each for each in event["entity"] if each["type"] == {"system": system, "code": code}]
    return entity
