"""Coming in: both factors, one new session key for each, and an entry for every act."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.utils.translation import gettext
from psycopg import sql

from audit import log
from audit.actor import Role, Strength
from portal.accounts import enrolment
from portal.accounts.models import Account, RecoveryCode, SealedTOTPDevice
from portal.accounts.sessions import Session, stored_key
from portal.acting import session_digest
from tests.portal.accounts.conftest import NOBODY, PASSWORD, events, give_password, sign_in


class CPUTime:
    """Processor seconds, which a busy machine does not stretch; the least of three."""

    def of(self, act) -> float:
        spent = []
        for _round in range(3):
            start = time.process_time()
            act()
            spent.append(time.process_time() - start)
        return min(spent)


def blanked(response) -> str:
    """The body without what differs at every request."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"|nonce="[A-Z]{28}"', "", response.content.decode())


@pytest.mark.asvs("v5.0.0-16.3.1")
@pytest.mark.parametrize("role", ["patient", "professional", "administrator"])
def test_each_audience_comes_in_with_both_factors(people, browser, role):
    person = people(role)
    assert give_password(browser, person)["Location"] == "/signin/code/"
    assert browser.get("/security/")["Location"] == "/signin/code/"
    answer = browser.post("/signin/code/", {"code": person.code()})
    assert answer["Location"] == "/"
    page = browser.get("/security/")
    assert page.status_code == 200
    actor = page.wsgi_request.actor
    assert (actor.id, actor.role, actor.strength) == (person.account.id, Role(role), Strength.OTP)
    assert (actor.professional is not None) == (role == "professional")
    assert events(person.account.id)[-2:] == ["account.password_accepted", "account.signed_in"]
    assert actor.session == session_digest(browser.session.session_key)
    assert next(iter(log.entries_by(person.account.id))).session == actor.session


@pytest.mark.asvs("v5.0.0-7.2.2", "v5.0.0-7.2.4")
def test_the_session_key_changes_at_each_rise(people, browser):
    person = people()
    browser.get("/signin/")
    give_password(browser, person)
    first = browser.session.session_key
    browser.post("/signin/code/", {"code": person.code()})
    second = browser.session.session_key
    assert first != second
    assert not Session.objects.filter(session_key=stored_key(first)).exists()


@pytest.mark.asvs("v5.0.0-7.2.4")
def test_a_session_key_planted_before_is_not_the_one_after(people, browser):
    person = people()
    session = browser.session
    session["planted"] = 1
    session.save()
    browser.cookies["session"] = planted = session.session_key
    give_password(browser, person)
    assert browser.cookies["session"].value != planted
    assert not Session.objects.filter(session_key=stored_key(planted)).exists()


@pytest.mark.asvs("v5.0.0-6.3.8")
def test_a_wrong_password_and_an_unknown_person_answer_alike(people, browser):
    person = people()
    wrong = browser.post("/signin/", {"login": person.login, "password": "not the one at all"})
    unknown = browser.post("/signin/", {"login": "nobody@example.org", "password": "not the one at all"})
    Account.objects.update(is_active=False)
    ended = browser.post("/signin/", {"login": person.login, "password": PASSWORD})
    assert wrong.status_code == unknown.status_code == ended.status_code == 422
    shown = blanked(wrong).replace(person.login, "")
    assert shown == blanked(unknown).replace("nobody@example.org", "")
    assert shown == blanked(ended).replace(person.login, "")
    assert gettext("The address or the password is not right.") in shown


@pytest.mark.asvs("v5.0.0-16.3.1")
def test_a_refusal_is_remembered_without_what_was_typed(people, browser, superuser):
    person = people()
    browser.post("/signin/", {"login": person.login, "password": "not the one at all"})
    browser.post("/signin/", {"login": "stranger-canary@example.org", "password": "typed-canary"})
    known, unknown = reversed(log.entries_by(NOBODY))
    assert known.event == unknown.event == "account.sign_in_refused"
    assert (known.role, known.outcome, known.object_id) == ("anonymous", "refused", person.account.id)
    assert unknown.object_id is None
    bodies = b"".join(bytes(body) for (body,) in superuser.execute("SELECT body FROM audit_entry"))
    assert b"canary" not in bodies


@pytest.mark.asvs("v5.0.0-6.3.8")
def test_unknown_people_cost_a_password_hash_too(people, browser):
    people()
    work = CPUTime()
    known = work.of(
        lambda: browser.post("/signin/", {"login": "patient@example.org", "password": "not the one at all"})
    )
    unknown = work.of(
        lambda: browser.post("/signin/", {"login": "nobody@example.org", "password": "not the one at all"})
    )
    hashing = work.of(lambda: make_password("not the one at all"))
    assert min(known, unknown) > hashing * 0.6


@pytest.mark.asvs("v5.0.0-1.1.1")
def test_the_address_is_found_in_any_spelling(people, browser):
    person = people(login="Anne.Roy@Example.org")
    person.login = "  anne.roy@EXAMPLE.ORG "
    assert give_password(browser, person).status_code == 302


@pytest.mark.asvs("v5.0.0-6.5.1", "v5.0.0-6.5.5")
def test_a_code_is_good_once(people, browser, client):
    person = people()
    code = person.code()
    give_password(browser, person)
    assert browser.post("/signin/code/", {"code": code}).status_code == 302
    give_password(client, person)
    again = client.post("/signin/code/", {"code": code})
    assert again.status_code == 422
    assert "used already" in again.content.decode()
    assert client.get("/security/")["Location"] == "/signin/code/"
    assert events(person.account.id)[-1] == "account.factor_refused"


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "１２３４５６", "-12345", "12 34 5x"])
def test_what_is_not_a_code_is_refused_calmly(people, browser, typed):
    person = people()
    give_password(browser, person)
    assert browser.post("/signin/code/", {"code": typed}).status_code in {200, 422}
    assert not browser.get("/signin/code/").wsgi_request.user.is_verified()


def test_a_code_may_be_pasted_with_a_blank_in_the_middle(people, browser):
    person = people()
    give_password(browser, person)
    code = person.code()
    assert browser.post("/signin/code/", {"code": f" {code[:3]} {code[3:]}"}).status_code == 302


def test_wrong_codes_make_the_next_wait(people, browser):
    person = people()
    give_password(browser, person)
    SealedTOTPDevice.objects.update(throttling_failure_count=6)
    assert browser.post("/signin/code/", {"code": "000000"}).status_code == 422
    held = browser.post("/signin/code/", {"code": person.code()})
    assert held.status_code == 429
    assert 50 < int(held["Retry-After"]) <= 64
    SealedTOTPDevice.objects.update(throttling_failure_timestamp=None)
    assert browser.post("/signin/code/", {"code": person.code()}).status_code == 302


@pytest.mark.asvs("v5.0.0-2.3.4")
def test_one_code_sent_twice_at_once_opens_one_session(people, browser, client):
    person = people()
    give_password(browser, person)
    give_password(client, person)
    code = person.code()

    def send(visitor) -> int:
        try:
            return visitor.post("/signin/code/", {"code": code}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(send, (browser, client))) == [302, 422]


def test_the_wait_for_a_code_stays_bounded(people):
    device = SealedTOTPDevice.objects.get(user=people().account)
    for _failure in range(40):
        device.throttle_increment()
    assert 500 < device.seconds_to_wait() <= 512


@pytest.mark.asvs("v5.0.0-7.4.1")
def test_leaving_ends_the_session_on_the_server(people, browser):
    person = people()
    sign_in(browser, person)
    key = browser.session.session_key
    assert browser.get("/signout/").status_code == 405
    assert browser.post("/signout/")["Location"] == "/signin/"
    assert not Session.objects.filter(session_key=stored_key(key)).exists()
    assert browser.get("/security/")["Location"].startswith("/signin/")
    assert events(person.account.id)[-1] == "account.signed_out"


@pytest.mark.asvs("v5.0.0-7.4.2")
def test_an_ended_account_is_out_at_its_next_request(people, browser):
    person = people()
    sign_in(browser, person)
    Account.objects.update(is_active=False)
    assert browser.get("/security/")["Location"].startswith("/signin/")


def test_the_page_asked_for_comes_back_after_both_factors(people, browser):
    person = people()
    where = browser.get("/security/")["Location"]
    assert where == "/signin/?next=/security/"
    assert 'name="next" value="/security/"' in browser.get(where).content.decode()
    browser.post("/signin/", {"login": person.login, "password": PASSWORD, "next": "/security/"})
    assert browser.post("/signin/code/", {"code": person.code()})["Location"] == "/security/"


@pytest.mark.asvs("v5.0.0-1.2.2", "v5.0.0-3.7.2")
@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example", "nowhere"]
)
def test_the_way_back_never_leads_elsewhere(people, browser, elsewhere):
    person = people()
    browser.post("/signin/", {"login": person.login, "password": PASSWORD, "next": elsewhere})
    assert browser.post("/signin/code/", {"code": person.code()})["Location"] == "/"


def test_the_key_of_a_factor_lies_nowhere_in_clear(people, superuser):
    person = people()
    key = SealedTOTPDevice.objects.get(user=person.account).unseal()
    (row,) = superuser.execute("SELECT row_to_json(d)::text, sealed_key FROM accounts_sealedtotpdevice d").fetchall()
    assert person.secret not in row[0]
    assert key.hex() not in row[0]
    assert key not in row[1]
    assert len(key) == 20


def test_no_table_of_accounts_names_anybody(people, superuser):
    people("patient", login="canary.patient@example.org")
    people("administrator", login="canary.staff@example.org")
    for (table,) in superuser.execute("SELECT tablename FROM pg_tables WHERE tablename LIKE 'accounts\\_%'").fetchall():
        rows = sql.SQL("SELECT string_agg(row_to_json(t)::text, ' ') FROM {} t").format(sql.Identifier(table))
        text = superuser.execute(rows).fetchone()[0] or ""
        assert "canary" not in text
        assert b"canary".hex() not in text


@pytest.mark.asvs("v5.0.0-2.3.3")
@pytest.mark.parametrize("step", ["password", "code", "recovery", "leaving"])
def test_what_cannot_be_remembered_does_not_happen(people, browser, owner, step):
    person = people()
    sheet = enrolment.issue_recovery_codes(person.account)
    if step in {"code", "recovery"}:
        give_password(browser, person)
    if step == "leaving":
        sign_in(browser, person)
    before = browser.cookies["session"].value if "session" in browser.cookies else ""
    owner.execute("REVOKE INSERT ON audit_entry FROM carnet_app")
    browser.raise_request_exception = False
    answer = {
        "password": lambda: give_password(browser, person),
        "code": lambda: browser.post("/signin/code/", {"code": person.code()}),
        "recovery": lambda: browser.post("/signin/recovery/", {"code": sheet[0]}),
        "leaving": lambda: browser.post("/signout/"),
    }[step]()
    assert answer.status_code == 500
    owner.execute("GRANT INSERT ON audit_entry TO carnet_app")
    assert (browser.cookies["session"].value if "session" in browser.cookies else "") == before
    after = browser.get("/security/")
    expected = {"password": "/signin/?next=/security/", "code": "/signin/code/", "recovery": "/signin/code/"}
    assert after.get("Location") == expected.get(step)
    assert RecoveryCode.objects.count() == 10
    # Nothing was used up either: the same proof works once the log does.
    if step == "code":
        assert browser.post("/signin/code/", {"code": person.code()}).status_code == 302


def test_the_actor_of_a_visitor_and_of_half_a_sign_in_stand_on_no_side(people, browser):
    person = people()
    visitor = browser.get("/signin/").wsgi_request.actor
    assert (visitor.id, visitor.role) == (UUID(int=0), Role.ANONYMOUS)
    give_password(browser, person)
    half = browser.get("/signin/code/").wsgi_request.actor
    assert (half.id, half.role, half.strength) == (person.account.id, Role.ANONYMOUS, Strength.PASSWORD)
