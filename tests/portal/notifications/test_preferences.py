"""Wishes are obeyed, what must be told is told, quiet hours and one message a day; three words of one's own."""

from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from django.db import IntegrityError, transaction

from audit.actor import Actor, Role, Strength
from audit.log import entries_by
from portal.notifications.forms import kinds_for
from portal.notifications.kinds import Channel, Kind, Urgency
from portal.notifications.models import Rhythm, Switch, ThreeWords
from portal.notifications.preferences import Wishes, keep_wishes, load_planner, wishes_of
from portal.notifications.words import draw_again, known_words, three_words
from records.vault.cipher import Unreadable
from tests.portal.ward import a_carer, a_patient, an_account, browser_of

PARIS = ZoneInfo("Europe/Paris")
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=PARIS)
MUST = [kind for kind in Kind if not kind.traits.can_be_switched_off]


def by(account_id: UUID) -> Actor:
    return Actor(id=account_id, role=Role.PATIENT, strength=Strength.OTP)


def ways(wishes: Wishes, kind: Kind, now: datetime = NOON) -> dict[Channel, tuple[datetime, bool]]:
    return {plan.channel: (plan.not_before, plan.grouped) for plan in wishes.plans(kind, now)}


def everything_off(**changed: object) -> Wishes:
    return Wishes({(kind, channel): False for kind in Kind for channel in Channel}, **changed)


def test_without_a_wish_a_mail_leaves_at_once_and_an_sms_only_for_what_cannot_wait() -> None:
    for kind in Kind:
        expected = {Channel.MAIL, Channel.SMS} if kind.traits.urgency is Urgency.EMERGENCY else {Channel.MAIL}
        if kind is Kind.ACCESS:
            expected = set()
        assert ways(Wishes(), kind) == dict.fromkeys(expected, (NOON, False))


def test_what_is_switched_off_does_not_leave_and_what_must_be_told_does() -> None:
    assert {Kind.EMERGENCY, Kind.EMERGENCY_OF_PATIENT, Kind.NEW_DEVICE, Kind.SECURITY_CHANGED} <= set(MUST)
    for kind in Kind:
        left = set(ways(everything_off(), kind))
        if kind in MUST:
            assert Channel.MAIL in left
            assert (Channel.SMS in left) == (kind.traits.urgency is Urgency.EMERGENCY)
        else:
            assert left == set()


def test_each_access_is_told_if_wished() -> None:
    wishes = Wishes({(Kind.ACCESS, Channel.SMS): True})
    assert set(ways(wishes, Kind.ACCESS)) == {Channel.SMS}


@pytest.mark.parametrize(
    ("begin", "end", "now", "leaves"),
    [
        (time(22), time(7), (23, 30), (24, 7, 0)),
        (time(22), time(7), (3, 0), (23, 7, 0)),
        (time(22), time(7), (22, 0), (24, 7, 0)),
        (time(22), time(7), (7, 0), None),
        (time(22), time(7), (12, 0), None),
        (time(12), time(14), (12, 0), (23, 14, 0)),
        (time(12), time(14), (14, 0), None),
        (time(12), time(14), (11, 59), None),
    ],
)
def test_quiet_hours_hold_what_can_wait_and_let_the_urgent_pass(begin, end, now, leaves) -> None:
    moment = datetime(2026, 11, 23, *now, tzinfo=PARIS)
    wishes = Wishes(quiet_from=begin, quiet_until=end)
    expected = moment if leaves is None else datetime(2026, 11, *leaves, tzinfo=PARIS)
    assert ways(wishes, Kind.NEW_DOCUMENT, moment) == {Channel.MAIL: (expected, leaves is not None)}
    assert set(ways(wishes, Kind.EMERGENCY, moment).values()) == {(moment, False)}
    assert set(ways(everything_off(quiet_from=begin, quiet_until=end), Kind.EMERGENCY, moment)) == set(Channel)


def test_quiet_hours_end_by_the_clock_of_the_house_when_it_changes() -> None:
    """In the night of 25 October 2026 the clock goes back: 7 o'clock is an hour later."""
    before = datetime(2026, 10, 24, 23, 0, tzinfo=PARIS)
    ((leaves, _),) = ways(Wishes(quiet_from=time(22), quiet_until=time(7)), Kind.NEW_DOCUMENT, before).values()
    assert leaves.astimezone(PARIS).time() == time(7)
    assert leaves - before.astimezone(ZoneInfo("UTC")) == timedelta(hours=9)


def test_one_message_a_day_waits_for_six_and_for_the_end_of_quiet_hours() -> None:
    six = NOON.replace(hour=18)
    assert ways(Wishes(once_a_day=True), Kind.NEW_DOCUMENT) == {Channel.MAIL: (six, True)}
    assert ways(Wishes(once_a_day=True), Kind.NEW_DOCUMENT, six) == {Channel.MAIL: (six + timedelta(days=1), True)}
    assert set(ways(Wishes(once_a_day=True), Kind.EMERGENCY).values()) == {(NOON, False)}
    quiet = Wishes(once_a_day=True, quiet_from=time(17), quiet_until=time(20))
    assert ways(quiet, Kind.NEW_DOCUMENT) == {Channel.MAIL: (NOON.replace(hour=20), True)}


def test_wishes_are_kept_as_what_differs_and_read_for_many_in_two_queries(db, django_assert_num_queries) -> None:
    one, other, third = (an_account("patient").pk for _ in range(3))
    keep_wishes(actor=by(one), wishes=everything_off(once_a_day=True))
    chosen = Wishes({(Kind.NEW_DOCUMENT, Channel.MAIL): True}, quiet_from=time(22), quiet_until=time(6))
    keep_wishes(actor=by(other), wishes=chosen)
    assert not Switch.objects.filter(account_id=other).exists()
    with django_assert_num_queries(2):
        planner = load_planner([one, other, third])
    assert planner(one, Kind.NEW_DOCUMENT, NOON) == ()
    assert {plan.channel for plan in planner(one, Kind.EMERGENCY, NOON)} == set(Channel)
    assert wishes_of([other])[other].quiet_until == time(6)
    assert [plan.not_before for plan in planner(third, Kind.NEW_DOCUMENT, NOON)] == [NOON]
    keep_wishes(actor=by(one), wishes=Wishes())
    assert not Switch.objects.exists()


def test_each_switch_that_turned_is_in_the_log_and_what_stayed_is_not(db) -> None:
    actor = by(an_account("patient").pk)
    mail = (Kind.NEW_DOCUMENT, Channel.MAIL)
    keep_wishes(actor=actor, wishes=Wishes({mail: False, (Kind.EMERGENCY, Channel.MAIL): False}))
    keep_wishes(actor=actor, wishes=Wishes({mail: False}))
    keep_wishes(actor=actor, wishes=Wishes({mail: True}, once_a_day=True))
    lines = [entry.facts for entry in reversed(entries_by(actor.id)) if entry.event == "letters.chosen"]
    assert lines == [
        {"kind": "new_document", "method": "mail", "state": "off"},
        {"kind": "new_document", "method": "mail", "state": "on"},
        {"kind": "rhythm"},
    ]


def test_the_database_refuses_to_switch_off_what_must_be_told(db) -> None:
    account = an_account("patient").pk
    for kind in MUST:
        with pytest.raises(IntegrityError, match="switch_not_of_what_must_be_told"), transaction.atomic():
            Switch.objects.create(account_id=account, kind=kind, channel=Channel.MAIL, is_on=False)
    with pytest.raises(IntegrityError, match="rhythm_quiet_hours_whole"), transaction.atomic():
        Rhythm.objects.create(account_id=account, quiet_from=time(22))


def sent(**changed: str) -> dict[str, str]:
    return {"mail-new_document": "on", "quiet_from": "", "quiet_until": "", **changed}


def test_the_page_keeps_what_is_chosen_and_nothing_that_must_be_told_can_be_chosen_away(db) -> None:
    patient = a_patient()
    browser = browser_of(patient.account)
    page = browser.get("/letters/preferences/").content.decode()
    for kind in MUST:
        assert f'name="mail-{kind.value}"' not in page
    assert 'name="sms-emergency"' not in page
    chosen = sent(**{"quiet_from": "22:00", "quiet_until": "07:30", "once_a_day": "on", "sms-access": "on"})
    assert "Your choices are kept" in browser.post("/letters/preferences/", chosen, follow=True).content.decode()
    wishes = wishes_of([patient.account.pk])[patient.account.pk]
    assert wishes.wants(Kind.NEW_DOCUMENT, Channel.MAIL)
    assert not wishes.wants(Kind.FIRST_ACCESS, Channel.MAIL)
    assert wishes.wants(Kind.ACCESS, Channel.SMS)
    assert all(wishes.wants(kind, Channel.MAIL) for kind in MUST)
    assert (wishes.once_a_day, wishes.quiet_from, wishes.quiet_until) == (True, time(22), time(7, 30))
    assert 'value="22:00"' in browser.get("/letters/preferences/").content.decode()


@pytest.mark.asvs("v5.0.0-2.2.3")
@pytest.mark.parametrize(
    "wrong", [{"quiet_from": "22:00"}, {"quiet_from": "9:00", "quiet_until": "9:00"}, {"quiet_until": "99:99"}]
)
def test_half_of_the_quiet_hours_is_refused_with_a_sentence(db, wrong) -> None:
    patient = a_patient()
    answer = browser_of(patient.account).post("/letters/preferences/", sent(**wrong))
    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()
    assert wishes_of([patient.account.pk]) == {}


def test_each_side_chooses_among_its_own_letters(db) -> None:
    for account, role in (
        (a_patient().account, Role.PATIENT),
        (a_carer().account, Role.PROFESSIONAL),
        (an_account("administrator"), Role.ADMINISTRATOR),
    ):
        browser = browser_of(account)
        page = browser.get("/letters/preferences/").content.decode()
        for kind in Kind:
            mine = kind in kinds_for(role)
            assert (f"/letters/preferences/{kind.value}/" in page) == mine
            assert browser.get(f"/letters/preferences/{kind.value}/").status_code == (200 if mine else 404)
        assert browser.get("/letters/preferences/nothing/").status_code == 404


def test_the_list_of_words_is_long_plain_and_without_twins() -> None:
    words = known_words()
    assert len(words) == len(set(words)) >= 512
    assert all(word.isascii() and word.islower() and word.isalpha() and 4 <= len(word) <= 10 for word in words)
    shapes: dict[str, str] = {}
    for word in words:
        for hole in {word[:at] + "_" + word[at + 1 :] for at in range(len(word))}:
            assert hole not in shapes, f"{word} and {shapes[hole]} differ by one letter"
            shapes[hole] = word


def test_three_words_are_drawn_once_sealed_and_belong_to_one_person(db) -> None:
    one, other = an_account("patient").pk, an_account("patient").pk
    words = three_words(one)
    assert three_words(one) == words
    assert len(set(words)) == 3
    assert set(words) <= set(known_words())
    sealed = bytes(ThreeWords.objects.get(account_id=one).sealed)
    assert not [word for word in words if word.encode() in sealed]
    three_words(other)
    assert len(sealed) == len(bytes(ThreeWords.objects.get(account_id=other).sealed))
    ThreeWords.objects.filter(account_id=other).update(sealed=sealed)
    with pytest.raises(Unreadable):
        three_words(other)


def test_draws_differ_between_people_and_other_words_replace_them(db) -> None:
    accounts = [an_account("patient").pk for _ in range(12)]
    assert len({three_words(account) for account in accounts}) == 12
    before = three_words(accounts[0])
    draw_again(actor=by(accounts[0]))
    assert three_words(accounts[0]) != before
    assert [entry.event for entry in entries_by(accounts[0])] == ["words.drawn"]


def test_the_page_shows_the_words_and_draws_others(db) -> None:
    patient = a_patient()
    browser = browser_of(patient.account)
    assert " · ".join(three_words(patient.account.pk)) in browser.get("/letters/preferences/").content.decode()
    before = three_words(patient.account.pk)
    browser.post("/letters/preferences/words/", follow=True)
    assert three_words(patient.account.pk) != before
    assert browser.get("/letters/preferences/words/").status_code in (404, 405)
