"""Every address is closed by default: a new one is, until somebody opens it on purpose."""

import uuid
from collections.abc import Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from portal.accounts import gates
from tests.portal.accounts.conftest import give_password

# The pages of components and of outgoing messages exist outside production only.
OPEN = {
    "accounts:sign_in", "accounts:passkey_sign_in", "accounts:passkey_options", "accounts:language",
    "components", "outbox",
    # What everybody may read before signing in, and asking to be called back.
    "entrance:never", "entrance:report", "entrance:privacy", "entrance:accessibility", "entrance:hosting",
    "entrance:call_back", "welcoming:paper", "welcoming:accept", "welcoming:again",
    "welcoming:recover", "welcoming:recover_stop", "welcoming:recover_finish",
    # For machines: nothing about a person.
    "watching:live", "watching:ready", "watching:metrics",
    # The published log: the same bytes for everybody.
    "transparency:checkpoint", "transparency:keys", "transparency:tile", "transparency:entries",
}  # fmt: skip
PASSWORD_IS_ENOUGH = {
    "accounts:second_factor", "accounts:recovery", "accounts:totp_setup", "accounts:sign_out",
    # A passkey as the first factor; both refuse as soon as there is one.
    "accounts:passkey_begin", "accounts:passkey_enrolment",
}  # fmt: skip
SAMPLES = {"uuid": uuid.UUID(int=7), "int": 7, "slug": "laboratory", "str": "laboratory", "path": "laboratory"}


def patterns(resolver=None, namespaces=()) -> Iterator[tuple[str, URLPattern]]:
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, (*namespaces, entry.namespace) if entry.namespace else namespaces)
        else:
            yield ":".join((*namespaces, entry.name or str(entry.pattern))), entry


def address_of(name: str, pattern: URLPattern) -> str:
    converters = pattern.pattern.converters
    sample = {}
    for parameter, converter in converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower()
        sample[parameter] = SAMPLES.get(kind, "laboratory")
    return reverse(name, kwargs=sample or None)


@pytest.mark.asvs("v5.0.0-6.3.4", "v5.0.0-13.4.5")
def test_each_open_page_is_on_the_list():
    found = dict(patterns())
    assert {name for name, pattern in found.items() if gates.is_open(pattern.callback)} == OPEN
    assert {
        name for name, pattern in found.items() if gates.needs_password_only(pattern.callback)
    } == PASSWORD_IS_ENOUGH
    assert len(found) > len(OPEN | PASSWORD_IS_ENOUGH) + 2


@pytest.mark.parametrize("method", ["get", "post", "put", "delete", "head", "options"])
def test_a_visitor_is_sent_to_the_sign_in_page_from_everywhere(db, browser, method):
    for name, pattern in patterns():
        if name not in OPEN:
            answer = getattr(browser, method)(address_of(name, pattern))
            assert answer.status_code == 302, name
            assert answer["Location"].split("?")[0] == "/signin/", name
            assert not answer.content, name


@pytest.mark.asvs("v5.0.0-2.3.1", "v5.0.0-6.3.3")
def test_half_a_sign_in_is_sent_to_the_second_factor_from_everywhere(people, browser):
    give_password(browser, people())
    for name, pattern in patterns():
        if name not in OPEN | PASSWORD_IS_ENOUGH:
            answer = browser.get(address_of(name, pattern))
            assert answer.status_code == 302, name
            assert answer["Location"] == "/signin/code/", name


def test_a_fragment_request_takes_the_whole_window_along(people, browser):
    answer = browser.get("/security/", headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == "/signin/"
    give_password(browser, people())
    assert browser.get("/security/", headers={"HX-Request": "true"})["HX-Redirect"] == "/signin/code/"


def test_a_form_sent_after_the_session_ended_does_not_come_back_as_a_link(db, browser):
    assert browser.post("/security/recovery/", {"proof_code": "123456"})["Location"] == "/signin/"
