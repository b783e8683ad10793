"""A first sign-in without a second factor leads to its set-up, and nowhere else."""

import re
import time
from base64 import b32decode

import pytest
from django.db import transaction
from django.utils import translation
from django_otp.oath import hotp

from audit.actor import Actor, Strength
from audit.log import OutsideTransaction
from portal.accounts import enrolment
from portal.accounts.models import Account, RecoveryCode, SealedTOTPDevice
from portal.ui import qr
from records import house
from tests.portal.accounts.conftest import PASSWORD, events, give_password, sign_in


def code_on(page, ahead: int = 0) -> str:
    """The code of the key that the set-up page shows."""
    key = re.search(r'id="totp-key">([A-Z2-7 ]+)<', page.content.decode()).group(1).replace(" ", "")
    return f"{hotp(b32decode(key), int(time.time()) // 30 + ahead):06d}"


def test_the_first_sign_in_sets_the_factor_up(people, browser):
    person = people(factor=False)
    give_password(browser, person)
    assert browser.get("/signin/code/")["Location"] == "/security/totp/"
    assert browser.get("/security/")["Location"] == "/signin/code/"
    before = browser.session.session_key
    page = browser.get("/security/totp/")
    assert 'fill="#000"' in page.content.decode()
    assert " style=" not in page.content.decode()
    shown = browser.post("/security/totp/", {"code": code_on(page)})
    assert len(re.findall(r"<code>[0-9A-Z-]{24}</code>", shown.content.decode())) == 10
    assert browser.session.session_key != before
    assert browser.get("/security/").wsgi_request.actor.strength is Strength.OTP
    assert RecoveryCode.objects.filter(device__user=person.account).count() == 10
    assert events(person.account.id) == [
        "account.password_accepted", "account.recovery_renewed", "account.factor_added", "account.signed_in",
    ]  # fmt: skip


def test_reloading_the_set_up_page_keeps_the_key_and_changes_nothing(people, browser):
    give_password(browser, people(factor=False))
    first, second = browser.get("/security/totp/"), browser.get("/security/totp/")
    assert code_on(first) == code_on(second)
    assert SealedTOTPDevice.objects.count() == 1


def test_a_wrong_first_code_confirms_nothing(people, browser):
    person = people(factor=False)
    give_password(browser, person)
    assert browser.post("/security/totp/", {"code": "000000"}).status_code == 422
    assert not enrolment.has_authenticator(person.account)
    assert browser.get("/security/")["Location"] == "/signin/code/"


@pytest.mark.asvs("v5.0.0-2.3.1")
def test_the_code_page_opens_nothing_before_a_factor_exists(people, browser):
    person = people(factor=False)
    give_password(browser, person)
    code = code_on(browser.get("/security/totp/"))
    assert browser.post("/signin/code/", {"code": code})["Location"] == "/security/totp/"
    assert browser.get("/security/")["Location"] == "/signin/code/"


def test_another_session_sees_another_key(people, browser, client):
    person = people(factor=False)
    give_password(browser, person)
    give_password(client, person)
    assert code_on(browser.get("/security/totp/")) != code_on(client.get("/security/totp/"))


def test_a_factor_in_place_cannot_be_added_beside_with_the_password_alone(people, browser):
    person = people()
    give_password(browser, person)
    assert browser.get("/security/totp/")["Location"] == "/security/"
    assert SealedTOTPDevice.objects.count() == 1


def test_a_set_up_left_open_with_the_password_alone_ends_when_a_factor_is_in_place(people, browser, client):
    """Whoever knew the password before the owner's first sign-in must not replace the owner's device."""
    person = people(factor=False)
    give_password(browser, person)
    theirs = code_on(browser.get("/security/totp/"))
    give_password(client, person)
    assert client.post("/security/totp/", {"code": code_on(client.get("/security/totp/"))}).status_code == 200
    owners = SealedTOTPDevice.objects.get(user=person.account, confirmed=True)
    browser.post("/security/totp/", {"code": theirs})
    assert SealedTOTPDevice.objects.get(user=person.account, confirmed=True) == owners
    assert browser.get("/security/")["Location"] == "/signin/code/"
    assert client.get("/security/").status_code == 200


def test_replacing_asks_for_a_fresh_code_and_ends_the_former_device(people, browser, client):
    person = people()
    sheet = enrolment.issue_recovery_codes(person.account)
    sign_in(client, person)
    give_password(browser, person)
    browser.post("/signin/recovery/", {"code": sheet[0]})
    assert browser.get("/security/totp/")["Location"] == "/security/"
    proof = {"prove": "act", "proof_code": sheet[1]}
    assert browser.post("/security/totp/replace/", proof)["Location"] == "/security/totp/"
    page = browser.get("/security/totp/")
    assert browser.post("/security/totp/", {"code": code_on(page)})["Location"] == "/security/"
    assert browser.get("/security/").wsgi_request.actor.strength is Strength.OTP
    assert SealedTOTPDevice.objects.get().confirmed
    # The other session stood on the former device: it has to show the new one.
    assert client.get("/security/")["Location"] == "/signin/?next=/security/"
    assert "account.factor_added" in events(person.account.id)


def test_the_picture_holds_the_address_with_its_margin():
    picture = qr.picture("otpauth://totp/Carnet:Patient?secret=ABC")
    assert picture.side >= 29
    assert picture.path.startswith("M4 4h1v1h-1z")
    assert "M" not in repr(picture)


def test_the_address_of_the_key_names_nobody(people):
    person = people()
    address = enrolment.key_as_address(SealedTOTPDevice.objects.get())
    assert address.startswith("otpauth://totp/Carnet%3APatient?secret=")
    assert person.secret in address
    assert "example" not in address
    assert str(person.account.id)[:8] not in address


def test_staff_addresses_are_sealed_and_patients_kept_elsewhere(people):
    patient, administrator = people("patient").account, people("administrator").account
    assert Account.objects.get(pk=patient.pk).sealed_contact == b""
    sealed = Account.objects.get(pk=administrator.pk).sealed_contact
    assert house.open_for_house("contact", administrator.pk, sealed) == b"administrator@example.org"


@pytest.mark.parametrize(
    ("login", "password", "why"),
    [
        ("not-an-address", PASSWORD, "address"),
        ("new@example.org", "short", "12 characters"),
        ("new@example.org", "password1234", "common"),
        ("marguerite.lefevre@example.org", "marguerite.lefevre1", "hard to guess"),
        ("new@example.org", "Carnet-sante-2026", "nobody would expect"),
        ("patient@example.org", PASSWORD, "already"),
    ],
)
def test_a_bad_account_is_refused_with_a_sentence(people, login, password, why):
    people()
    with pytest.raises(enrolment.Invalid, match=why), transaction.atomic(), translation.override("en"):
        enrolment.create_account(
            actor=Actor.system("seed"), login=login, password=password, role="patient", language="en"
        )
    assert Account.objects.count() == 1


@pytest.mark.parametrize(("role", "language"), [("king", "fr"), ("patient", "de")])
def test_unknown_roles_and_languages_are_refused(db, role, language):
    with pytest.raises(enrolment.Invalid), transaction.atomic():
        enrolment.create_account(
            actor=Actor.system("seed"), login="a@example.org", password=PASSWORD, role=role, language=language
        )


def test_an_account_is_made_inside_a_transaction_only(db):
    with pytest.raises(OutsideTransaction):
        enrolment.create_account(actor=Actor.system("seed"), login="a@example.org", password=PASSWORD, role="patient")
