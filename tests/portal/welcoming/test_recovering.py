"""Coming in again: three days, letters with a code that stops it, and one factor never opens the other."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.sequencing import sequence_once
from portal.accounts.models import Account, Passkey, SealedTOTPDevice
from portal.accounts.recoveries import Recovery, stop_code
from portal.accounts.recovering import WAITS
from portal.notifications.following import follow_log
from portal.notifications.kinds import Channel, Kind
from portal.notifications.models import Letter
from portal.notifications.wording import compose
from portal.notifications.words import three_words
from tests.portal.accounts.conftest import PASSWORD, events, sign_in
from tests.portal.accounts.conftest import people as people
from tests.portal.welcoming.test_welcoming import paper_of

NEW = "sept lanternes au bord du canal"


@pytest.fixture
def visitor(db):
    return Client(headers={"Accept-Language": "en"})


@pytest.fixture
def browser(db):
    return Client()


def asked(visitor, login, lost) -> str:
    return paper_of(visitor.post("/recover/", {"login": login, "lost": lost}))


def let_pass() -> None:
    Recovery.objects.update(asked_at=timezone.now() - WAITS - timedelta(minutes=1))


@pytest.mark.asvs("v5.0.0-6.4.3")
def test_a_lost_password_is_replaced_and_the_second_factor_stays(people, visitor):
    person = people()
    claim = asked(visitor, person.login, "password")
    sent = {"code": claim, "password": NEW}
    assert visitor.post("/recover/finish/", sent).status_code == 422
    let_pass()
    assert visitor.post("/recover/finish/", {**sent, "password": "password1234"}).status_code == 422
    assert visitor.post("/recover/finish/", sent)["Location"] == "/signin/code/"
    assert visitor.get("/security/")["Location"] == "/signin/code/"
    assert visitor.get("/signin/code/").status_code == 200
    assert visitor.post("/signin/code/", {"code": person.code()})["Location"] == "/"
    assert Account.objects.get().check_password(NEW)
    assert {"account.recovery_asked", "account.recovered"} <= set(events(person.account.id))
    assert Client().post("/recover/finish/", sent).status_code == 422


@pytest.mark.asvs("v5.0.0-6.4.4")
def test_a_lost_factor_takes_the_password_and_ends_every_session(people, visitor, browser):
    person = people()
    sign_in(browser, person)
    claim = asked(visitor, person.login, "factor")
    let_pass()
    assert visitor.post("/recover/finish/", {"code": claim, "password": "not the one at all"}).status_code == 422
    assert SealedTOTPDevice.objects.filter(confirmed=True).exists()
    assert visitor.post("/recover/finish/", {"code": claim, "password": PASSWORD})["Location"] == "/signin/code/"
    assert visitor.get("/signin/code/")["Location"] == "/security/totp/"
    assert not SealedTOTPDevice.objects.filter(confirmed=True).exists()
    assert not Passkey.objects.exists()
    assert browser.get("/security/").status_code == 302


def test_the_letter_holds_the_code_that_stops_it(people, visitor):
    person = people()
    claim = asked(visitor, person.login, "password")
    while sequence_once():
        pass
    while follow_log():
        pass
    letter = Letter.objects.get(account=person.account, kind=Kind.RECOVERY_ASKED)
    code = stop_code(person.account.pk)
    for channel in Channel:
        message = compose(channel, [letter], "en", three_words(person.account.pk))
        assert code in message.text
        assert claim not in message.text
    assert len(message.text) <= 160
    assert visitor.post("/recover/stop/", {"code": "AAAA-BBBB"}).status_code == 422
    assert visitor.post("/recover/stop/", {"code": code.lower()})["Location"] == "/signin/"
    let_pass()
    assert visitor.post("/recover/finish/", {"code": claim, "password": NEW}).status_code == 422
    assert Account.objects.get().check_password(PASSWORD)
    assert events(person.account.id)[-1] == "account.recovery_stopped"


@pytest.mark.asvs("v5.0.0-6.3.8")
def test_nobody_learns_whether_there_is_an_account(people, visitor):
    person = people()
    administrator = people("administrator")
    pages = [
        visitor.post("/recover/", {"login": login, "lost": "password"}).content.decode()
        for login in (person.login, "nobody@example.org", administrator.login)
    ]
    # The code of the letter, the nonce of the scripts and the tokens differ each time.
    mains = [page.split("<main")[1] for page in pages]
    blank = [page.split("paper-code")[0] + page.split("</code>")[1] for page in mains]
    strip = [part.split("csrfmiddlewaretoken")[0] for part in blank]
    assert strip[0] == strip[1] == strip[2]
    assert Recovery.objects.count() == 1


def test_a_stranger_cannot_flood_a_mailbox_nor_shut_anybody_out(people, visitor):
    person = people()
    for number in range(6):
        visitor.post("/recover/", {"login": person.login, "lost": "password"}, REMOTE_ADDR=f"198.51.{number}.1")
    assert Recovery.objects.count() == 3
    for _number in range(11):
        last = visitor.post("/recover/", {"login": "nobody@example.org", "lost": "password"}, REMOTE_ADDR="192.0.2.1")
    assert last.status_code == 429


def test_what_waits_holds_no_code_in_clear(people, visitor, superuser):
    person = people()
    claim = asked(visitor, person.login, "password")
    (row,) = superuser.execute("SELECT row_to_json(r)::text FROM accounts_recovery r").fetchone()
    for code in (claim, stop_code(person.account.pk)):
        plain = code.replace("-", "")
        assert plain not in row
        assert plain.encode().hex() not in row
