"""From an invitation to an account, and what administrators do with accounts: two codes, one log, no name too many."""

import re

import pytest
from django.test import Client

from audit.events import Event
from audit.log import entries_by
from consent.models import Membership, Organisation, Professional
from portal.accounts.logins import digest_of
from portal.accounts.models import Account, Passkey
from portal.accounts.sessions import Session
from portal.demo.numbers import rpps_number
from portal.notifications.held import HeldAddress
from portal.welcoming.models import Invitation
from portal.welcoming.rpps import is_rpps
from records.models import Dossier
from tests.portal.accounts.conftest import NOBODY
from tests.portal.ward import a_carer, a_patient, acts, an_account, browser_of

PASSWORD = "sept lanternes au bord du canal"
SOMEBODY = {
    "family": "Canary-Legoff", "given": "Nolwenn", "birth_date": "1990-02-03", "sex": "female",
    "mail": "nolwenn@example.org", "second": "mail",
}  # fmt: skip
COLLEAGUE = {
    "rpps": rpps_number(77), "title": "Dr", "given": "Mona", "family": "Riou", "profession": "doctor",
    "mail": "mona.riou@example.org", "verified": "on",
}  # fmt: skip


@pytest.fixture
def newcomer(db):
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture
def doctor(db):
    return a_carer()


@pytest.fixture
def administrator(db):
    return an_account("administrator")


def paper_of(answer) -> str:
    assert answer.status_code == 200, answer.content.decode()[-900:]
    return re.search(r'class="paper-code">([\w-]+)<', answer.content.decode())[1]


def invited(doctor, **changed) -> str:
    return paper_of(browser_of(doctor.account).post("/pro/invite/", SOMEBODY | changed))


def second_code() -> str:
    return HeldAddress.objects.get(is_former=False).opened().code


@pytest.mark.asvs("v5.0.0-6.3.6", "v5.0.0-6.4.1")
def test_two_codes_by_two_ways_open_an_account(doctor, newcomer):
    code = invited(doctor)
    assert re.fullmatch(r"(\w{4}-){3}\w{4}", code)
    account = Account.objects.get(role="patient")
    assert not account.has_usable_password()
    assert not HeldAddress.objects.exists()
    assert newcomer.get("/welcome/second/")["Location"] == "/welcome/"
    assert newcomer.post("/welcome/", {"code": f" {code.lower()} "})["Location"] == "/welcome/second/"
    held = HeldAddress.objects.get()
    assert (held.channel, held.opened().address) == ("mail", SOMEBODY["mail"])
    assert second_code() not in newcomer.get("/welcome/second/").content.decode()
    answer = newcomer.post("/welcome/second/", {"code": second_code(), "password": PASSWORD})
    assert answer["Location"] == "/signin/code/"
    assert newcomer.get("/signin/code/")["Location"] == "/security/totp/"
    # The language they came in, not that of whoever invited them.
    assert Account.objects.get(role="patient").language == "en"
    assert Invitation.objects.get().used_at is not None
    assert bytes(Invitation.objects.get().sealed) == b""
    newcomer.post("/signout/")
    assert newcomer.post("/signin/", {"login": SOMEBODY["mail"], "password": PASSWORD})["Location"] == "/signin/code/"
    # Neither code is good a second time.
    assert newcomer.post("/welcome/", {"code": code}).status_code == 422


def test_the_second_code_may_go_by_sms(doctor, newcomer):
    code = invited(doctor, second="sms", phone="06 11 22 33 44")
    newcomer.post("/welcome/", {"code": code})
    held = HeldAddress.objects.get()
    assert (held.channel, held.opened().address) == ("sms", "+33611223344")


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"second": "sms", "phone": "12"}, "no telephone number"),
        ({"mail": "none"}, "valid email"),
        ({"birth_date": "1890-01-01"}, "Check the year"),
        ({"birth_date": "2090-01-01"}, "Check the year"),
        ({"ins": "123"}, "number"),
    ],
)
def test_an_invitation_with_a_mistake_makes_nothing(doctor, changed, sentence):
    answer = browser_of(doctor.account).post("/pro/invite/", SOMEBODY | changed)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert not Account.objects.filter(role="patient").exists()
    assert not Dossier.objects.exists()


def test_one_address_opens_one_account(doctor):
    invited(doctor)
    again = browser_of(doctor.account).post("/pro/invite/", SOMEBODY)
    assert again.status_code == 422
    assert "already opens an account" in again.content.decode()
    assert Dossier.objects.count() == 1


def test_what_waits_names_nobody_and_is_in_the_log(doctor, superuser):
    invited(doctor)
    (row,) = superuser.execute("SELECT row_to_json(i)::text FROM welcoming_invitation i").fetchone()
    assert "nolwenn" not in row
    assert b"nolwenn".hex() not in row
    assert {"account.created", "dossier.created", "account.invited"} <= {event for event, _ in acts(doctor.account)}
    assert not Client().get(f"/pro/patients/{Dossier.objects.get().pk}/").content


def test_wrong_codes_open_nothing_and_are_slowed_down(doctor, newcomer):
    code = invited(doctor)
    for _try in range(10):
        assert newcomer.post("/welcome/", {"code": "AAAA-BBBB-CCCC-DDDD"}).status_code == 422
    assert newcomer.post("/welcome/", {"code": code}).status_code == 429
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert newcomer.post("/welcome/", {"code": code}, **elsewhere).status_code == 302
    for _try in range(5):
        answer = newcomer.post("/welcome/second/", {"code": "000000", "password": PASSWORD})
        assert answer.status_code == 422
    right = newcomer.post("/welcome/second/", {"code": second_code(), "password": PASSWORD})
    assert right.status_code == 422
    assert not Account.objects.get(role="patient").has_usable_password()
    assert Event.ACCOUNT_INVITATION_REFUSED.dotted in {entry.event for entry in entries_by(NOBODY)}


def test_a_weak_password_does_not_use_the_code_up(doctor, newcomer):
    newcomer.post("/welcome/", {"code": invited(doctor)})
    assert newcomer.post("/welcome/second/", {"code": second_code(), "password": "password1234"}).status_code == 422
    assert newcomer.post("/welcome/second/", {"code": second_code(), "password": PASSWORD}).status_code == 302


@pytest.mark.asvs("v5.0.0-6.4.1")
def test_an_invitation_gets_old(doctor, newcomer):
    code = invited(doctor)
    Invitation.objects.update(made_at="2026-01-01T00:00:00Z")
    assert newcomer.post("/welcome/", {"code": code}).status_code == 422


@pytest.mark.asvs("v5.0.0-2.2.1")
@pytest.mark.parametrize("number", ["10000000002", "1000000000", "1000000000x", "１００００００００１６", ""])
def test_a_wrong_rpps_number_is_refused_by_its_form(administrator, doctor, number):
    assert not is_rpps(number)
    typed = COLLEAGUE | {"rpps": number, "organisation": str(doctor.organisation.pk)}
    assert browser_of(administrator).post("/administration/people/new/", typed).status_code == 422
    assert Professional.objects.count() == 1


def test_a_professional_is_looked_up_entered_and_comes_in(administrator, doctor, newcomer):
    assert is_rpps(COLLEAGUE["rpps"])
    browser = browser_of(administrator)
    typed = COLLEAGUE | {"organisation": str(doctor.organisation.pk)}
    assert browser.post("/administration/people/new/", {**typed, "verified": ""}).status_code == 422
    code = paper_of(browser.post("/administration/people/new/", typed))
    person = Professional.objects.get(family="Riou")
    assert Membership.objects.get(professional=person).organisation == doctor.organisation
    assert "professional.verified" in {event for event, _ in acts(administrator)}
    newcomer.post("/welcome/", {"code": code})
    accepted = newcomer.post("/welcome/second/", {"code": second_code(), "password": PASSWORD})
    assert accepted["Location"] == "/signin/code/"
    assert browser.post("/administration/people/new/", typed).status_code == 422


def test_another_paper_code_replaces_the_former(administrator, doctor, newcomer):
    browser = browser_of(administrator)
    first = paper_of(
        browser.post("/administration/people/new/", COLLEAGUE | {"organisation": str(doctor.organisation.pk)})
    )
    person = Professional.objects.get(family="Riou")
    second = paper_of(browser.post(f"/administration/people/{person.pk}/again/"))
    assert newcomer.post("/welcome/", {"code": first}).status_code == 422
    assert newcomer.post("/welcome/", {"code": second}).status_code == 302


@pytest.mark.asvs("v5.0.0-7.4.2", "v5.0.0-7.4.5")
def test_suspending_ends_the_session_at_once_and_can_be_taken_back(administrator, doctor):
    theirs, browser = browser_of(doctor.account), browser_of(administrator)
    where = f"/administration/people/{doctor.person.pk}/"
    assert theirs.get("/pro/").status_code == 200
    browser.post(f"{where}suspend/")
    assert theirs.get("/pro/").status_code == 302
    assert not Session.objects.filter(account=doctor.account).exists()
    assert "Open again" in browser.get(where).content.decode()
    browser.post(f"{where}restore/")
    assert browser_of(doctor.account).get("/pro/").status_code == 200
    browser.post(f"{where}end/")
    assert browser.post(f"{where}restore/").status_code == 400
    assert not Account.objects.get(pk=doctor.account.pk).is_active
    kinds = [event for event, outcome in acts(administrator) if event.startswith("account.")]
    assert kinds == ["account.suspended", "account.restored", "account.ended"]


def test_nobody_suspends_themselves(administrator):
    person = Professional.objects.create(account=administrator, family="Both", given="", profession="doctor")
    answer = browser_of(administrator).post(f"/administration/people/{person.pk}/suspend/")
    assert answer.status_code == 400
    assert "Another administrator" in answer.content.decode()


@pytest.mark.asvs("v5.0.0-6.4.6")
def test_lost_passkeys_are_removed_and_nothing_else(administrator, doctor):
    browser_of(doctor.account)
    assert Passkey.objects.filter(user=doctor.account).exists()
    browser_of(administrator).post(f"/administration/people/{doctor.person.pk}/free/")
    assert not Passkey.objects.filter(user=doctor.account).exists()
    assert Account.objects.get(pk=doctor.account.pk).is_active


def test_memberships_begin_and_end(administrator, doctor):
    browser, where = browser_of(administrator), f"/administration/people/{doctor.person.pk}/"
    place = Organisation.objects.create(name="Centre de Kerlann")
    browser.post(f"{where}join/", {"organisation": str(place.pk)})
    assert "Centre de Kerlann" in browser.get(where).content.decode()
    assert browser.post(f"{where}join/", {"organisation": str(place.pk)}).status_code == 400
    work = Membership.objects.get(organisation=place)
    theirs = browser_of(doctor.account)
    browser.post(f"{where}leave/", {"membership": str(work.pk)})
    assert theirs.get("/pro/").status_code == 302
    browser.post("/administration/people/organisations/", {"end": str(doctor.organisation.pk)})
    assert browser_of(doctor.account).get("/pro/").status_code == 403
    assert {"membership.created", "membership.ended", "organisation.ended"} <= {e for e, _ in acts(administrator)}


def test_an_organisation_is_entered_once(administrator):
    browser, typed = browser_of(administrator), {"name": "Clinique", "place": "Brest", "finess": "290000017"}
    assert browser.post("/administration/people/organisations/", typed).status_code == 302
    assert browser.post("/administration/people/organisations/", typed).status_code in {400, 422}
    assert Organisation.objects.filter(name="Clinique").count() == 1


def test_the_death_of_a_patient_closes_everything(administrator):
    patient = a_patient()
    Account.objects.filter(pk=patient.account.pk).update(login_digest=digest_of("m@x.fr"))
    theirs, browser = browser_of(patient.account), browser_of(administrator)
    found = browser.post("/administration/people/find/", {"login": "m@x.fr"}).content.decode()
    assert "There is an account" in found
    assert patient.identity.family not in found
    browser.post("/administration/people/patient/died/", {"login": "m@x.fr"})
    assert theirs.get("/home/").status_code == 302
    assert Dossier.objects.get().closed_at is not None
    assert Account.objects.get(pk=patient.account.pk).ended_at is not None
    assert {"account.ended", "dossier.closed"} <= {event for event, _ in acts(administrator)}


@pytest.mark.parametrize("who", ["patient", "professional", "adviser"])
def test_only_administrators_direct(db, who):
    account = a_carer().account if who == "professional" else an_account(who)
    for page in ("people/", "people/new/", "people/organisations/"):
        assert browser_of(account).get(f"/administration/{page}").status_code == 403


def test_a_stale_administrator_is_asked_again(administrator, doctor):
    browser = browser_of(administrator)
    session = browser.session
    session["fresh"] = 0
    session.save()
    asked = browser.post(f"/administration/people/{doctor.person.pk}/suspend/")
    assert "Is it you?" in asked.content.decode()
    assert Account.objects.get(pk=doctor.account.pk).is_active
