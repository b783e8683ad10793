"""Documents from a host of their own: what it answers to whom, for how long, and that it knows no session."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as project
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from audit.events import Outcome
from portal.accounts.models import Account, Ticket
from portal.handing_over import BEGINS_WITHIN, ENDS_AFTER, forget_tickets
from portal.logs import FieldsFormatter
from portal.middleware import CLOSED_POLICY
from records.models import Document
from tests.portal.test_filing import form
from tests.portal.ward import a_carer, a_patient, browser_of, history, in_care
from tests.records.formats.pdfs import pdf

HOST = "documents.carnet.example"
PORTAL = "testserver"
RAW = pdf("Doliprane", pages=40)
TICKET = re.compile(rf"https://{re.escape(HOST)}(/[A-Za-z0-9_-]{{43}}/)")


@pytest.fixture
def patient(db, settings):
    settings.DOCUMENT_HOST, settings.DOCUMENT_SITE = HOST, f"https://{HOST}"
    settings.ALLOWED_HOSTS = [PORTAL, HOST]
    return a_patient(family="Moreau", given="Camille")


@pytest.fixture
def browser(patient):
    client = browser_of(patient.account)
    client.post(reverse("papers:add"), form(RAW, "scan.pdf"))
    return client


def address(name: str = "papers:original") -> str:
    return reverse(name, args=[Document.objects.get().id])


def asked(client: Client, name: str = "papers:original") -> str:
    """The path on the host of documents to which the portal sends this browser."""
    answer = client.get(address(name))
    assert (answer.status_code, answer.content) == (303, b"")
    found = TICKET.fullmatch(answer["Location"])
    assert found is not None, answer["Location"]
    return found[1]


def fetched(path: str, **more):
    """What a browser without any cookie gets there."""
    return Client().get(path, headers={"Host": HOST, **more})


def body(answer) -> bytes:
    return b"".join(answer.streaming_content)


def seen(answer) -> tuple[int, bytes, dict[str, str]]:
    return answer.status_code, answer.content, dict(answer.headers)


def reads(patient) -> list[tuple[object, Outcome]]:
    return [(entry.actor, entry.outcome) for entry in history(patient) if entry.event == "file.read"]


def aged(by: timedelta) -> None:
    Ticket.objects.update(made_at=timezone.now() - by)


@pytest.mark.asvs("v5.0.0-3.5.4")
def test_a_document_comes_from_its_own_host_without_any_cookie(patient, browser):
    path = asked(browser)
    assert reads(patient) == []
    answer = fetched(path)
    assert body(answer) == RAW
    assert answer.status_code == 200
    assert answer["Content-Security-Policy"] == CLOSED_POLICY
    assert answer["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
    assert answer["Content-Disposition"] == 'attachment; filename="scan.pdf"'
    assert answer["Cross-Origin-Resource-Policy"] == "same-origin"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Cache-Control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("Access-Control-")]
    assert not answer.cookies
    assert reads(patient) == [(patient.account.pk, Outcome.ALLOWED)]


def test_the_cookies_of_the_portal_mean_nothing_there(patient, browser):
    path = asked(browser)
    for where in ("/", "/signin/", address(), "/health/live/", "/static/css/base.css", "/x" * 5000, path + "x"):
        answer = browser.get(where, headers={"Host": HOST})
        assert seen(answer)[:2] == seen(fetched("/nothing/"))[:2], where
        assert answer["Content-Security-Policy"] == CLOSED_POLICY, where
        assert answer["Cache-Control"] == "no-store", where
        assert not answer.cookies, where
    assert browser.post(path, headers={"Host": HOST}).status_code == 404
    assert reads(patient) == []


def test_the_portal_knows_no_address_of_a_ticket(browser):
    path = asked(browser)
    assert browser.get(path).status_code == 404
    assert b"".join(fetched(path).streaming_content) == RAW


def test_unknown_expired_and_forbidden_answer_byte_for_byte_alike(patient, browser):
    unknown = seen(fetched(f"/{'A' * 43}/"))
    assert unknown[0] == 404
    stranger = browser_of(a_patient(given="Odile").account)
    assert seen(fetched(asked(stranger))) == unknown
    path = asked(browser)
    aged(BEGINS_WITHIN)
    assert seen(fetched(path)) == unknown
    assert seen(fetched(path, Range="bytes=0-9")) == unknown
    assert (patient.account.pk, Outcome.ALLOWED) not in reads(patient)


def test_a_download_that_broke_off_goes_on_for_some_minutes_and_no_longer(browser):
    path = asked(browser)
    first = fetched(path)
    first.close()
    aged(BEGINS_WITHIN)
    assert fetched(path).status_code == 404
    part = fetched(path, **{"Range": "bytes=100-", "If-Range": first["ETag"]})
    assert (part.status_code, part["Content-Range"]) == (206, f"bytes 100-{len(RAW) - 1}/{len(RAW)}")
    assert body(part) == RAW[100:]
    aged(ENDS_AFTER)
    assert fetched(path, Range="bytes=100-").status_code == 404
    assert forget_tickets() == 1


def test_every_part_is_remembered(patient, browser):
    path = asked(browser)
    for part in ("bytes=0-9", "bytes=10-19"):
        fetched(path, Range=part).close()
    assert len(reads(patient)) == 2


@pytest.mark.parametrize("ended", ["signed out", "suspended", "password"])
def test_with_the_session_its_tickets_end(patient, browser, ended):
    path = asked(browser)
    if ended == "signed out":
        browser.session.flush()
    elif ended == "suspended":
        Account.objects.filter(pk=patient.account.pk).update(is_active=False)
    else:
        Account.objects.filter(pk=patient.account.pk).update(password="changed")
    assert seen(fetched(path)) == seen(fetched("/nothing/"))
    assert reads(patient) == []


def test_a_professional_stands_there_as_at_the_moment_of_asking(patient, browser):
    carer = a_carer()
    in_care(patient, carer)
    path = asked(browser_of(carer.account), "filing:original")
    assert body(fetched(path)) == RAW
    (entry,) = [entry for entry in history(patient) if entry.event == "file.read"]
    assert (entry.actor, entry.organisation, entry.strength) == (carer.account.pk, carer.organisation.id, "passkey")
    assert entry.session


def test_who_may_not_even_ask_gets_no_ticket(browser):
    assert Client().get(address()).status_code == 302
    assert browser.get(address("filing:original")).status_code == 403
    assert not Ticket.objects.exists()


def test_what_a_ticket_bears_lies_nowhere(browser, caplog):
    path = asked(browser)
    token = path.strip("/")
    (row,) = Ticket.objects.values()
    assert token not in repr(row) + repr(bytes(row["digest"]))
    with caplog.at_level(logging.INFO):
        aged(BEGINS_WITHIN)
        assert fetched(path).status_code == 404
    lines = [FieldsFormatter().format(record) for record in caplog.records]
    assert any('"status": 404' in line for line in lines)
    assert not [line for line in lines if token in line]


def test_only_one_function_hands_documents_out():
    """Another one would have to hand over first, as this one does."""
    calls = [
        path.name for path in Path(project.BASE_DIR, "portal").rglob("*.py") if "document_response(" in path.read_text()
    ]
    assert sorted(calls) == ["originals.py", "serving.py"]
