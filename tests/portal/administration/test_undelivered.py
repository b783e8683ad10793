"""What did not leave: reasons in words, no name and no address, page by page, for administrators alone."""

import ast
import html
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone, translation

from portal.administration.undelivered import SHOWN
from portal.notifications.kinds import Channel, Kind, Urgency
from portal.notifications.models import Aside, Delivery, DeliveryState, Letter
from portal.notifications.reasons import reason_words
from tests.portal.ward import a_carer, a_patient, an_account, browser_of

NOTIFICATIONS = Path(__file__).resolve().parents[3] / "portal" / "notifications"
TOKEN = re.compile(r"(?:mail|sms)_[a-z0-9_]+")
OTHER = {"address_unreadable", "unclear_twice", "crashed", "fault", "too_old"}


def failed(account, number: int, reason: str, channel=Channel.MAIL, state=DeliveryState.FAILED) -> Delivery:
    at = timezone.now() - timedelta(minutes=number)
    letter = Letter.objects.create(account=account, entry_index=number, kind=Kind.NEW_DOCUMENT, at=at)
    return Delivery.objects.create(
        letter=letter, account=account, channel=channel, urgency=Urgency.DEFAULT, state=state, reason=reason,
        attempts=7, next_try=at, ended_at=at,
    )  # fmt: skip


def test_every_reason_that_the_engine_can_give_has_words_in_both_languages() -> None:
    tokens = set(OTHER)
    for path in [*NOTIFICATIONS.glob("channels/*.py"), NOTIFICATIONS / "deliveries.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and TOKEN.fullmatch(node.value):
                tokens.add(node.value)
    tokens = {token for token in tokens if not token.endswith("_")} | {
        "mail_550",
        "mail_421",
        "mail_server_535",
        "sms_503",
    }
    assert len(tokens) > 15
    for token in tokens:
        said = set()
        for language in ("fr", "en"):
            with translation.override(language):
                said.add(reason_words(token))
        assert len(said) == 2, f"{token}: {said}"
        assert token not in said
    assert reason_words("something_new") == "something_new"
    assert reason_words("")


def test_failures_are_shown_with_their_reason_and_nobody_is_named(db) -> None:
    patient = a_patient(family="Kermarrec", given="Ewen")
    failed(patient.account, 1, "mail_550")
    failed(patient.account, 2, "mail_550")
    failed(patient.account, 3, "sms_number_refused", Channel.SMS)
    failed(patient.account, 4, "mail_timeout", state=DeliveryState.WAITING)
    failed(patient.account, 5, "no_address", state=DeliveryState.WITHHELD)
    text = html.unescape(browser_of(an_account("administrator")).get("/administration/letters/").content.decode())
    main = text.split("<main")[1]
    assert main.count(reason_words("mail_550")) == 3
    assert reason_words("sms_number_refused") in main
    assert "2 letters" in main
    for absent in ("Kermarrec", "Ewen", str(patient.account.pk), "new_document", "added", reason_words("mail_timeout")):
        assert absent not in main
    assert re.search(r"A-[0-9A-Z]{4}-[0-9A-Z]{4}", main)


def test_a_long_list_is_turned_page_by_page(db) -> None:
    account = a_patient().account
    for number in range(SHOWN + 3):
        failed(account, number, "mail_550")
    browser = browser_of(an_account("administrator"))
    first = browser.get("/administration/letters/").content.decode()
    older = html.unescape(re.search(r'href="(\?before=[^"]+)"', first)[1])
    second = browser.get(f"/administration/letters/{older}").content.decode()
    assert (first.count('<th scope="row">'), second.count('<th scope="row">')) == (SHOWN, 3)
    for wrong in ("x", "2026-01-01", "2026-13-40T00:00:00Z"):
        assert browser.get("/administration/letters/", {"before": wrong}).status_code == 404


def test_nothing_wrong_says_so_and_tasks_put_aside_are_listed(db) -> None:
    browser = browser_of(an_account("administrator"))
    assert "Every letter left" in browser.get("/administration/letters/").content.decode()
    Aside.objects.create(message=an_account("patient").pk, task="letters.deliver", reason="died", runs=5, is_aside=True)
    text = browser.get("/administration/letters/").content.decode()
    assert "letters.deliver" in text
    assert "5 runs" in text


@pytest.mark.parametrize("who", [a_patient, a_carer])
def test_it_is_closed_to_the_others(db, who) -> None:
    assert browser_of(who().account).get("/administration/letters/").status_code == 403
