"""Few passwords are hashed at once, behind everything that serves a page; a known device stands in no line."""

import os
import re
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.contrib.auth.hashers import make_password
from django.utils import timezone

from portal.accounts import hashing, throttling
from portal.accounts.hashing import CarnetArgon2Hasher
from portal.running.launching import granian_options
from tests.house.test_settings import BASE
from tests.portal.accounts.conftest import PASSWORD, give_password, sign_in


@pytest.fixture
def hashes(monkeypatch):
    """The threads in which a password was hashed, one for each time."""
    done = []
    monkeypatch.setattr(CarnetArgon2Hasher, "verify", _counted(CarnetArgon2Hasher.verify, done))
    monkeypatch.setattr(CarnetArgon2Hasher, "encode", _counted(CarnetArgon2Hasher.encode, done))
    return done


def _counted(hashed, done):
    def counting(*given):
        done.append(given)
        return hashed(*given)

    return counting


@pytest.fixture
def full_line():
    """Strangers of other networks stand at every place of the line."""
    with hashing.in_line("192.0.2.0/24") as first, hashing.in_line("198.51.100.0/24") as second:
        assert first
        assert second
        yield


def test_the_line_has_few_places_and_one_for_each_network():
    with hashing.in_line("192.0.2.0/24") as first, hashing.in_line("192.0.2.0/24") as same:
        assert (first, same) == (True, False)
        with hashing.in_line("198.51.100.0/24") as second, hashing.in_line("203.0.113.0/24") as third:
            assert (second, third) == (True, False)
    with hashing.in_line("203.0.113.0/24") as later:
        assert later


@pytest.mark.asvs("v5.0.0-15.2.2", "v5.0.0-15.4.1")
def test_of_many_strangers_at_once_no_more_stand_in_line_than_there_are_places():
    all_asked = threading.Barrier(12)

    def stranger(number: int) -> bool:
        with hashing.in_line(f"198.51.{number}.0/24") as given:
            all_asked.wait(30)
            return given

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(stranger, range(12))) == hashing.IN_LINE


@pytest.mark.usefixtures("full_line")
def test_without_a_place_nothing_is_hashed_and_nothing_is_counted(people, browser, hashes):
    person = people()
    hashes.clear()
    answer = give_password(browser, person, headers={"Accept-Language": "en"})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) == hashing.BUSY_SECONDS
    assert "Your password was not looked at yet" in answer.content.decode()
    person.login = "nobody@example.org"
    assert give_password(browser, person).status_code == 429
    assert hashes == []
    assert throttling.Attempts.objects.count() == 0


@pytest.mark.asvs("v5.0.0-6.3.1")
def test_a_known_device_stands_in_no_line(people, browser, client):
    person = people()
    sign_in(browser, person)
    browser.post("/signout/")
    with hashing.in_line("192.0.2.0/24"), hashing.in_line("198.51.100.0/24"):
        assert give_password(client, person).status_code == 429
        assert give_password(browser, person).status_code == 302


def test_a_known_device_does_not_wait_for_who_guesses_in_the_same_network(people, browser, client):
    person = people()
    sign_in(browser, person)
    browser.post("/signout/")
    digest = bytes(person.account.login_digest)
    throttling.take_turn(digest, "192.0.2.1")
    # A wait of minutes, so that no slow machine lets it pass.
    throttling.Attempts.objects.update(failures=throttling.FREE_TRIES + 8, last_failed_at=timezone.now())
    assert give_password(client, person, REMOTE_ADDR="192.0.2.1").status_code == 429
    assert give_password(browser, person, REMOTE_ADDR="192.0.2.1").status_code == 302


def test_a_known_device_is_no_way_to_guess_without_end(people, browser):
    person = people()
    sign_in(browser, person)
    browser.post("/signout/")
    answers = [
        give_password(browser, person, "wrong pass phrase", REMOTE_ADDR=f"198.51.{number}.1").status_code
        for number in range(throttling.FREE_TRIES + 1)
    ]
    assert answers[:-1] == [422] * throttling.FREE_TRIES
    assert answers[-1] in {422, 429}
    # Slow machines let the first second pass, and none a wait of minutes.
    throttling.Attempts.objects.update(failures=throttling.FREE_TRIES + 8, last_failed_at=timezone.now())
    assert give_password(browser, person, REMOTE_ADDR="203.0.113.1").status_code == 429


def test_the_device_of_one_account_is_none_of_another(people, browser):
    sign_in(browser, people())
    browser.post("/signout/")
    other = people(login="other@example.org")
    with hashing.in_line("192.0.2.0/24"), hashing.in_line("198.51.100.0/24"):
        assert give_password(browser, other).status_code == 429


@pytest.mark.asvs("v5.0.0-15.2.2")
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux knows the priority of a thread")
def test_hashing_stands_back_behind_pages(monkeypatch):
    monkeypatch.setattr(hashing, "STEPS_BACK", 10)
    hands = hashing._Hands()
    assert hands.do(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())) == 10
    assert hands.do(threading.current_thread) is not threading.current_thread()


@pytest.mark.asvs("v5.0.0-11.4.2")
def test_the_hash_is_made_by_that_thread(monkeypatch):
    names = []
    monkeypatch.setattr(
        "django.contrib.auth.hashers.Argon2PasswordHasher.encode",
        lambda *_given: names.append(threading.current_thread().name) or "argon2$",
    )
    make_password(PASSWORD)
    assert [name.rpartition("_")[0] for name in names] == ["hashing"]


def test_a_process_that_forks_hashes_in_both():
    code = (
        "import os, django; django.setup(); from portal.accounts.hashing import _hands, CarnetArgon2Hasher as H;"
        "H.time_cost = 1; H.memory_cost = 1024; H().encode('x', 'saltsaltsalt'); child = os.fork();"
        "H().encode('x', 'saltsaltsalt'); child or os._exit(7); print(os.waitpid(child, 0)[1] >> 8)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=BASE, capture_output=True, text=True, timeout=120, check=True, env=os.environ
    )
    assert done.stdout.strip() == "7"


@pytest.mark.asvs("v5.0.0-15.4.4")
def test_the_web_has_more_threads_than_may_stand_in_line():
    options = granian_options(1)
    assert int(options[options.index("--blocking-threads") + 1]) > hashing.IN_LINE
    image = (BASE / "Dockerfile").read_text()
    assert int(re.search(r'"--blocking-threads", "(\d+)"', image)[1]) > hashing.IN_LINE
