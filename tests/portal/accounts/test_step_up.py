"""Every act that matters asks for a fresh proof: without one nothing happens, and what was sent is kept for after it.

The table below names each act. A page that asks for a proof and is missing from it fails, so that nobody takes one
away unseen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest
from django.test import Client

from consent import granting
from consent.categories import Category
from consent.granting import Right, Wanted
from consent.models import Choice, Opposition
from consent.models.emergency import ReasonCode
from consent.models.request import Purpose
from consent.requesting import request_access
from portal.acting import FRESH_KEY, RISEN_KEY
from records import writing
from tests.portal.accounts.test_closed import patterns
from tests.portal.ward import (
    Carer,
    Patient,
    a_carer,
    a_patient,
    a_result,
    acts,
    an_account,
    browser_of,
    filed,
    in_care,
)

LAB, NOBODY = Category.LABORATORY, UUID(int=5)
READING = (".read", ".opened", ".explained", ".previewed")


@dataclass(frozen=True)
class Act:
    """One act: the name of its page, its address, what is sent; a visit if nothing is."""

    name: str
    address: str
    sent: dict[str, object] | None = None


def of_patient(patient: Patient, doctor: Carer, ids: dict[str, UUID]) -> Iterator[Act]:
    """Export, sharing more widely, addresses and factors, keys, closing, the code of care, one's own discretion."""
    one, whom = ids["record"], doctor.person.id
    yield Act("keeping:copy", "/record/keeping/copy/", {"hidden": ""})
    yield Act("keeping:download", f"/record/keeping/copy/{NOBODY}/file/", {"take": "yes"})
    yield Act("patient:export_consents", "/sharing/consents/", {})
    yield Act("patient:proof_download", "/accesses/proof/file/", {})
    yield Act("patient:sharing_confirm", "/sharing/confirm/", {"change": f"{whom}:laboratory:open"})
    yield Act("patient:sharing_add", f"/sharing/add/{ids['new']}/", {})
    yield Act("patient:request_answer", f"/sharing/requests/{ids['request']}/", {"answer": "yes", "length": ""})
    yield Act("patient:team_open", f"/sharing/teams/{doctor.organisation.id}/", {})
    yield Act("patient:opposition_withdraw", f"/sharing/oppositions/{ids['opposition']}/withdraw/", {})
    yield Act("patient:choice_withdraw", f"/sharing/choices/{ids['choice']}/withdraw/", {})
    yield Act("patient:blanks", f"/sharing/{whom}/blanks/", {"told": "laboratory"})
    fields = {"whom": str(whom), "right": "read", "day": "", "save": "yes"}
    yield Act("patient:choices", "/sharing/choices/", fields | {"state-laboratory": "open"})
    yield Act("patient:choices", "/sharing/choices/", fields | {"whom": "nurse", "state-laboratory": ""})
    yield Act("patient:wishes_save", "/sharing/wishes/emergencies/", {"open": ["regulator", "others", "masked"]})
    yield Act("patient:wishes_save", "/sharing/wishes/new/", {})
    yield Act(
        "patient:representatives", "/sharing/representatives/", {"login": "a@example.org", "categories": "laboratory"}
    )
    yield Act("patient:unmask", f"/record/item/{one}/show/", {})
    yield Act("patient:to_guardians", f"/record/item/{one}/guardians/", {"confirmed": "on"})
    yield Act("patient:new_code", "/sharing/code/new/", {})
    yield Act("health:card", "/record/health/card/", {"name": "on"})
    yield Act("patient:discretion", "/sharing/screens/")
    yield Act("keeping:lock", "/record/keeping/lock/", {"turn": "yes"})
    yield Act("keeping:close", "/record/keeping/close/", {"sure": "on"})
    yield Act("notifications:address_ask", "/letters/address/ask/", {"channel": "mail", "address": "b@example.org"})
    yield Act("accounts:password", "/security/password/", {"current": "x", "new": "y"})
    yield Act("accounts:passkey_add", "/security/passkeys/add/", {"name": "x", "credential": "{}"})
    yield Act("accounts:passkey_remove", "/security/passkeys/1/remove/", {"remove": "yes"})
    yield Act("accounts:totp_replace", "/security/totp/replace/", {})
    yield Act("accounts:recovery_renew", "/security/recovery/", {})


def of_professional(patient: Patient, colleague: Carer) -> Iterator[Act]:
    """Emergencies, and letting somebody act in one's name."""
    why = {"reason_code": ReasonCode.UNCONSCIOUS.value, "text": "Inconsciente, amenée par les pompiers"}
    yield Act("professional:emergency", f"/pro/patients/{patient.ref.id}/emergency/", why)
    yield Act("professional:entrust", f"/pro/delegations/new/{colleague.person.id}/", {"kind": "read"})


def of_administrator(doctor: Carer) -> Iterator[Act]:
    """Names, keys, people and places, the log taken away."""
    person = f"/administration/people/{doctor.person.id}"
    yield Act("administration:name_ask", "/administration/names/ask/", {"pseudonym": "P-0000-0000", "reason": "court"})
    yield Act("administration:name_agree", f"/administration/names/{NOBODY}/agree/", {})
    yield Act("administration:name", f"/administration/names/{NOBODY}/", {})
    yield Act("administration:keys", "/administration/keys/", {"turn": "yes"})
    yield Act("administration:take_csv", "/administration/take/csv/", {})
    yield Act("administration:take_fhir", "/administration/take/fhir/", {})
    yield Act("welcoming:enter", "/administration/people/new/", {"family": "Riou"})
    yield Act("welcoming:organisations", "/administration/people/organisations/", {"name": "Clinique"})
    yield Act("welcoming:staff", "/administration/people/staff/", {"mail": "c@example.org", "role": "adviser"})
    yield Act("welcoming:staff_agree", f"/administration/people/staff/{NOBODY}/agree/", {})
    yield Act("welcoming:act_on_staff", "/administration/people/staff/x/end/", {})
    yield Act("welcoming:act", f"{person}/end/", {})
    yield Act("welcoming:act_on_patient", "/administration/people/patient/died/", {"login": "a@example.org"})


@pytest.fixture
def scene(db):
    """A patient of a doctor, with something to open in every way."""
    patient, doctor, new = a_patient(), a_carer(), a_carer("nurse", "Petit", "Léa")
    in_care(patient, doctor)
    record = filed(patient, LAB, a_result())
    writing.mask(actor=patient.actor, record_id=record)
    closing = [
        Wanted(LAB, Right.READ, False, professional=doctor.person.id),
        Wanted(LAB, Right.READ, False, profession="nurse"),
    ]
    granting.choose_many(actor=patient.actor, ref=patient.ref, wanted=closing)
    granting.oppose(actor=patient.actor, ref=patient.ref, professional=new.person.id)
    wished = browser_of(patient.account)
    wished.post("/sharing/wishes/emergencies/", {"open": []})
    wished.post("/sharing/wishes/new/", {"on": "yes"})
    ids = {"record": record, "new": new.person.id}
    ids["choice"], ids["opposition"] = Choice.objects.get(profession="nurse").id, Opposition.objects.get().id
    return patient, doctor, new, ids


def stale(client: Client) -> Client:
    """The session goes on, its last proof is old."""
    session = client.session
    session[FRESH_KEY] = session[RISEN_KEY] = 0
    session.save()
    return client


def without_proof(client: Client, account, table: list[Act]) -> list[str]:
    """What is wrong: acts that did something, or did not ask."""
    wrong = []
    for act in table:
        before = acts(account)
        answer = client.get(act.address) if act.sent is None else client.post(act.address, act.sent)
        said = answer.content.decode()
        if "Is it you?" not in said:
            wrong.append(f"{act.name} did not ask: {answer.status_code}")
        done = [event for event, _ in acts(account)[len(before) :] if not event.endswith(READING)]
        if done:
            wrong.append(f"{act.name} left {done}")
    return wrong


def test_without_a_fresh_proof_nothing_that_matters_happens(scene):
    patient, doctor, new, ids = scene
    purpose = Purpose.TREATMENT
    ids["request"] = request_access(actor=doctor.actor, ref=patient.ref, category=LAB, purpose=purpose)
    tables = {
        patient.account: list(of_patient(patient, doctor, ids)),
        doctor.account: list(of_professional(a_patient("Autre"), new)),
        an_account("administrator"): list(of_administrator(new)),
    }
    wrong = [
        each for account, table in tables.items() for each in without_proof(stale(browser_of(account)), account, table)
    ]
    assert wrong == []
    named = {act.name for table in tables.values() for act in table}
    asking = {name for name, pattern in patterns() if _asks(pattern.callback)}
    assert asking - named == set()


def _asks(view) -> bool:
    while view is not None:
        if getattr(view, "asks_again", False):
            return True
        view = getattr(view, "__wrapped__", None)
    return False
