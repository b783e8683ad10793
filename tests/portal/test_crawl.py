"""Every address × who asks × what it answers: headers, cookies and types, as production sends them, errors too.

The addresses come from the resolver, so a new one is crawled without anybody thinking of it; what a page looks like on
the way of ``tests/browser/examples.py`` is looked at there.
"""

from __future__ import annotations

import os
import re
import runpy
from http.cookies import SimpleCookie
from ipaddress import ip_network

import pytest
from django.conf import settings as django_settings
from django.http import HttpResponse
from django.test import Client
from django.urls import resolve, reverse

from portal import middleware
from portal.accounts import hashing
from portal.accounts.models import Account
from portal.ui.storage import HostCookieStorage
from records.models import Record
from records.unlocking import CACHE
from tests.browser.examples import ACTS, EXAMPLES, FILES, names_of_pages
from tests.house.test_settings import BASE, variables
from tests.portal.accounts.test_closed import address_of, patterns
from tests.portal.test_filing import form
from tests.portal.ward import a_carer, a_patient, an_account, browser_of, in_care
from tests.records.formats.pdfs import pdf

production = variables
OURS = "https://testserver"
SHELL = re.compile(r"^(SECURE_|(SESSION|CSRF|LANGUAGE|DEVICE|MESSAGES)_COOKIE_)")
AUDIENCES = ("visitor", "patient", "professional", "administrator")
EXPECTED = {
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Origin-Agent-Cluster": "?1",
}
# What no answer says of the programs behind it (OWASP ASVS 5.0, 13.4.6).
TELLTALES = {"Server", "X-Powered-By", "X-Runtime", "Via"}


@pytest.fixture
def shell(db, settings, monkeypatch, production):
    """The settings of production that make the shell: https, its cookies, its headers."""
    with monkeypatch.context() as patch:
        for name in list(os.environ):
            patch.delenv(name)
        for name, value in production.items():
            patch.setenv(name, value)
        found = runpy.run_path(str(BASE / "portal" / "settings.py"))
    chosen = {name: value for name, value in found.items() if SHELL.match(name)}
    assert len(chosen) > 15
    for name, value in chosen.items():
        setattr(settings, name, value)
    monkeypatch.setattr(HostCookieStorage, "cookie_name", settings.MESSAGES_COOKIE_NAME)
    return settings


@pytest.fixture
def clients(shell):
    """One browser for each audience."""
    patient, carer = a_patient(), a_carer()
    in_care(patient, carer)
    accounts = {"patient": patient.account, "professional": carer.account, "administrator": an_account("administrator")}
    return {"visitor": Client()} | {who: browser_of(account) for who, account in accounts.items()}


def wrong_with(answer, path: str) -> list[str]:
    """What an answer lacks; nothing when all is well."""
    found = []
    policy, kind = answer.get("Content-Security-Policy", ""), answer.get("Content-Type", "")
    nonces = set(re.findall(r'<script nonce="([^"]*)"', _text(answer)))
    found += [f"{name} is {answer.get(name)!r}" for name, value in EXPECTED.items() if answer.get(name) != value]
    if "camera=()" not in answer.get("Permissions-Policy", "") or "geolocation=()" not in answer["Permissions-Policy"]:
        found.append("a page may use the camera or the place")
    if not path.startswith("/static/") and answer.get("Cache-Control") != "no-store":
        found.append(f"Cache-Control is {answer.get('Cache-Control')!r}")
    for needed in ("default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"):
        if needed not in policy:
            found.append(f"the policy lacks {needed}: {policy}")
    if "unsafe" in policy or "*" in policy:
        found.append(f"the policy opens: {policy}")
    if kind.startswith("text/html"):
        found += [f"the policy lacks {needed}" for needed in _OF_PAGES if needed not in policy]
        if nonces and nonces != set(re.findall(r"'nonce-([A-Z]{28})'", policy)):
            found.append(f"scripts carry {nonces}, the policy allows others")
    elif "sandbox" not in policy:
        found.append(f"{kind} could act in a page: {policy}")
    if kind.startswith("text/") and "charset=utf-8" not in kind.lower().replace('"', ""):
        found.append(f"the type is {kind!r}")
    if not kind and _text(answer):
        found.append("a body without a type")
    found += [f"{name} tells of the program behind" for name in TELLTALES if name in answer]
    if "Access-Control-Allow-Origin" in answer:
        found.append("another origin may read it")
    return found + wrong_with_cookies(answer)


_OF_PAGES = ("script-src 'nonce-", "object-src 'none'", "require-trusted-types-for 'script'", "form-action 'self'")


def wrong_with_cookies(answer) -> list[str]:
    """What a cookie of this answer lacks."""
    found = []
    for name, cookie in answer.cookies.items():
        if not name.startswith("__Host-"):
            found.append(f"the cookie {name} is not bound to this host")
        bound = cookie["secure"] and cookie["path"] == "/" and not cookie["domain"] and cookie["samesite"] == "Lax"
        # A cookie that is taken away holds nothing to be read.
        if not bound or not (cookie["httponly"] or cookie["max-age"] == 0):
            found.append(f"the cookie {name}: {cookie.OutputString()}")
        if len(SimpleCookie({name: cookie.value}).output()) > 4096:
            found.append(f"the cookie {name} is too large for a browser")
    return found


def _text(answer) -> str:
    return "" if answer.streaming else answer.content.decode("utf-8", "replace")


def visit(client: Client, address: str, **extra):
    return client.get(address, secure=True, **extra)


def test_every_address_is_crawled():
    assert {name for name, _pattern in patterns()} == set(names_of_pages()) == {*EXAMPLES, *ACTS, *FILES}


@pytest.mark.asvs(
    "v5.0.0-3.3.4",
    "v5.0.0-3.3.5",
    "v5.0.0-3.4.1",
    "v5.0.0-3.4.3",
    "v5.0.0-3.4.4",
    "v5.0.0-3.4.5",
    "v5.0.0-3.4.6",
    "v5.0.0-3.4.8",
    "v5.0.0-3.6.1",
    "v5.0.0-4.2.5",
    "v5.0.0-13.4.6",
    "v5.0.0-14.2.3",
    "v5.0.0-14.2.5",
    "v5.0.0-14.3.2",
)
@pytest.mark.parametrize("who", AUDIENCES)
def test_every_answer_of_every_address_is_in_its_shell(clients, who):
    seen = set()
    for name, pattern in patterns():
        address = address_of(name, pattern)
        answer = visit(clients[who], address)
        seen.add(answer.status_code)
        assert wrong_with(answer, address) == [], f"{name} for {who}"
        answer.close()
    assert seen >= ({200, 302, 405} if who == "visitor" else {200, 302, 403, 404, 405})


@pytest.mark.asvs("v5.0.0-3.5.3", "v5.0.0-4.1.4", "v5.0.0-13.4.4")
@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "BREW"])
def test_only_the_methods_that_a_page_takes_are_answered(clients, method):
    for name, pattern in patterns():
        address = address_of(name, pattern)
        answer = clients["patient"].generic(method, address, secure=True)
        assert answer.status_code in {302, 403, 404, 405}, f"{name}: {answer.status_code}"
        assert wrong_with(answer, address) == [], name


@pytest.mark.asvs("v5.0.0-3.2.1", "v5.0.0-4.1.1")
def test_files_of_every_type_are_in_their_shell(shell):
    patient, administrator = a_patient(), an_account("administrator")
    owner = browser_of(patient.account)
    owner.post(reverse("papers:add"), form(pdf("Doliprane"), "scan.pdf"), secure=True)
    link = re.search(r'href="(/record/files/[^"]+/)"', _item(owner, patient))[1]
    staff = browser_of(administrator)
    kinds = {}
    for address, client in (
        ("/static/carnet.css", Client()), ("/static/carnet.js", Client()), ("/static/icon.svg", Client()),
        ("/health/live/", Client()), ("/health/ready/", Client()), ("/metrics", Client()),
        ("/log/checkpoint", Client()), ("/log/keys", Client()), ("/signin/", Client()),
        (link, owner), (f"{link}original/", owner),
    ):  # fmt: skip
        answer = visit(client, address)
        assert answer.status_code in {200, 404, 503}, address
        assert wrong_with(answer, address) == [], address
        kinds[answer["Content-Type"].partition(";")[0]] = answer.status_code
        answer.close()
    for name in ("administration:take_csv", "administration:take_fhir"):
        answer = staff.post(reverse(name), {"since": "", "until": ""}, secure=True)
        assert wrong_with(answer, name) == [], name
        kinds[answer["Content-Type"].partition(";")[0]] = answer.status_code
    options = Client().post(reverse("accounts:passkey_options"), secure=True)
    assert wrong_with(options, "options") == []
    kinds[options["Content-Type"]] = options.status_code
    assert {"text/html", "text/css", "text/javascript", "image/svg+xml", "text/plain", "application/pdf"} <= set(kinds)
    assert {"text/csv", "application/json"} <= set(kinds), kinds


def _item(owner: Client, patient) -> str:
    return _text(visit(owner, reverse("patient:item", args=[Record.objects.get(dossier_id=patient.ref.id).id])))


def _answers(shell, monkeypatch, tmp_path):
    """One answer of each status that a visit or an act can end in."""
    visitor = Client(raise_request_exception=False)
    yield 200, visit(visitor, "/signin/")
    yield 301, visitor.get("/signin/")
    yield 302, visit(visitor, "/home/")
    kept = visit(visitor, "/static/carnet.css")
    yield 304, visit(visitor, "/static/carnet.css", headers={"If-Modified-Since": kept["Last-Modified"]})
    yield 400, visit(visitor, "/signin/", HTTP_HOST="elsewhere.example")
    yield 403, visitor.post("/signin/", {}, secure=True, headers={"Origin": "https://elsewhere.example"})
    yield 403, Client(enforce_csrf_checks=True).post("/signin/", {}, secure=True, headers={"Origin": OURS})
    yield 404, visit(browser_of(a_patient().account), "/nothing-here/")
    yield 405, visit(visitor, "/language/")
    yield (
        413,
        visitor.post("/signin/", {}, secure=True, CONTENT_LENGTH=str(django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)),
    )
    yield 414, visit(visitor, "/signin/?next=" + "x" * middleware.MOST_ADDRESS_BYTES)
    yield 431, visit(visitor, "/signin/", headers={"X-Long": "x" * middleware.MOST_HEADER_BYTES})
    with hashing.in_line("192.0.2.0/24"), hashing.in_line("198.51.100.0/24"):
        yield 429, visitor.post("/signin/", {"login": "a@example.org", "password": "x"}, secure=True)
    with monkeypatch.context() as patch:
        patch.setattr("portal.accounts.entering.sign_in", _fails)
        yield 500, visitor.post("/signin/", {"login": "a@example.org", "password": "x"}, secure=True)
    shell.KEYRING_FILE = tmp_path / "gone.json"
    CACHE.clear()
    yield 503, visitor.post("/signin/", {"login": "a@example.org", "password": "x"}, secure=True)


def _fails(*_given, **_named):
    raise RuntimeError("secret-of-the-traceback")


@pytest.mark.asvs("v5.0.0-3.4.1", "v5.0.0-12.2.1", "v5.0.0-16.5.1")
def test_every_status_is_in_its_shell_and_says_nothing_of_the_inside(shell, monkeypatch, tmp_path):
    for status, answer in _answers(shell, monkeypatch, tmp_path):
        assert answer.status_code == status
        # A plain http visit is only sent on; browsers would ignore a promise made there (RFC 6797, 8.1).
        lacking = [
            line for line in wrong_with(answer, answer.wsgi_request.path) if status != 301 or "Strict" not in line
        ]
        assert lacking == [], status
        assert "secret-of-the-traceback" not in _text(answer)
        if status in {429, 503}:
            assert int(answer["Retry-After"]) >= 1
        if status in {413, 414, 431}:
            assert re.search(r"Rien n’a été (modifié|enregistré)", _text(answer))
            assert re.search("Nothing was (changed|saved)", _text(answer))


@pytest.mark.asvs("v5.0.0-3.3.1", "v5.0.0-3.3.2", "v5.0.0-3.3.3")
def test_the_cookies_of_production(shell, clients):
    names = {name for who in AUDIENCES for name in visit(clients[who], "/signin/").cookies}
    assert "__Host-csrf" in names
    chosen = Client().post("/language/", {"language": "en"}, secure=True, headers={"Origin": OURS})
    assert set(chosen.cookies) == {"__Host-language"}
    assert wrong_with_cookies(chosen) == []
    assert django_settings.SESSION_COOKIE_NAME == "__Host-session"


@pytest.mark.asvs("v5.0.0-3.4.2", "v5.0.0-3.5.1")
@pytest.mark.parametrize(
    "origin", ["https://elsewhere.example", "null", "http://testserver", "https://testserver.evil"]
)
def test_an_act_from_another_origin_is_refused_even_with_a_good_token(clients, origin):
    page = _text(visit(clients["patient"], "/security/"))
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1]
    strict = clients["patient"]
    strict.handler.enforce_csrf_checks = True
    sent = {"csrfmiddlewaretoken": token, "language": "fr"}
    refused = strict.post("/language/", sent, secure=True, headers={"Origin": origin})
    assert refused.status_code == 403
    assert origin not in _text(refused)
    assert "Access-Control-Allow-Origin" not in refused
    assert strict.post("/language/", sent, secure=True, headers={"Origin": OURS}).status_code == 302
    assert strict.post("/language/", {"language": "fr"}, secure=True, headers={"Origin": OURS}).status_code == 403
    # Over https neither Origin nor Referer is a reason to believe the token alone.
    assert strict.post("/language/", sent, secure=True).status_code == 403


@pytest.mark.asvs("v5.0.0-3.5.8")
@pytest.mark.parametrize(
    ("site", "mode", "target", "status"),
    [
        ("cross-site", "navigate", "document", 200),
        ("none", "navigate", "document", 200),
        ("same-origin", "cors", "empty", 200),
        ("cross-site", "navigate", "iframe", 403),
        ("same-site", "no-cors", "image", 403),
        ("cross-site", "no-cors", "script", 403),
        ("cross-site", "cors", "empty", 403),
    ],
)
def test_another_site_may_lead_here_and_load_nothing(clients, site, mode, target, status):
    given = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": target}
    for address in ("/home/", "/static/icon.svg"):
        assert visit(clients["patient"], address, headers=given).status_code == status
    answer = visit(clients["patient"], "/home/", headers=given | {"Origin": "https://elsewhere.example"})
    assert "elsewhere" not in str(answer.headers)


@pytest.mark.asvs("v5.0.0-14.3.1")
def test_leaving_clears_what_the_browser_kept(clients):
    left = clients["patient"].post("/signout/", secure=True, headers={"Origin": OURS})
    assert left["Clear-Site-Data"] == '"cache", "storage"'
    assert left.cookies["__Host-session"].value == ""


@pytest.mark.asvs("v5.0.0-3.4.3")
def test_a_nonce_is_of_one_answer(clients):
    policies = {visit(clients["visitor"], "/signin/")["Content-Security-Policy"] for _visit in range(3)}
    assert len(policies) == 3


@pytest.mark.asvs("v5.0.0-4.1.3")
@pytest.mark.parametrize(
    ("peer", "believed"), [("127.0.0.1", True), ("::ffff:127.0.0.1", True), ("203.0.113.9", False)]
)
def test_only_our_proxy_is_believed(shell, peer, believed):
    shell.TRUSTED_PROXIES = [ip_network("127.0.0.0/8")]
    shell.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    answer = Client().get("/signin/", REMOTE_ADDR=peer, headers={"X-Forwarded-Proto": "https"})
    assert (answer.status_code == 200) is believed


@pytest.mark.asvs("v5.0.0-1.4.2", "v5.0.0-5.2.1")
def test_a_file_larger_than_any_is_refused_before_it_is_read(rf):
    limits = middleware.LimitsMiddleware(HttpResponse)
    takes_files, takes_none = resolve(reverse("papers:add")).func, resolve(reverse("accounts:sign_in")).func
    most, form_most = django_settings.DOCUMENT_MAX_BYTES, django_settings.DATA_UPLOAD_MAX_MEMORY_SIZE
    for view, length, refused in (
        (takes_files, most, False),
        (takes_files, most * 2, True),
        (takes_none, form_most, False),
        (takes_none, form_most + 1, True),
        (takes_none, -1, True),
        (takes_none, 10**30, True),
    ):
        request = rf.post("/", CONTENT_LENGTH=str(length))
        answer = limits.process_view(request, view, (), {})
        assert (answer is not None and answer.status_code == 413) is refused, (view, length)


@pytest.mark.asvs("v5.0.0-13.4.3", "v5.0.0-13.4.7")
def test_no_folder_is_listed(shell):
    for address in ("/static/", "/static/../manage.py", "/static/%2e%2e/manage.py", "/.git/config", "/.env"):
        answer = visit(Client(), address)
        assert answer.status_code == 404, address
        assert wrong_with(answer, address) == [], address


@pytest.mark.asvs("v5.0.0-15.3.3")
def test_fields_that_nobody_asked_for_change_nothing(clients):
    more = {"role": "administrator", "is_active": "", "id": "1", "user": "1", "dossier_id": "1", "sealed_contact": "x"}
    changed = clients["patient"].post("/language/", {"language": "en", **more}, secure=True, headers={"Origin": OURS})
    assert changed.status_code == 302
    account = Account.objects.get(role="patient")
    assert (account.role, account.is_active, account.language) == ("patient", True, "en")


@pytest.mark.asvs("v5.0.0-15.3.7")
def test_a_field_given_twice_and_in_the_address_counts_once(clients):
    sent = {"language": ["fr", "en"]}
    clients["patient"].post("/language/?language=fr", sent, secure=True, headers={"Origin": OURS})
    assert Account.objects.get(role="patient").language == "en"
