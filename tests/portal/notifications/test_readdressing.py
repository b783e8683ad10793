"""Another address counts once it has shown its code; the former one is told; every step is in the log."""

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from audit.actor import Actor, Role, Strength
from audit.log import entries_by
from audit.sequencing import sequence_once
from consent.granting import Invalid
from portal.accounts.enrolment import enrol_totp
from portal.notifications import readdressing
from portal.notifications.channels.sink import outgoing
from portal.notifications.deliveries import deliver_due, forget_old
from portal.notifications.following import follow_log
from portal.notifications.held import KEPT, WAITS
from portal.notifications.kinds import Channel, Kind, Urgency
from portal.notifications.models import Delivery, HeldAddress, Letter
from portal.notifications.readdressing import MOST_TRIES, Confirmed
from portal.notifications.words import three_words
from records.house import seal_for_house
from records.models import Dossier
from tests.portal.notifications.readers import a_reader
from tests.portal.ward import an_account, browser_of, prove_again

OLD, NEW = "azenor@example.org", "kerzherho@example.net"


def acting(account, role=Role.PATIENT) -> Actor:
    return Actor(id=account.pk, role=role, strength=Strength.OTP)


def everything_leaves():
    """What has left until now: to whom, by which way, in which words."""
    sequence_once()
    follow_log()
    deliver_due(Urgency.EMERGENCY, seconds=10)
    return {(out.channel, out.to): out.message for out in outgoing()}


def code_in(message) -> str:
    return re.search(r"\b(\d{6})\b", message.text)[1]


def lines(actor) -> list[str]:
    return [entry.event for entry in reversed(entries_by(actor.id)) if entry.event.startswith("contact.change")]


def test_a_new_address_shows_its_code_then_counts_and_the_former_one_is_told(db):
    reader = a_reader(OLD, "06 12 34 56 78")
    actor = acting(reader.account)
    readdressing.ask(actor=actor, channel=Channel.MAIL, typed=f" {NEW} ")
    sent = everything_leaves()
    assert set(sent) == {(Channel.MAIL, NEW)}
    assert readdressing.current_contact(actor=actor).email == OLD
    assert readdressing.confirm(actor=actor, code=code_in(sent[Channel.MAIL, NEW])) is Confirmed.DONE
    contact = readdressing.current_contact(actor=actor)
    assert (contact.email, contact.phone) == (NEW, "06 12 34 56 78")
    assert lines(actor) == ["contact.change_asked", "contact.changed"]
    # The former mail address and the telephone are told; the new one has just been used.
    assert set(everything_leaves()) - set(sent) == {(Channel.MAIL, OLD), (Channel.SMS, "06 12 34 56 78")}
    assert set(Letter.objects.values_list("kind", flat=True)) == {Kind.ADDRESS_ASKED, Kind.SECURITY_CHANGED}


def test_a_number_proves_itself_by_sms_and_the_former_number_is_told(db):
    reader = a_reader(OLD, "+33612345678")
    actor = acting(reader.account)
    readdressing.ask(actor=actor, channel=Channel.SMS, typed="07 11 22 33 44")
    sent = everything_leaves()
    assert set(sent) == {(Channel.SMS, "+33711223344")}
    assert len(sent[Channel.SMS, "+33711223344"].text) <= 160
    readdressing.confirm(actor=actor, code=code_in(sent[Channel.SMS, "+33711223344"]))
    assert set(everything_leaves()) - set(sent) == {(Channel.MAIL, OLD), (Channel.SMS, "+33612345678")}
    assert readdressing.current_contact(actor=actor).phone == "+33711223344"


def test_staff_change_their_mail_and_have_no_number(db):
    account = an_account("administrator")
    account.sealed_contact = seal_for_house("contact", account.pk, OLD.encode())
    account.save(update_fields=["sealed_contact"])
    actor = acting(account, Role.ADMINISTRATOR)
    with pytest.raises(Invalid, match="by mail only"):
        readdressing.ask(actor=actor, channel=Channel.SMS, typed="06 12 34 56 78")
    readdressing.ask(actor=actor, channel=Channel.MAIL, typed=NEW)
    readdressing.confirm(actor=actor, code=code_in(everything_leaves()[Channel.MAIL, NEW]))
    assert readdressing.current_contact(actor=actor).email == NEW
    assert (Channel.MAIL, OLD) in everything_leaves()


def test_what_goes_to_an_unproven_address_says_nothing_of_its_reader(db):
    reader = a_reader(OLD)
    actor = acting(reader.account)
    readdressing.ask(actor=actor, channel=Channel.MAIL, typed=NEW)
    message = everything_leaves()[Channel.MAIL, NEW]
    for word in (*three_words(reader.account.pk), "Kerzerho", "Azenor", OLD, str(reader.account.pk)):
        assert word not in message.text + message.subject


@pytest.mark.asvs("v5.0.0-6.6.3")
def test_the_code_can_be_guessed_at_a_few_times_only(db):
    reader = a_reader(OLD)
    actor = acting(reader.account)
    readdressing.ask(actor=actor, channel=Channel.MAIL, typed=NEW)
    code = HeldAddress.objects.get().opened().code
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    outcomes = [readdressing.confirm(actor=actor, code=wrong) for _ in range(MOST_TRIES)]
    assert outcomes == [*[Confirmed.WRONG] * (MOST_TRIES - 1), Confirmed.OVER]
    assert readdressing.confirm(actor=actor, code=code) is Confirmed.OVER
    assert readdressing.current_contact(actor=actor).email == OLD
    assert lines(actor) == ["contact.change_asked", *["contact.change_refused"] * MOST_TRIES]


@pytest.mark.asvs("v5.0.0-6.6.2")
def test_the_code_is_worth_a_quarter_of_an_hour_and_to_one_person(db):
    reader, other = a_reader(OLD), a_reader()
    actor = acting(reader.account)
    readdressing.ask(actor=actor, channel=Channel.MAIL, typed=NEW)
    code = HeldAddress.objects.get().opened().code
    assert readdressing.confirm(actor=acting(other.account), code=code) is Confirmed.OVER
    HeldAddress.objects.update(made_at=timezone.now() - WAITS - timedelta(seconds=1))
    assert readdressing.confirm(actor=actor, code=code) is Confirmed.OVER
    assert readdressing.current_contact(actor=actor).email == OLD


def test_asking_again_replaces_what_was_asked_and_not_within_a_minute(db):
    reader = a_reader(OLD)
    actor = acting(reader.account)
    readdressing.ask(actor=actor, channel=Channel.MAIL, typed="first@example.net")
    with pytest.raises(Invalid, match="minute"):
        readdressing.ask(actor=actor, channel=Channel.MAIL, typed=NEW)
    HeldAddress.objects.update(made_at=timezone.now() - timedelta(minutes=2))
    readdressing.ask(actor=actor, channel=Channel.MAIL, typed=NEW)
    assert set(everything_leaves()) == {(Channel.MAIL, NEW)}
    readdressing.leave(actor=actor)
    assert readdressing.waiting_for(actor) is None
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("channel", "typed"),
    [
        (Channel.MAIL, "nobody"),
        (Channel.MAIL, "a@b.org, c@d.org"),
        (Channel.MAIL, "a@b.org\r\nBcc: c@d.org"),
        (Channel.MAIL, "é@example.org"),
        (Channel.SMS, "12"),
        (Channel.SMS, OLD),
    ],
)
def test_what_is_no_address_is_refused_with_a_sentence(db, channel, typed):
    reader = a_reader(OLD)
    with pytest.raises(Invalid):
        readdressing.ask(actor=acting(reader.account), channel=channel, typed=typed)
    assert not HeldAddress.objects.exists()


def test_addresses_are_sealed_and_go_when_they_are_no_longer_needed(db):
    reader = a_reader(OLD)
    actor = acting(reader.account)
    readdressing.ask(actor=actor, channel=Channel.MAIL, typed=NEW)
    row = HeldAddress.objects.get()
    assert NEW.encode() not in bytes(row.sealed)
    assert row.opened().code.encode() not in bytes(row.sealed)
    readdressing.confirm(actor=actor, code=row.opened().code)
    everything_leaves()
    assert HeldAddress.objects.get().opened().address == OLD
    HeldAddress.objects.update(made_at=timezone.now() - KEPT - timedelta(hours=1))
    before = Delivery.objects.count()
    forget_old()
    assert not HeldAddress.objects.exists()
    assert Delivery.objects.count() == before


def test_the_new_address_is_sealed_under_another_revision(db):
    reader = a_reader(OLD)
    before = Dossier.objects.get(pk=reader.dossier)
    actor = acting(reader.account)
    readdressing.ask(actor=actor, channel=Channel.MAIL, typed=NEW)
    readdressing.confirm(actor=actor, code=HeldAddress.objects.get().opened().code)
    after = Dossier.objects.get(pk=reader.dossier)
    assert after.contact_revision == before.contact_revision + 1
    assert bytes(after.sealed_contact) != bytes(before.sealed_contact)
    entry = next(entry for entry in entries_by(actor.id) if entry.event == "contact.changed")
    assert (entry.revision, entry.dossier) == (after.contact_revision, reader.pseudonym)


@pytest.mark.asvs("v5.0.0-7.5.1")
def test_the_page_asks_for_a_proof_then_leads_through(db):
    reader = a_reader(OLD, "06 12 34 56 78")
    with transaction.atomic():
        enrol_totp(reader.account)
    browser = browser_of(reader.account)
    page = browser.get("/letters/address/").content.decode()
    assert OLD in page
    asked = {"channel": "mail", "address": NEW}
    assert NEW in browser.post("/letters/address/ask/", asked).content.decode()
    assert not HeldAddress.objects.exists()
    prove_again(browser)
    assert browser.post("/letters/address/ask/", {**asked, "address": "nobody"}).status_code == 422
    page = browser.post("/letters/address/ask/", asked, follow=True).content.decode()
    assert NEW in page
    code = HeldAddress.objects.get().opened().code
    wrong = browser.post("/letters/address/confirm/", {"code": f"{(int(code) + 1) % 10**6:06d}"})
    assert (wrong.status_code, str(MOST_TRIES - 1) in wrong.content.decode()) == (422, True)
    page = browser.post("/letters/address/confirm/", {"code": f"{code[:3]} {code[3:]}"}, follow=True).content.decode()
    assert NEW in page
    assert OLD not in page
