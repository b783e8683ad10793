"""A sign-in on a device not seen before is told of; the same device again is not."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.log import entries_by
from audit.sequencing import sequence_once
from portal.accounts.devices import REMEMBERED_DAYS, KnownDevice, forget_unseen
from portal.accounts.models import SealedTOTPDevice
from portal.notifications.following import follow_log
from portal.notifications.kinds import Channel, Kind
from portal.notifications.models import Delivery, Letter
from tests.portal.accounts.conftest import give_password, sign_in


def devices_in_the_log(person) -> list[str]:
    found = [entry for entry in entries_by(person.account.pk) if entry.event == "account.signed_in"]
    return [entry.facts["device"] for entry in reversed(found)]


def sign_in_later(client, person):
    """With the next code: each is good once."""
    SealedTOTPDevice.objects.filter(user=person.account).update(last_step=-1)
    return sign_in(client, person)


@pytest.mark.asvs("v5.0.0-6.3.5")
@pytest.mark.parametrize("role", ["patient", "professional", "administrator"])
def test_a_new_device_is_told_of_once_by_every_way(people, role):
    person, browser = people(role), Client()
    for client in (browser, browser, Client()):
        sign_in_later(client, person)
        client.post("/signout/")
    assert devices_in_the_log(person) == ["new", "known", "new"]
    sequence_once()
    follow_log()
    letters = Letter.objects.filter(account=person.account, kind=Kind.NEW_DEVICE)
    assert letters.count() == 2
    assert set(Delivery.objects.filter(letter__in=letters).values_list("channel", flat=True)) == set(Channel)


@pytest.mark.asvs("v5.0.0-3.3.4")
def test_the_cookie_is_closed_to_scripts_outlives_the_session_and_is_not_what_the_table_keeps(people, browser):
    person = people()
    cookie = sign_in(browser, person).cookies["device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert cookie["max-age"] == REMEMBERED_DAYS * 24 * 60 * 60
    browser.post("/signout/")
    assert browser.cookies["device"].value == cookie.value
    kept = bytes(KnownDevice.objects.get().digest)
    assert cookie.value.encode() not in kept
    assert len(kept) == 32


def test_two_people_at_one_browser_are_both_known_and_their_rows_have_nothing_in_common(people, browser):
    first, second = people(login="first@example.org"), people(login="second@example.org")
    for person in (first, second, first, second):
        sign_in_later(browser, person)
        browser.post("/signout/")
    assert devices_in_the_log(first) == devices_in_the_log(second) == ["new", "known"]
    assert len({bytes(row.digest) for row in KnownDevice.objects.all()}) == 2


@pytest.mark.parametrize("planted", ["", "x", "../../etc/passwd", "a" * 44, "é" * 43])
def test_what_is_no_token_of_ours_is_replaced(people, browser, planted):
    browser.cookies["device"] = planted
    answer = sign_in(browser, people())
    assert answer.cookies["device"].value != planted
    assert len(answer.cookies["device"].value) == 43


def test_the_password_alone_makes_no_device_known(people, browser):
    person = people()
    assert "device" not in give_password(browser, person).cookies
    browser.post("/signin/code/", {"code": "000000"})
    assert not KnownDevice.objects.exists()


def test_the_device_on_which_the_authenticator_is_set_up_is_not_news(people, browser):
    person = people(factor=False)
    give_password(browser, person)
    device = SealedTOTPDevice.objects.get(user=person.account)
    browser.post("/security/totp/", {"code": device.code_at(timezone.now().timestamp())})
    assert devices_in_the_log(person) == ["known"]
    browser.post("/signout/")
    person.secret = ""
    SealedTOTPDevice.objects.update(last_step=-1)
    give_password(browser, person)
    browser.post("/signin/code/", {"code": device.code_at(timezone.now().timestamp())})
    assert devices_in_the_log(person) == ["known", "known"]


def test_a_device_unseen_for_long_is_new_again_and_its_row_goes(people, browser):
    person = people()
    sign_in(browser, person)
    browser.post("/signout/")
    KnownDevice.objects.update(last_on=timezone.localdate() - timedelta(days=REMEMBERED_DAYS + 1))
    sign_in_later(browser, person)
    assert devices_in_the_log(person) == ["new", "new"]
    assert forget_unseen() == 0
    KnownDevice.objects.update(last_on=timezone.localdate() - timedelta(days=REMEMBERED_DAYS + 1))
    assert forget_unseen() == 1
