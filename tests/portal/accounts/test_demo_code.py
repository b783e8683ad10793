"""``manage.py demo_code``: the telephone of a demo person, and of nobody else."""

import re
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tests.portal.accounts.conftest import give_password


def printed(login: str) -> str:
    out = StringIO()
    call_command("demo_code", login, stdout=out)
    return out.getvalue()


def test_it_prints_a_code_that_opens(people, browser):
    person = people()
    text = printed(person.login)
    assert re.fullmatch(r"\d{6}  \(\d+ seconds left\)\n", text)
    give_password(browser, person)
    assert browser.post("/signin/code/", {"code": text[:6]}).status_code == 302


def test_after_a_code_was_used_it_prints_the_next_one(people, browser, client):
    person = people()
    for visitor in (browser, client):
        give_password(visitor, person)
        assert visitor.post("/signin/code/", {"code": printed(person.login)[:6]}).status_code == 302
    assert re.fullmatch(r"\d{6}  \(works in \d+ seconds\)\n|\d{6}  \(\d+ seconds left\)\n", printed(person.login))


def test_an_unknown_address_gets_a_sentence(people):
    people(factor=False)
    for login in ("nobody@example.org", "patient@example.org"):
        with pytest.raises(CommandError, match="There is no account"):
            printed(login)


@pytest.mark.asvs("v5.0.0-15.2.3")
def test_production_refuses(people, settings):
    person = people()
    settings.IS_PRODUCTION = True
    with pytest.raises(CommandError, match="demo only"):
        printed(person.login)
