"""When the log cannot be written, no page shows anything of anybody's health: tried on the pages themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest
from django.utils import translation

from consent.categories import Category
from portal.demo.people import PASSWORD, PATIENTS, PROFESSIONALS
from tests.whole.running import RunningHouse
from tests.whole.test_stolen_database import superuser_url
from tests.whole.visitor import Page, Visitor

_MOST_PAGES = 80
_RECORD_LINK = re.compile(r'<a(?=[^>]*row-link)[^>]+href="[^"]*/items?/[0-9a-f-]{36}/"[^>]*>(.*?)</a>', re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


@pytest.mark.asvs("v5.0.0-14.2.4", "v5.0.0-16.5.3")
@pytest.mark.parametrize("login", [PATIENTS[0].login, PROFESSIONALS[0].login], ids=["patient", "doctor"])
def test_without_the_log_no_page_shows_health(house: RunningHouse, login: str):
    visitor = Visitor(house.url)
    pages = _walk(visitor, visitor.sign_in(login, PASSWORD, house.code(login)))
    # An empty form opens no record: a title that it shows is the name of a category, and tells nothing.
    forms = "".join(page.text for page in pages if "/add/" in page.address)
    secrets = {secret for secret in _secrets(pages) if secret not in forms}
    assert len(secrets) > 15
    telling = [page for page in pages if any(secret in page.text for secret in secrets)]
    assert len(telling) > 10
    with _no_entry_can_be_written(house):
        for page in telling:
            answer = visitor.get(page.address)
            assert answer.status >= 500, (page.address, [secret for secret in secrets if secret in page.text])
            assert not [secret for secret in secrets if secret in answer.text], page.address
    assert visitor.get(telling[0].address).status == 200


def _walk(visitor: Visitor, first: Page) -> list[Page]:
    """Pages from link to link, deeper ones first."""
    pages, ahead, seen = [first], list(first.links), {first.address}
    while ahead and len(pages) < _MOST_PAGES:
        address = ahead.pop(0)
        if address in seen or "/static/" in address:
            continue
        seen.add(address)
        page = visitor.get(address)
        if page.status == 200:
            pages.append(page)
            ahead = [link for link in page.links if link not in seen] + ahead
    return pages


def _secrets(pages: list[Page]) -> set[str]:
    """Titles of records as lists show them, and names of patients, that these pages show.

    A title that only repeats the name of its category tells nothing: every list to choose from holds it.
    """
    texts = [_TAG.sub("", text) for page in pages for text in _RECORD_LINK.findall(page.text)]
    titles = {" ".join(text.split()) for text in texts}
    names = {f"{patient.given} {patient.family}" for patient in PATIENTS}
    with translation.override("fr"):
        titles -= {str(category.label) for category in Category}
    return {text for text in titles | names if len(text) > 5 and any(text in page.text for page in pages)}


@contextmanager
def _no_entry_can_be_written(house: RunningHouse) -> Iterator[None]:
    with psycopg.connect(superuser_url(house), autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION broken() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'the log is broken'; END $$;"
            "CREATE TRIGGER broken BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION broken()"
        )
        try:
            yield
        finally:
            connection.execute("DROP TRIGGER broken ON audit_entry; DROP FUNCTION broken()")
