"""The log as administrators read it: filters, sentences for bad input, pages, and a line for every reading."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from audit.actor import Actor
from audit.entry import decode
from audit.events import Event, Outcome
from audit.log import append
from audit.models import Entry
from audit.note import COSIGNATURE_KEY, Signer
from audit.pseudonyms import shown
from audit.sequencing import sequence_once
from portal.administration import tasks, views
from tests.portal.ward import a_carer, a_patient, acts, an_account, browser_of, in_care

ADDRESS = "/administration/"
WITNESS = Signer("w.example/1", bytes(range(32)), COSIGNATURE_KEY)


@pytest.fixture
def admin(db):
    return an_account("administrator")


@pytest.fixture
def browser(admin):
    return browser_of(admin)


def seen(page) -> str:
    assert page.status_code == 200
    return page.content.decode()


def test_lines_are_pseudonyms_and_words(browser) -> None:
    patient, doctor = a_patient(), a_carer()
    in_care(patient, doctor)
    browser_of(doctor.account).get(f"/pro/patients/{patient.ref.id}/laboratory/")
    text = seen(browser.get(ADDRESS))
    assert shown("P", patient.ref.pseudonym) in text
    assert shown("A", doctor.account.pk) in text
    assert shown("O", doctor.organisation.pk) in text
    assert "Category read" in text
    assert "Care relationship, open by default" in text


def test_every_reading_leaves_its_line_with_what_was_looked_for(browser, admin) -> None:
    patient = a_patient()
    seen(browser.get(ADDRESS, {"dossier": shown("P", patient.ref.pseudonym), "outcome": "refused"}))
    assert acts(admin)[-1] == ("log.read", "done")
    text = seen(browser.get(ADDRESS, {"event": "log.read"}))
    assert "Log read by an administrator" in text
    assert shown("A", admin.pk) in text


def test_a_reading_that_cannot_be_remembered_shows_nothing(browser, monkeypatch) -> None:
    def broken(*_args, **_kwargs):
        raise RuntimeError("no room left")

    monkeypatch.setattr("portal.administration.looking.append", broken)
    browser.raise_request_exception = False
    for address in (ADDRESS, "/administration/integrity/"):
        page = browser.get(address)
        assert page.status_code == 500
        assert "Account created" not in page.content.decode()


def test_filters_narrow(browser) -> None:
    one, other, doctor = a_patient(), a_patient(), a_carer()
    in_care(one, doctor)
    reader = browser_of(doctor.account)
    reader.get(f"/pro/patients/{one.ref.id}/")
    reader.get(f"/pro/patients/{other.ref.id}/")
    mine, theirs = shown("P", one.ref.pseudonym), shown("P", other.ref.pseudonym)
    text = seen(browser.get(ADDRESS, {"dossier": mine})).split('id="entries"')[1]
    assert mine in text.split("<tbody")[1]
    assert theirs not in text
    text = seen(browser.get(ADDRESS, {"actor": shown("A", doctor.account.pk), "outcome": "refused"}))
    assert theirs in text
    assert mine not in text
    text = seen(
        browser.get(ADDRESS, {"event": "dossier.opened", "actor": f" {shown('A', doctor.account.pk).lower()} "})
    )
    assert mine in text
    assert theirs in text
    text = seen(browser.get(ADDRESS, {"until": (timezone.localdate() - timedelta(days=1)).isoformat()}))
    assert "No entry matches" in text


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"dossier": "P-XX"}, "This is not a record&#39;s pseudonym."),
        ({"dossier": "A-7Q3K-M2XT"}, "This is not a record&#39;s pseudonym."),
        ({"actor": "Lefèvre"}, "This is not a person&#39;s pseudonym."),
        ({"actor": "A" * 5000}, "at most 40 characters"),
        ({"since": "2026-02-31"}, "Enter a valid date."),
        ({"since": "2026-03-02", "until": "2026-03-01"}, "The period ends before it begins."),
        ({"since": "0001-01-01"}, "outside the log"),
        ({"until": "9999-12-31"}, "outside the log"),
        ({"event": "drop table"}, "Select a valid choice."),
        ({"outcome": "\x00"}, "Select a valid choice."),
    ],
)
def test_bad_input_gets_a_sentence_keeps_what_was_typed_and_searches_nothing(browser, query, sentence) -> None:
    text = seen(browser.get(ADDRESS, query))
    assert sentence in text
    assert "Nothing was searched" in text
    if query.get("dossier"):
        assert f'value="{query["dossier"]}"' in text


def test_pages_follow_each_other_without_gap_or_repeat(browser, admin) -> None:
    with transaction.atomic():
        for _ in range(120):
            append(Event.IMPORT_REFUSED, actor=Actor.system("import"), outcome=Outcome.FAILED)
    address, counted = f"{ADDRESS}?event=import.refused", []
    while address:
        text = seen(browser.get(address))
        counted.append(text.count("Import refused</td>") or text.count("<td>Import refused"))
        address = text.split('rel="next">')[0].split('<p class="foot')[-1] if "Older entries" in text else ""
        address = address.split('href="')[1].split('"')[0].replace("&amp;", "&") if address else ""
    assert counted == [50, 50, 20]


def test_a_cursor_that_no_page_gave_is_no_page(browser) -> None:
    assert browser.get(ADDRESS, {"before": "../../x"}).status_code == 404


def test_the_hours_of_a_day_have_a_table_behind_them(browser) -> None:
    patient, doctor = a_patient(), a_carer()
    in_care(patient, doctor)
    browser_of(doctor.account).get(f"/pro/patients/{patient.ref.id}/")
    text = seen(browser.get(ADDRESS))
    assert "<svg" in text
    assert "1 access" in text
    assert text.count('<th scope="row">') >= 23
    yesterday = (timezone.localdate() - timedelta(days=1)).isoformat()
    assert f"since={yesterday}&amp;until={yesterday}" in text


def test_integrity_is_green_only_when_it_was_read_again(browser, admin) -> None:
    sequence_once()
    text = seen(browser.get("/administration/integrity/"))
    assert "notice ok" not in text
    assert "Verify now" in text
    verified = seen(browser.post("/administration/integrity/verify/"))
    assert "Verified just now: the log is whole" in verified
    assert ("log.verified", "done") in acts(admin)
    assert "notice ok" not in seen(browser.get("/administration/integrity/"))


@pytest.mark.tampers
def test_a_changed_byte_is_found_by_the_button(browser, admin, superuser) -> None:
    a_patient()
    sequence_once()
    (month,) = superuser.execute("SELECT DISTINCT tableoid::regclass::text FROM audit_entry").fetchone()
    superuser.execute(f"ALTER TABLE {month} DISABLE TRIGGER USER")
    superuser.execute(
        f"UPDATE {month} SET outcome = 'refused' WHERE id = (SELECT entry_id FROM audit_leaf WHERE idx = 1)"
    )
    text = seen(browser.post("/administration/integrity/verify/"))
    assert "Verified just now: something is wrong" in text
    assert "Entry 1 was altered" in text
    assert ("log.verified", "failed") in acts(admin)
    assert "Altered" in seen(browser.get(ADDRESS))


def test_a_long_log_is_verified_by_the_worker_and_the_result_is_a_line(browser, admin, monkeypatch) -> None:
    sequence_once()
    monkeypatch.setattr(views, "AT_ONCE", 0)
    sent = []
    monkeypatch.setattr(tasks.verify_the_log, "delay", lambda *arguments: sent.append(arguments))
    page = browser.post("/administration/integrity/verify/", follow=True)
    assert "being read from its first entry" in page.content.decode()
    assert all(len(argument) == 36 for argument in sent[0])
    assert ("log.verification_asked", "done") in acts(admin)
    tasks.verify_the_log(*sent[0])
    # Under the house's own name, tied to the request: whoever can write into Redis acts in nobody's.
    assert ("log.verified", "done") not in acts(admin)
    asked, verified = (Entry.objects.get(event=event) for event in ("log.verification_asked", "log.verified"))
    assert (asked.actor, verified.actor) == (admin.pk, Actor.system("verification").id)
    assert decode(bytes(asked.body)).request == decode(bytes(verified.body)).request


@pytest.mark.asvs("v5.0.0-8.2.1")
def test_pages_of_administrators_are_closed_to_the_others(db) -> None:
    for account in (a_patient().account, a_carer().account):
        browser = browser_of(account)
        assert browser.get(ADDRESS).status_code == 403
        assert browser.get("/administration/integrity/").status_code == 403
        assert browser.post("/administration/integrity/verify/").status_code == 403
        assert not [event for event, _ in acts(account) if event.startswith("log.")]


def test_a_witness_that_sees_nothing_for_five_minutes_raises_an_alarm(browser, settings, monkeypatch) -> None:
    settings.AUDIT_WITNESSES = [f"{WITNESS.verifier} http://127.0.0.1:9"]
    a_patient()
    sequence_once()
    page = seen(browser.get("/administration/integrity/"))
    assert "w.example/1" in page
    assert "has signed nothing yet" in page
    assert "has not seen the log" not in page
    monkeypatch.setattr("audit.cosigning.ALARM_AFTER", timedelta(seconds=-1))
    assert "A witness has not seen the log for more than five minutes" in seen(
        browser.get("/administration/integrity/")
    )


def test_a_house_without_witness_says_so(browser, settings) -> None:
    settings.AUDIT_WITNESSES = []
    assert "No witness is configured" in seen(browser.get("/administration/integrity/"))
