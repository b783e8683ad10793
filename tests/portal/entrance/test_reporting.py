"""Suspicious messages: reported sealed, seen by advisers alone, answered once; the reporter is told, honestly."""

import pytest
from django.test import Client

from audit import log
from audit.actor import Actor, Role
from audit.pseudonyms import shown
from audit.sequencing import sequence_once
from consent.granting import Invalid
from portal.entrance.models import Report
from portal.entrance.reporting import answer
from portal.notifications.following import follow_log
from portal.notifications.kinds import Kind
from portal.notifications.models import Letter
from tests.portal.accounts.conftest import NOBODY
from tests.portal.ward import a_patient, acts, an_account, browser_of

TOLD = {"way": "sms", "text": "Canary: pay now at http://evil.example"}
QUEUE = "/advice/messages/"


@pytest.fixture
def adviser(db):
    return an_account("adviser")


def conclude(adviser, conclusion):
    return browser_of(adviser).post(f"{QUEUE}{Report.objects.get().pk}/", {"conclusion": conclusion}, follow=True)


def letters_of(account) -> list[str]:
    while sequence_once():
        pass
    while follow_log():
        pass
    return list(Letter.objects.filter(account=account).values_list("kind", flat=True))


def test_a_message_goes_from_new_over_seen_to_answered(adviser, superuser):
    patient = a_patient()
    reporter = browser_of(patient.account)
    assert reporter.post("/never/report/", TOLD)["Location"] == "/never/"
    assert "Nobody has answered yet" in reporter.get("/never/report/").content.decode()
    assert Report.objects.get().seen_at is None
    first = browser_of(adviser).get(QUEUE).content.decode()
    assert TOLD["text"] in first
    assert shown("A", patient.account.pk) in first
    assert patient.identity.family not in first
    assert '<span class="tag warn">New' in first
    assert '<span class="tag warn">New' not in browser_of(adviser).get(QUEUE).content.decode()
    assert "Nothing was reported" in conclude(adviser, "fraud").content.decode()
    row = Report.objects.get()
    assert (bytes(row.sealed), row.conclusion) == (b"", "fraud")
    assert Kind.MESSAGE_ANSWERED in letters_of(patient.account)
    own = reporter.get("/never/report/").content.decode()
    assert "It does not come from us: somebody pretends to be Carnet." in own
    assert "Canary" not in own
    assert 'href="/never/report/"' in reporter.get("/letters/").content.decode()
    seen_by_adviser = [event for event, _outcome in acts(adviser)]
    assert seen_by_adviser == ["messages.read", "messages.read", "message.answered", "messages.read"]


def test_nobody_else_reads_what_somebody_reported(adviser):
    browser_of(a_patient().account).post("/never/report/", TOLD)
    assert "What you reported" not in browser_of(a_patient("Abalain").account).get("/never/report/").content.decode()
    assert "What you reported" not in Client(headers={"Accept-Language": "en"}).get("/never/report/").content.decode()


def test_a_visitor_is_nobody_and_is_told_so(adviser):
    visitor = Client(headers={"Accept-Language": "en"})
    assert "we cannot answer you" in visitor.get("/never/report/").content.decode()
    visitor.post("/never/report/", TOLD)
    assert Report.objects.get().account_id is None
    assert "somebody who was not signed in" in browser_of(adviser).get(QUEUE).content.decode()
    conclude(adviser, "unsure")
    letters_of(adviser)
    assert not Letter.objects.filter(kind=Kind.MESSAGE_ANSWERED).exists()
    assert next(iter(log.entries_by(NOBODY))).event == "message.reported"


def test_a_conclusion_that_is_none_changes_nothing_and_none_is_given_twice(adviser):
    browser_of(a_patient().account).post("/never/report/", TOLD)
    assert "Choose a conclusion." in conclude(adviser, "perhaps").content.decode()
    assert Report.objects.get().answered_at is None
    with pytest.raises(Invalid):
        answer(actor=_acting(adviser), report_id=Report.objects.get().pk, conclusion="perhaps")
    assert conclude(adviser, "ours").status_code == 200
    assert conclude(adviser, "fraud").status_code == 404
    assert Report.objects.get().conclusion == "ours"


@pytest.mark.parametrize("role", ["patient", "professional", "administrator"])
def test_only_advisers_work_the_queue(db, role):
    Client().post("/never/report/", TOLD)
    browser = browser_of(an_account(role))
    assert browser.get(QUEUE).status_code == 403
    assert browser.post(f"{QUEUE}{Report.objects.get().pk}/", {"conclusion": "fraud"}).status_code == 403
    assert Report.objects.get().answered_at is None


def _acting(account):
    return Actor(id=account.pk, role=Role.ADVISER)
