"""Advisers by one administrator, administrators by two; a role changes in one way only, and its sessions end."""

import re
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client
from django.utils import timezone

from portal.accounts.models import Account
from portal.accounts.sessions import Session
from portal.notifications.held import HeldAddress
from portal.welcoming.models import Nomination
from tests.portal.ward import acts, an_account, browser_of

PAGE = "/administration/people/staff/"
PASSWORD = "sept lanternes au bord du canal"
NEW = {"mail": "nouvelle@example.org", "role": "administrator"}


@pytest.fixture
def three(db):
    return [an_account("administrator") for _ in range(3)]


def paper_of(answer) -> str:
    return re.search(r'class="paper-code">([\w-]+)<', answer.content.decode())[1]


def comes_in(code: str) -> None:
    newcomer = Client()
    assert newcomer.post("/welcome/", {"code": code})["Location"] == "/welcome/second/"
    second = HeldAddress.objects.get(is_former=False).opened().code
    sent = newcomer.post("/welcome/second/", {"code": second, "password": PASSWORD})
    assert sent["Location"] == "/signin/code/"


def handle_beside(page: str, act: str) -> str:
    return re.search(rf"{PAGE}(\w+)/{act}/", page)[1]


def test_one_administrator_invites_an_adviser_who_comes_in(three):
    browser = browser_of(three[0])
    code = paper_of(browser.post(PAGE, NEW | {"role": "adviser"}))
    comes_in(code)
    assert Account.objects.get(role="adviser").has_usable_password()
    page = browser.get(PAGE).content.decode()
    assert NEW["mail"] in page
    assert str(three[1].pk) not in page


def test_two_administrators_make_a_third(three):
    one, other, _third = (browser_of(account) for account in three)
    assert one.post(PAGE, NEW).status_code == 302
    wanted = Nomination.objects.get()
    assert NEW["mail"].encode() not in bytes(wanted.sealed)
    agree = f"{PAGE}{wanted.pk}/agree/"
    assert one.post(agree).status_code == 400
    assert Account.objects.filter(role="administrator").count() == 3
    comes_in(paper_of(other.post(agree)))
    assert Account.objects.filter(role="administrator").count() == 4
    assert other.post(agree).status_code == 400
    assert Account.objects.filter(role="administrator").count() == 4
    assert ("staff.proposed", "done") in acts(three[0])
    assert ("staff.agreed", "done") in acts(three[1])


def test_a_proposal_lapses(three):
    browser_of(three[0]).post(PAGE, NEW)
    Nomination.objects.update(asked_at=timezone.now() - timedelta(days=8))
    assert browser_of(three[1]).post(f"{PAGE}{Nomination.objects.get().pk}/agree/").status_code == 400


def test_a_role_changes_by_two_and_the_session_ends(three):
    adviser = an_account("adviser")
    theirs = browser_of(adviser)
    one, other = browser_of(three[0]), browser_of(three[1])
    handle = handle_beside(one.get(PAGE).content.decode().split("Propose as administrator")[0][-300:], "role")
    assert one.post(f"{PAGE}{handle}/role/").status_code == 302
    assert one.post(f"{PAGE}{handle}/role/").status_code == 400
    assert other.post(f"{PAGE}{Nomination.objects.get().pk}/agree/").status_code == 302
    assert Account.objects.get(pk=adviser.pk).role == "administrator"
    assert not Session.objects.filter(account=adviser).exists()
    assert theirs.get("/advice/").status_code == 302
    assert ("account.role_changed", "done") in acts(three[1])


def test_the_application_changes_no_role_without_two(three):
    adviser = an_account("adviser")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        Account.objects.filter(pk=adviser.pk).update(role="administrator")
    with connection.cursor() as cursor:
        for asked, agreed in ((three[0].pk, None), (adviser.pk, three[0].pk), (three[0].pk, adviser.pk)):
            wanted = Nomination.objects.create(
                role="administrator", account=adviser, asked_by=asked, agreed_by=agreed,
                agreed_at=timezone.now() if agreed else None,
            )  # fmt: skip
            cursor.execute("SELECT public.accounts_change_role(%s)", [wanted.pk])
            assert cursor.fetchone()[0] is None
    assert Account.objects.get(pk=adviser.pk).role == "adviser"


def test_suspending_and_nobody_acts_on_themselves(three):
    one = browser_of(three[0])
    handle = handle_beside(one.get(PAGE).content.decode(), "suspend")
    assert one.post(f"{PAGE}{handle}/suspend/").status_code == 302
    assert Account.objects.filter(is_active=False).count() == 1
    assert Account.objects.get(pk=three[0].pk).is_active
    assert one.post(f"{PAGE}unknown/suspend/").status_code == 404


@pytest.mark.parametrize("role", ["adviser", "patient"])
def test_nobody_else_reads_the_page(db, role):
    assert browser_of(an_account(role)).get(PAGE).status_code == 403


def test_the_first_administrators_of_an_empty_house(db, capsys):
    with pytest.raises(CommandError, match="Two administrators at least"):
        call_command("first_administrators", "a@example.org")
    call_command("first_administrators", "a@example.org", "b@example.org")
    codes = re.findall(r"(?:\w{4}-){3}\w{4}", capsys.readouterr().out)
    assert len(codes) == 2
    comes_in(codes[0])
    with pytest.raises(CommandError, match=r"has administrators|déjà des administrateurs"):
        call_command("first_administrators", "c@example.org", "d@example.org")
