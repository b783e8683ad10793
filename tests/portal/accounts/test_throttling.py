"""Guessing is slowed down; nobody else can shut the owner out."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from ipaddress import ip_network

import pytest
from django.db import connection
from django.db.models import F
from django.utils import timezone

from portal.accounts import throttling
from portal.accounts.models import Attempts
from tests.portal.accounts.conftest import NOBODY, PASSWORD, events, give_password

WRONG = {"password": "not the one at all"}


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2ff:3::4", "2001:db8:1:200::/56"),
        ("fe80::1%eth0", "fe80::/56"),
        ("", "unknown"),
        ("not an address", "unknown"),
    ],
)
def test_addresses_are_counted_by_their_network(address, prefix):
    assert throttling.prefix_of(address) == prefix


@pytest.mark.asvs("v5.0.0-2.3.2")
def test_five_tries_are_free_then_each_waits_twice_as_long(people, browser):
    person = people()
    for _try in range(throttling.FREE_TRIES):
        assert give_password(browser, person, "wrong pass phrase").status_code == 422
    _let_pass(seconds=-10)  # A slow machine must not let the second pass by itself.
    held = give_password(browser, person)
    assert held.status_code == 429
    assert int(held["Retry-After"]) in {10, 11}
    _let_pass(seconds=12)
    assert give_password(browser, person, "wrong pass phrase").status_code == 422
    _let_pass(seconds=-10)
    assert int(give_password(browser, person)["Retry-After"]) in {11, 12}
    _let_pass(seconds=13)
    assert give_password(browser, person).status_code == 302
    assert events(NOBODY).count("account.sign_in_refused") == 8


@pytest.mark.asvs("v5.0.0-6.3.1")
def test_a_stranger_elsewhere_cannot_shut_the_owner_out(people, browser, client):
    person = people()
    for number in range(60):
        throttling.take_turn(bytes(person.account.login_digest), f"198.51.{number}.1")
    for _try in range(10):
        give_password(client, person, "wrong pass phrase", REMOTE_ADDR="203.0.113.9")
    _let_pass(seconds=-10)
    assert give_password(client, person, REMOTE_ADDR="203.0.113.9").status_code == 429
    assert give_password(browser, person, REMOTE_ADDR="192.0.2.1").status_code == 302


def test_under_attack_a_new_address_has_two_tries(people, client):
    person = people()
    for number in range(throttling.ACCOUNT_UNDER_ATTACK):
        throttling.take_turn(bytes(person.account.login_digest), f"198.51.{number}.1")
    answers = [
        give_password(client, person, "wrong pass phrase", REMOTE_ADDR="203.0.113.9").status_code for _ in range(2)
    ]
    assert answers == [422, 422]
    _let_pass(seconds=-10)
    assert give_password(client, person, REMOTE_ADDR="203.0.113.9").status_code == 429


@pytest.mark.asvs("v5.0.0-2.4.1", "v5.0.0-15.4.2")
def test_many_tries_at_once_are_counted_before_any_is_checked(people):
    digest = bytes(people().account.login_digest)

    def one_try(_number) -> int:
        try:
            return throttling.take_turn(digest, "192.0.2.1")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(one_try, range(16)))
    assert waits.count(0) == throttling.FREE_TRIES


def test_unknown_people_wait_like_known_ones(people, browser, client):
    person = people()
    known = _answers(browser, person, "192.0.2.1")
    person.login = "nobody@example.org"
    assert _answers(client, person, "203.0.113.1") == known == [422] * 5 + [429]


def test_success_clears_the_pair_and_takes_its_try_back(people, browser):
    person = people()
    give_password(browser, person, "wrong pass phrase")
    give_password(browser, person)
    assert sorted(Attempts.objects.values_list("failures", flat=True)) == [1, 1]


def test_quiet_counters_are_forgotten(people, browser):
    person = people()
    for _try in range(throttling.FREE_TRIES + 1):
        give_password(browser, person, "wrong pass phrase")
    _let_pass(seconds=3700)
    give_password(browser, person, "wrong pass phrase")
    assert set(Attempts.objects.values_list("failures", flat=True)) == {1}


def test_the_wait_stays_bounded(people):
    digest = bytes(people().account.login_digest)
    throttling.take_turn(digest, "192.0.2.1")
    Attempts.objects.update(failures=2_000_000_000, last_failed_at=timezone.now())
    assert throttling.take_turn(digest, "192.0.2.1") == throttling.LONGEST_WAIT_SECONDS


def test_the_table_holds_neither_accounts_nor_addresses(people, browser, superuser):
    person = people()
    give_password(browser, person, "wrong pass phrase", REMOTE_ADDR="192.0.2.77")
    text = superuser.execute("SELECT string_agg(row_to_json(a)::text, ' ') FROM accounts_attempts a").fetchone()[0]
    assert "192.0.2" not in text
    assert bytes(person.account.login_digest).hex() not in text
    assert PASSWORD not in text


@pytest.mark.asvs("v5.0.0-4.1.3", "v5.0.0-15.3.4")
def test_behind_a_proxy_the_visitor_counts_and_what_they_claim_does_not(people, client, browser, settings):
    person, settings.BEHIND_PROXY, settings.TRUSTED_PROXIES = people(), True, [ip_network("127.0.0.0/8")]
    for claimed in range(6):
        forwarded = {"X-Forwarded-For": f"198.51.100.{claimed}, 10.{claimed}.0.1, 203.0.113.9"}
        if claimed == throttling.FREE_TRIES:
            _let_pass(seconds=-10)  # A slow machine must not let the second pass by itself.
        answer = give_password(client, person, "wrong pass phrase", REMOTE_ADDR="127.0.0.1", headers=forwarded)
    assert answer.status_code == 429
    forwarded = {"X-Forwarded-For": "192.0.2.1"}
    assert give_password(browser, person, REMOTE_ADDR="127.0.0.1", headers=forwarded).status_code == 302


def test_without_a_proxy_nobody_chooses_the_address_they_are_counted_under(rf):
    request = rf.get("/", REMOTE_ADDR="203.0.113.9", headers={"X-Forwarded-For": "192.0.2.1"})
    assert throttling.address_of(request) == "203.0.113.9"


def _answers(client, person, address: str) -> list[int]:
    """Five free tries, and one that has to wait."""
    answers = []
    for number in range(6):
        if number == throttling.FREE_TRIES:
            _let_pass(seconds=-10)
        answers.append(give_password(client, person, "wrong pass phrase", REMOTE_ADDR=address).status_code)
    return answers


def _let_pass(seconds: int) -> None:
    """As if the last failure had been earlier."""
    Attempts.objects.update(last_failed_at=F("last_failed_at") - timedelta(seconds=seconds))
