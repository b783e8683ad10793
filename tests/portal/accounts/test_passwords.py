"""Passwords: how hard to guess, known from leaks, changed."""

import math
from functools import partial
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from portal.accounts import leaks
from portal.accounts.models import Account
from portal.accounts.passwords import LIMITED_BITS, UNLIMITED_BITS, LeakValidator, StrengthValidator, bits_of
from portal.accounts.sessions import Session
from tests.portal.accounts.conftest import PASSWORD, events, give_password, sign_in

# The digest that published lists are made of.
published = partial(sha1, usedforsecurity=False)
NEW = "sept lanternes au bord du canal"
PAGE = "/security/password/"


def test_bits_are_those_of_the_estimate():
    assert bits_of("password") < 10
    assert 40 < bits_of("correct horse battery") < LIMITED_BITS
    assert LIMITED_BITS < bits_of(PASSWORD) < UNLIMITED_BITS
    assert bits_of(NEW) > UNLIMITED_BITS
    # The estimate sees 72 characters: what comes after them costs nothing and adds nothing.
    assert bits_of("ab" * 36) == bits_of("ab" * 36 + "x7!Q" * 40)


@pytest.mark.asvs("v5.0.0-6.2.1", "v5.0.0-6.2.4", "v5.0.0-6.2.11")
@pytest.mark.parametrize("weak", ["aaaaaaaaaaaaaaaa", "motdepasse2026", "azertyuiopqsdf", "correct horse battery"])
def test_what_is_guessed_soon_is_refused(weak):
    with pytest.raises(ValidationError):
        StrengthValidator().validate(weak)


def test_without_a_limit_on_attempts_more_is_asked():
    StrengthValidator().validate(PASSWORD)
    with pytest.raises(ValidationError):
        StrengthValidator(attempts_limited=False).validate(PASSWORD)


@pytest.mark.asvs("v5.0.0-6.2.5", "v5.0.0-6.2.8")
def test_there_is_no_rule_of_composition():
    StrengthValidator().validate("septlanternesauborddu")
    StrengthValidator().validate("9 4 8 1 7 3 6 2 5 0 4 8 3")


def a_set(tmp_path, passwords, settings):
    path = tmp_path / "leaked"
    leaks.write_set(leaks.digests_of(passwords, plain=True), path, chunk=7)
    settings.LEAKED_PASSWORDS_FILE = path
    return path


@pytest.mark.asvs("v5.0.0-6.2.12")
def test_the_set_knows_what_it_was_made_of(tmp_path, settings):
    passwords = [f"leaked-{number}" for number in range(300)]
    path = a_set(tmp_path, [*passwords, *passwords], settings)
    assert path.stat().st_size == 16 + 8 * 300
    assert all(leaks.is_known(each) for each in passwords)
    assert not any(leaks.is_known(f"other-{number}") for number in range(300))
    with pytest.raises(ValidationError):
        LeakValidator().validate("leaked-7")
    held = path.read_bytes()[16:]
    parts = [held[start : start + 8] for start in range(0, len(held), 8)]
    assert parts == sorted(set(parts))


@given(known=st.sets(st.text(min_size=1, max_size=12).filter(lambda t: t.strip("\r\n") == t and "\n" not in t)))
def test_the_search_agrees_with_a_set(tmp_path_factory, known):
    digests = {published(text.encode(errors="replace")).digest()[:8] for text in known}
    path = tmp_path_factory.mktemp("sets") / "set"
    assert leaks.write_set((int.from_bytes(each, "big") for each in digests), path) == len(digests)
    held = leaks._opened(path, 0)
    assert all(leaks._found(held, each) for each in digests)
    assert not leaks._found(held, b"\0" * 8) or b"\0" * 8 in digests
    leaks._opened.cache_clear()


def test_the_command_makes_the_set(tmp_path, settings, capsys):
    lines = tmp_path / "lines"
    lines.write_text("".join(f"{published(word.encode()).hexdigest().upper()}:3\n" for word in ("alpha", "omega")))
    call_command("build_leaked_set", lines, tmp_path / "set")
    assert "2 passwords" in capsys.readouterr().out
    settings.LEAKED_PASSWORDS_FILE = tmp_path / "set"
    assert leaks.is_known("omega")
    lines.write_text("not a digest\n")
    with pytest.raises(CommandError, match="line 1: expected 40 hexadecimal digits"):
        call_command("build_leaked_set", lines, tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_another_file_is_no_set(tmp_path, settings):
    settings.LEAKED_PASSWORDS_FILE = tmp_path / "other"
    settings.LEAKED_PASSWORDS_FILE.write_bytes(b"something else altogether")
    with pytest.raises(leaks.BadSet, match="build_leaked_set"):
        leaks.is_known("x")


class RangeService(BaseHTTPRequestHandler):
    asked: list[str] = []

    def do_GET(self):
        self.asked.append(self.path + self.headers["Add-Padding"])
        self.send_response(200)
        self.end_headers()
        rest = published(b"leaked everywhere").hexdigest().upper()[5:]
        padding = published(b"only padding").hexdigest().upper()[5:]
        self.wfile.write(f"{'0' * 35}:1\r\n{rest}:7\r\n{padding}:0".encode())

    def log_message(self, *_):
        """Silence."""


@pytest.mark.asvs("v5.0.0-6.2.12")
def test_a_range_service_learns_five_digits(settings):
    server = HTTPServer(("127.0.0.1", 0), RangeService)
    Thread(target=server.serve_forever, daemon=True).start()
    settings.PASSWORD_RANGE_URL = f"http://127.0.0.1:{server.server_port}/range/"
    try:
        assert leaks.is_known_elsewhere("leaked everywhere")
        assert not leaks.is_known_elsewhere("only padding")
        assert not leaks.is_known_elsewhere(NEW)
    finally:
        server.shutdown()
    assert RangeService.asked[0] == f"/range/{published(b'leaked everywhere').hexdigest().upper()[:5]}true"
    # Away, it refuses nobody.
    assert not leaks.is_known_elsewhere("leaked everywhere")


@pytest.mark.asvs("v5.0.0-6.2.2", "v5.0.0-7.4.3")
def test_a_password_is_changed_and_other_sessions_end(people, browser, client):
    person = people()
    sign_in(browser, person)
    give_password(client, person)
    client.post("/signin/code/", {"code": person.code(1)})
    key = client.session.session_key
    answer = client.post(PAGE, {"current": PASSWORD, "new": NEW})
    assert answer["Location"] == "/security/"
    assert client.get("/security/").status_code == 200
    assert client.session.session_key != key
    assert browser.get("/security/")["Location"].startswith("/signin/")
    assert Session.objects.filter(account=person.account).count() == 1
    assert events(person.account.id)[-1] == "account.password_changed"
    assert Account.objects.get().check_password(NEW)


@pytest.mark.asvs("v5.0.0-6.2.3", "v5.0.0-6.2.7")
@pytest.mark.parametrize(
    ("current", "new"), [("not this one", NEW), (PASSWORD, "password1234"), (PASSWORD, "short"), (PASSWORD, "")]
)
def test_a_bad_change_changes_nothing(people, browser, current, new):
    person = people()
    sign_in(browser, person)
    answer = browser.post(PAGE, {"current": current, "new": new})
    assert answer.status_code == 422
    assert Account.objects.get().check_password(PASSWORD)
    assert 'autocomplete="new-password"' in answer.content.decode()


@pytest.mark.asvs("v5.0.0-6.2.10")
def test_a_leak_that_becomes_known_asks_for_a_change(people, browser, tmp_path, settings):
    person = people()
    a_set(tmp_path, [PASSWORD], settings)
    sign_in(browser, person)
    assert browser.get("/home/")["Location"] == PAGE
    assert "lists that attackers use" in browser.get(PAGE).content.decode()
    browser.post(PAGE, {"current": PASSWORD, "new": NEW})
    assert browser.get("/security/sessions/").status_code == 200
    assert browser.get("/home/").status_code == 404


@pytest.mark.asvs("v5.0.0-6.2.9")
def test_an_estimate_is_quick_whatever_is_typed():
    assert math.isfinite(bits_of("é" * 256))
