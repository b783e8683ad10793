"""Recovery codes: 80 bits behind a selector, hashed, good once, slowed down."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import log
from audit.actor import Strength
from portal.accounts import enrolment, recovery
from portal.accounts.models import RecoveryCode, RecoveryDevice
from tests.portal.accounts.conftest import events, give_password, sign_in

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@pytest.mark.asvs("v5.0.0-6.5.4")
def test_a_sheet_has_ten_codes_of_eighty_bits_behind_different_selectors():
    sheet = recovery.draw_sheet()
    assert len(sheet) == len({code[:4] for code in sheet}) == 10
    assert all(len(recovery.split(code)[1]) * 5 >= 80 for code in sheet)


@given(st.text(ALPHABET, min_size=20, max_size=20), st.randoms())
def test_a_code_is_read_however_it_is_typed(code, chance):
    typed = recovery.as_written(code)
    typed = "".join(letter.lower() if chance.random() < 0.5 else letter for letter in typed)
    typed = typed.replace("0", chance.choice("0oO")).replace("1", chance.choice("1iIlL"))
    assert recovery.as_read(f" {typed} ") == code
    assert recovery.as_read(typed.replace("-", chance.choice(["", " ", "-"]))) == code


@given(st.text(max_size=60))
def test_anything_else_is_no_code(typed):
    read = recovery.as_read(typed)
    assert read == "" or (len(read) == 20 and set(read) <= set(ALPHABET))


@pytest.mark.asvs("v5.0.0-6.5.1")
def test_a_code_opens_once_and_is_remembered(people, browser, client):
    person = people()
    sheet = enrolment.issue_recovery_codes(person.account)
    give_password(browser, person)
    assert browser.post("/signin/recovery/", {"code": sheet[3]})["Location"] == "/"
    assert browser.get("/security/").wsgi_request.actor.strength is Strength.RECOVERY
    used = next(entry for entry in log.entries_by(person.account.id) if entry.event == "account.recovery_used")
    assert used.facts["remaining"] == "9"
    give_password(client, person)
    again = client.post("/signin/recovery/", {"code": sheet[3]})
    assert again.status_code == 422
    assert RecoveryCode.objects.count() == 9


def test_wrong_codes_make_the_next_wait(people, browser):
    person = people()
    sheet = enrolment.issue_recovery_codes(person.account)
    give_password(browser, person)
    wrong = sheet[0][:-1] + ("0" if sheet[0][-1] != "0" else "1")
    RecoveryDevice.objects.update(throttling_failure_count=6)
    assert browser.post("/signin/recovery/", {"code": wrong}).status_code == 422
    assert browser.post("/signin/recovery/", {"code": sheet[0]}).status_code == 429
    RecoveryDevice.objects.update(throttling_failure_timestamp=None)
    assert browser.post("/signin/recovery/", {"code": sheet[0]}).status_code == 302


@pytest.mark.asvs("v5.0.0-6.5.2", "v5.0.0-11.4.2")
def test_codes_lie_hashed(people, superuser):
    person = people()
    sheet = enrolment.issue_recovery_codes(person.account)
    text = superuser.execute("SELECT string_agg(row_to_json(c)::text, ' ') FROM accounts_recoverycode c").fetchone()[0]
    assert text.count("argon2$argon2id$") == 10
    for code in sheet:
        secret = recovery.split(recovery.as_read(code))[1]
        assert secret not in text
        assert len(secret) == 16


def test_renewing_asks_for_a_fresh_code_and_shows_the_sheet_once(people, browser):
    person = people()
    former = enrolment.issue_recovery_codes(person.account)
    sign_in(browser, person)
    assert "Show new codes" in browser.get("/security/recovery/").content.decode()
    assert "Is it you?" in browser.post("/security/recovery/").content.decode()
    assert browser.post("/security/recovery/", {"prove": "act", "proof_code": "000000"}).status_code == 422
    RecoveryDevice.objects.update(throttling_failure_timestamp=None)
    page = browser.post("/security/recovery/", {"prove": "act", "proof_code": former[0]})
    shown = re.findall(r"<code>([0-9A-Z-]{24})</code>", page.content.decode())
    assert len(shown) == 10
    assert page["Cache-Control"] == "no-store"
    assert not set(shown) & set(former)
    assert events(person.account.id)[-4:] == [
        "account.factor_refused",
        "account.recovery_used",
        "account.proven_again",
        "account.recovery_renewed",
    ]
    # The weaker proof takes nothing away from a session that stands on a better one.
    assert browser.get("/security/").wsgi_request.actor.strength is Strength.OTP
    assert not re.search(shown[0], browser.get("/security/").content.decode())


def test_a_code_used_before_is_no_fresh_proof(people, browser):
    person = people()
    give_password(browser, person)
    code = person.code()
    browser.post("/signin/code/", {"code": code})
    used, fresh = ({"prove": "act", "proof_code": typed} for typed in (code, person.code(ahead=1)))
    assert browser.post("/security/recovery/", used).status_code == 422
    assert browser.post("/security/recovery/", fresh).status_code in {200, 429}


@pytest.mark.parametrize("path", ["/security/recovery/", "/security/totp/replace/"])
def test_changing_a_factor_is_closed_to_half_a_sign_in(people, browser, path):
    person = people()
    give_password(browser, person)
    assert browser.post(path, {"prove": "act", "proof_code": person.code()})["Location"] == "/signin/code/"
