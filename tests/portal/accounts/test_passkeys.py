"""Passkeys with a software authenticator: what comes in, and everything that must not."""

import json
import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit import log
from audit.actor import Strength
from portal.accounts import ceremonies
from portal.accounts.models import Passkey, SealedTOTPDevice
from portal.accounts.passkey import NAME_CHARACTERS
from portal.acting import FRESH_KEY, RISEN_KEY
from tests.portal.accounts.authenticator import PRESENT, VERIFIED, Lies, SoftAuthenticator
from tests.portal.accounts.conftest import NOBODY, events, give_password, sign_in

OPTIONS, SIGN_IN = "/signin/passkey/options/", "/signin/passkey/"
ENROLMENT, ADD, BEGIN = (f"/security/passkeys/{part}/" for part in ("options", "add", "begin"))


def enrol(client, device=None, name="My telephone", lies=None):
    """Adds a passkey in a browser that has proven itself; the device and the answer of the page."""
    device = device or SoftAuthenticator()
    options = client.post(ENROLMENT, {"name": name}).json()
    return device, client.post(ADD, {"name": name, "credential": device.create(options, lies)})


def come_in(client, device, lies=None):
    return client.post(SIGN_IN, {"credential": device.get(client.post(OPTIONS).json(), lies)})


@pytest.fixture
def holder(people, browser):
    """Somebody with a passkey, signed out again."""
    person = people()
    sign_in(browser, person)
    device, added = enrol(browser)
    assert added["Location"] == "/security/"
    browser.post("/signout/")
    return person, device


def test_a_passkey_is_both_factors(holder, client):
    person, device = holder
    assert come_in(client, device)["Location"] == "/"
    actor = client.get("/security/").wsgi_request.actor
    assert (actor.id, actor.strength) == (person.account.id, Strength.PASSKEY)
    assert events(person.account.id)[-1] == "account.signed_in"


def test_a_passkey_is_the_second_factor_after_a_password(holder, client):
    person, device = holder
    give_password(client, person)
    assert "Use my passkey" in client.get("/signin/code/").content.decode()
    options = client.post(OPTIONS).json()
    assert len(options["allowCredentials"]) == 1
    device.handle = b""  # An authenticator that was told the credential may leave the handle out.
    assert client.post(SIGN_IN, {"credential": device.get(options)})["Location"] == "/"


def test_the_session_key_changes_and_the_ceremony_asks_for_verification(holder, client):
    _person, device = holder
    options = client.post(OPTIONS).json()
    assert options["userVerification"] == "required"
    assert "allowCredentials" not in options or options["allowCredentials"] == []
    before = client.session.session_key
    assert client.session.get_expiry_age() <= ceremonies.SECONDS
    client.post(SIGN_IN, {"credential": device.get(options)})
    assert client.session.session_key != before
    assert client.session.get_expiry_age() > ceremonies.SECONDS


WRONG = {
    "wrong origin": Lies(origin="https://carnet.evil.example"),
    "same host, another port": Lies(origin="http://localhost:8001"),
    "wrong relying party": Lies(rp_id="evil.example"),
    "nobody present": Lies(flags_off=PRESENT),
    "nobody verified": Lies(flags_off=VERIFIED),
    "an answer of another ceremony": Lies(kind="webauthn.create"),
    "another challenge": Lies(challenge=bytes(32)),
    "somebody else's handle": Lies(handle=bytes(64)),
    "no handle": Lies(handle=b""),
    "another signature": Lies(signature=b"0\x06\x02\x01\x01\x02\x01\x01"),
}


@pytest.mark.asvs("v5.0.0-9.1.2", "v5.0.0-9.2.2")
@pytest.mark.parametrize("lies", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_refused(holder, client, lies):
    _person, device = holder
    refused = come_in(client, device, lies)
    assert refused.status_code == 422
    assert 'data-passkey="get"' in refused.content.decode()
    assert client.get("/security/").status_code == 302
    assert next(iter(log.entries_by(NOBODY))).event == "account.sign_in_refused"
    assert come_in(client, device).status_code == 302


@pytest.mark.asvs("v5.0.0-6.7.2")
def test_an_answer_is_good_once(holder, client, browser):
    _person, device = holder
    device.counts = False
    options = client.post(OPTIONS).json()
    answer = device.get(options)
    assert client.post(SIGN_IN, {"credential": answer}).status_code == 302
    client.post("/signout/")
    assert client.post(SIGN_IN, {"credential": answer}).status_code == 422
    # Neither in a session that has a challenge of its own.
    browser.post(OPTIONS)
    assert browser.post(SIGN_IN, {"credential": answer}).status_code == 422


@pytest.mark.asvs("v5.0.0-6.7.2")
def test_a_refused_answer_uses_the_challenge_up(holder, client):
    _person, device = holder
    options = client.post(OPTIONS).json()
    assert client.post(SIGN_IN, {"credential": "{}"}).status_code == 422
    assert client.post(SIGN_IN, {"credential": device.get(options)}).status_code == 422


@pytest.mark.asvs("v5.0.0-9.2.1")
def test_a_challenge_lasts_for_minutes(holder, client):
    _person, device = holder
    options = client.post(OPTIONS).json()
    session = client.session
    session["ceremony"] = {**session["ceremony"], "at": time.time() - ceremonies.SECONDS - 1}
    session.save()
    assert client.post(SIGN_IN, {"credential": device.get(options)}).status_code == 422


def test_a_counter_that_goes_back_is_a_copy(holder, client):
    _person, device = holder
    assert come_in(client, device, Lies(count=7)).status_code == 302
    client.post("/signout/")
    for count in (7, 6, 0):
        assert come_in(client, device, Lies(count=count)).status_code == 422, count
    assert come_in(client, device, Lies(count=8)).status_code == 302


@pytest.mark.asvs("v5.0.0-6.5.6")
def test_a_removed_passkey_opens_nothing_and_its_sessions_fall(holder, client, browser):
    person, device = holder
    come_in(client, device)
    browser.cookies.clear()
    give_password(browser, person)
    browser.post("/signin/code/", {"code": person.code(1)})
    session = browser.session
    session[FRESH_KEY] = time.time()
    session.save()
    where = f"/security/passkeys/{Passkey.objects.get().pk}/remove/"
    assert "My telephone" in browser.get(where).content.decode()
    assert browser.post(where, {"remove": "yes"})["Location"] == "/security/"
    assert events(person.account.id)[-1] == "account.factor_removed"
    assert client.get("/security/").status_code == 302
    client.cookies.clear()
    assert come_in(client, device).status_code == 422


def test_an_ended_account_does_not_come_in(holder, client, superuser):
    _person, device = holder
    superuser.execute("UPDATE accounts_account SET is_active = false")
    assert come_in(client, device).status_code == 422


def test_somebody_else_s_passkey_does_not_finish_my_sign_in(holder, people, client):
    _person, device = holder
    other = people(login="other@example.org")
    give_password(client, other)
    assert come_in(client, device).status_code == 422
    assert client.get("/security/")["Location"] == "/signin/code/"


@pytest.mark.asvs("v5.0.0-7.5.1")
def test_adding_asks_for_a_fresh_proof(people, browser):
    person = people()
    sign_in(browser, person)
    session = browser.session
    session[RISEN_KEY] = 0
    session.save()
    assert "Is it you?" in browser.get(ADD).content.decode()
    assert browser.post(ENROLMENT, {"name": "x"}).status_code == 403
    proven = browser.post(ADD, {"prove": "look", "proof_code": person.code(1)})
    assert proven["Location"] == ADD
    assert "Make the passkey" in browser.get(ADD).content.decode()
    assert events(person.account.id)[-1] == "account.proven_again"


@pytest.mark.asvs("v5.0.0-9.2.3")
@pytest.mark.parametrize(
    "lies",
    [WRONG["wrong origin"], WRONG["wrong relying party"], WRONG["nobody verified"], Lies(kind="webauthn.get")],
    ids=["origin", "relying party", "verified", "kind"],
)
def test_a_passkey_made_elsewhere_is_not_kept(people, browser, lies):
    sign_in(browser, people())
    _device, answer = enrol(browser, lies=lies)
    assert answer.status_code == 422
    assert not Passkey.objects.exists()


def test_one_credential_belongs_to_one_account(holder, people, client):
    _person, device = holder
    sign_in(client, people(login="other@example.org"))
    _device, answer = enrol(client, device)
    assert answer.status_code == 422
    assert Passkey.objects.count() == 1


def test_what_is_kept_names_nobody(people, browser, superuser):
    person = people("administrator")
    sign_in(browser, person)
    options = browser.post(ENROLMENT, {"name": "Canary phone"}).json()
    assert options["user"]["name"] == "Administrator · Canary phone"
    assert len(options["user"]["id"]) > 80
    assert person.account.id.hex not in json.dumps(options).replace("-", "")
    enrol(browser, name="Canary phone")
    (row,) = superuser.execute("SELECT row_to_json(p)::text FROM accounts_passkey p").fetchone()
    assert b"Canary".hex() not in row
    assert "Canary" not in row
    assert Passkey.objects.get().aaguid == ""
    tables = "django_otp_webauthn_webauthncredential", "django_otp_webauthn_webauthnattestation"
    for table in tables:
        assert superuser.execute(f"SELECT count(*) FROM {table}").fetchone() == (0,)


def test_every_name_has_one_length(people):
    made = []
    for name in ("x", "é" * NAME_CHARACTERS, "my telephone"):
        passkey = Passkey(user=people(login=f"p{len(made)}@example.org").account)
        passkey.take_name(name)
        made.append(len(passkey.sealed_name))
        assert passkey.own_name == name
    assert len(set(made)) == 1


@pytest.mark.asvs("v5.0.0-6.3.3", "v5.0.0-8.4.2")
def test_administrators_need_a_passkey(people, browser, client):
    person = people("administrator")
    sign_in(browser, person)
    assert browser.get("/administration/")["Location"] == "/security/passkeys/first/"
    assert "Add a passkey" in browser.get("/security/passkeys/first/").content.decode()
    device, _answer = enrol(browser)
    assert browser.get("/administration/").status_code == 200
    # Once there is one, a password and a code are no longer enough.
    give_password(client, person)
    client.post("/signin/code/", {"code": person.code(1)})
    assert client.get("/administration/")["Location"] == "/security/passkeys/first/"
    assert "Use my passkey" in client.get("/security/passkeys/first/").content.decode()
    assert come_in(client, device).status_code == 302
    assert client.get("/administration/").status_code == 200


def test_the_last_passkey_of_an_administrator_stays(people, browser):
    sign_in(browser, people("administrator"))
    device, _answer = enrol(browser)
    where = f"/security/passkeys/{Passkey.objects.get().pk}/remove/"
    proof = {"prove": "act", "remove": "yes", "credential": device.get(browser.post(OPTIONS).json())}
    kept = browser.post(where, proof)
    assert kept.status_code == 400
    assert "Add another one" in kept.content.decode()
    assert Passkey.objects.count() == 1


def test_a_password_alone_cannot_add_a_factor_beside_a_passkey(holder, client, superuser):
    person, _device = holder
    superuser.execute("DELETE FROM accounts_sealedtotpdevice")
    give_password(client, person)
    assert client.get("/signin/code/").status_code == 200
    assert client.get("/security/totp/")["Location"] == "/security/"


@given(
    typed=st.one_of(
        st.text(max_size=200),
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=20),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["id", "rawId", "type", "response", "userHandle", "clientDataJSON", "signature"]),
                    inner,
                    max_size=5,
                )
            ),
            max_leaves=12,
        ).map(json.dumps),
    )
)
def test_whatever_is_sent_ends_in_a_refusal(typed):
    assert ceremonies.judge_sign_in(None, {"challenge": "AAAA", "require_user_verification": True}, typed) is None


@pytest.mark.parametrize("part", ["authenticatorData", "clientDataJSON", "signature", "userHandle", "rawId", "id"])
def test_a_mutilated_answer_ends_in_a_refusal(holder, client, part):
    _person, device = holder
    for broken in ("", "AA", "é", "A" * 5000, 7, None, {}):
        answer = json.loads(device.get(client.post(OPTIONS).json()))
        (answer if part in answer else answer["response"])[part] = broken
        assert client.post(SIGN_IN, {"credential": json.dumps(answer)}).status_code == 422, broken


def begin(client, device=None):
    """What the page of a newcomer does: options without a name, the answer of the device."""
    options = client.post(ENROLMENT).json()
    return client.post(BEGIN, {"credential": (device or SoftAuthenticator()).create(options)})


def test_a_newcomer_begins_with_a_passkey(people, browser, client):
    person, device = people(factor=False), SoftAuthenticator()
    give_password(browser, person)
    assert "Make the passkey" in browser.get("/security/totp/").content.decode()
    before = browser.session.session_key
    page = begin(browser, device)
    assert len(re.findall(r"<code>[0-9A-Z-]{24}</code>", page.content.decode())) == 10
    assert browser.session.session_key != before
    assert browser.get("/security/").wsgi_request.actor.strength is Strength.PASSKEY
    assert not SealedTOTPDevice.objects.exists()
    assert events(person.account.id) == [
        "account.password_accepted", "account.recovery_renewed", "account.factor_added", "account.signed_in",
    ]  # fmt: skip
    assert come_in(client, device)["Location"] == "/"
    # An authenticator can come beside it, after a fresh proof, which a sign-in is not.
    assert "Is it you?" in browser.post("/security/totp/replace/").content.decode()


def test_with_the_password_alone_no_passkey_comes_beside_a_factor(people, browser, client):
    """Two open set-ups: whichever factor is confirmed first closes the other session's way."""
    person = people(factor=False)
    give_password(browser, person)
    give_password(client, person)
    options = client.post(ENROLMENT).json()
    page = browser.get("/security/totp/").content.decode()
    person.secret = re.search(r'id="totp-key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    assert browser.post("/security/totp/", {"code": person.code()}).status_code == 200
    late = client.post(BEGIN, {"credential": SoftAuthenticator().create(options)})
    assert late["Location"] == "/signin/code/"
    assert client.post(ENROLMENT).status_code == 403
    assert not Passkey.objects.exists()


def test_the_first_passkey_ends_a_set_up_left_open_elsewhere(people, browser, client):
    person = people(factor=False)
    give_password(client, person)
    page = client.get("/security/totp/").content.decode()
    person.secret = re.search(r'id="totp-key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    give_password(browser, person)
    begin(browser)
    client.post("/security/totp/", {"code": person.code()})
    assert not SealedTOTPDevice.objects.exists()
    assert client.get("/security/").status_code == 302
    assert browser.get("/security/").status_code == 200


def test_a_first_passkey_that_is_none_leaves_the_other_way_open(people, browser):
    person = people(factor=False)
    give_password(browser, person)
    browser.post(ENROLMENT)
    assert browser.post(BEGIN, {"credential": "{}"})["Location"] == "/signin/code/"
    assert "totp-key" in browser.get("/security/totp/").content.decode()
    assert browser.get("/security/")["Location"] == "/signin/code/"
    assert not Passkey.objects.exists()
