"""A delivery ends exactly once, with a reason, whatever the relay says and whoever dies over it."""

from datetime import timedelta
from uuid import uuid4

import psycopg
import pytest
from django.utils import timezone

from audit.events import Event
from audit.models import Entry
from consent.models import Professional, Representation, TreatingDoctor
from portal.accounts.models import Account
from portal.notifications import claiming, deliveries
from portal.notifications.channels.sink import outgoing
from portal.notifications.claiming import MOST_CRASHES, due, hold, next_try, take, units
from portal.notifications.deliveries import deliver_due
from portal.notifications.following import follow_log
from portal.notifications.kinds import Channel, Kind, Urgency
from portal.notifications.models import Delivery, DeliveryState, Letter, OutgoingMessage
from portal.notifications.words import words_of
from records.models import Dossier
from tests.portal.notifications.readers import a_professional, a_reader, happens
from tests.portal.notifications.relay import open_relay


@pytest.fixture
def relay(db, settings):
    with open_relay() as relay:
        settings.LETTERS = {"mail": "smtp", "sms": "none"}
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", relay.port, 2
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        yield relay


def told(reader, urgency=Urgency.DEFAULT):
    """The reader's one delivery, after the engine had its turn."""
    happens(reader)
    follow_log()
    deliver_due(urgency, seconds=10)
    return Delivery.objects.get(account=reader.account, channel="mail")


def again(delivery, times=1):
    """As if the pause were over, so many times."""
    for _ in range(times):
        Delivery.objects.filter(pk=delivery.pk).update(next_try=timezone.now())
        deliver_due(Urgency(delivery.urgency), seconds=10)
    delivery.refresh_from_db()
    return delivery


def test_a_letter_leaves_once_and_names_its_delivery(relay):
    reader = a_reader("azenor@example.org")
    delivery = told(reader)
    assert (delivery.state, delivery.attempts, delivery.reason) == (DeliveryState.SENT, 1, "")
    assert relay.addresses() == ["azenor@example.org"]
    assert f"Message-ID: <{delivery.pk}@localhost>" in relay.taken[0].text
    assert "Auto-Submitted: auto-generated" in relay.taken[0].text
    again(delivery)
    assert len(relay.taken) == 1


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        ("450 later", DeliveryState.WAITING, "mail_450"),
        ("550 no such mailbox of azenor@example.org", DeliveryState.FAILED, "mail_550"),
    ],
)
def test_what_the_relay_answers_about_the_reader_decides(relay, answer, state, reason):
    relay.answer = lambda address: answer
    delivery = told(a_reader())
    assert (delivery.state, delivery.reason, relay.taken) == (state, reason, [])
    relay.answer = lambda address: None
    assert again(delivery).state == (DeliveryState.FAILED if state is DeliveryState.FAILED else DeliveryState.SENT)


@pytest.mark.parametrize(("answer", "reason"), [("451 full", "mail_451"), ("554 spam", "mail_554")])
def test_what_the_relay_answers_about_the_message_decides(relay, answer, reason):
    relay.refuse_data = answer
    delivery = told(a_reader())
    assert delivery.reason == reason
    relay.refuse_data = ""
    # Refused in clear words is not received: no unclear try is counted.
    assert again(delivery).unclear == 0


def test_a_relay_that_refuses_us_altogether_is_no_failure_of_the_letter(relay):
    relay.greeting = "554 go away"
    delivery = told(a_reader())
    assert (delivery.state, delivery.reason) == (DeliveryState.WAITING, "mail_server_554")
    relay.greeting = "220 relay"
    assert again(delivery).state == DeliveryState.SENT


def test_a_relay_that_is_away_costs_nothing(relay, settings):
    settings.EMAIL_PORT = 1
    delivery = told(a_reader())
    assert (delivery.state, delivery.reason, delivery.handed) == (DeliveryState.WAITING, "mail_unreachable", False)
    settings.EMAIL_PORT = relay.port
    assert again(delivery).state == DeliveryState.SENT


def test_silence_after_the_message_counts_and_is_never_a_third_mail(relay):
    relay.drop_after_data = True
    delivery = told(a_reader())
    assert (delivery.state, delivery.reason, delivery.handed) == (DeliveryState.WAITING, "mail_disconnected", True)
    again(delivery)
    relay.drop_after_data = False
    assert (again(delivery).state, delivery.reason) == (DeliveryState.FAILED, "unclear_twice")
    assert len(relay.taken) == 2


def test_after_one_silence_the_letter_still_leaves(relay):
    relay.drop_after_data = True
    delivery = told(a_reader())
    relay.drop_after_data = False
    assert again(delivery).state == DeliveryState.SENT
    assert len(relay.taken) == 2


def test_a_relay_slower_than_our_patience_waits(relay, settings):
    settings.EMAIL_TIMEOUT = 0.3
    relay.slow = 1.0
    assert told(a_reader()).state == DeliveryState.WAITING
    assert relay.taken == []


@pytest.mark.asvs("v5.0.0-1.3.11")
def test_an_address_that_is_none_is_given_up(relay):
    for bad in ("not an address", "a@b.org, c@d.org", "a@b.org\r\nBcc: c@d.org"):
        delivery = told(a_reader(bad))
        assert (delivery.state, delivery.reason) == (DeliveryState.FAILED, "mail_bad_address")
    assert relay.taken == []


def test_who_has_no_address_is_told_in_the_portal_alone(relay):
    reader = a_reader()
    Dossier.objects.filter(pk=reader.dossier).update(sealed_contact=b"", contact_revision=0)
    delivery = told(reader)
    assert (delivery.state, delivery.reason) == (DeliveryState.WITHHELD, "no_address")
    assert Letter.objects.filter(account=reader.account).count() == 1


def test_a_closed_account_gets_nothing(relay):
    reader = a_reader()
    happens(reader)
    follow_log()
    Account.objects.filter(pk=reader.account.pk).update(is_active=False)
    deliver_due(Urgency.DEFAULT, seconds=5)
    assert Delivery.objects.get().reason == "account_closed"
    assert relay.taken == []


def test_who_no_longer_acts_for_the_patient_is_not_written_to(relay):
    child, parent = a_reader(), a_reader("parent@example.org")
    Dossier.objects.filter(pk=child.dossier).update(account=None)
    acting = Representation.objects.create(
        dossier=child.dossier, account=parent.account, kind="parent", categories=["laboratory"],
        during=(timezone.now() - timedelta(days=1), None),
    )  # fmt: skip
    happens(child, child)
    follow_log()
    assert list(Letter.objects.values_list("account", "represents")) == [(parent.account.pk, child.dossier)] * 2
    _first, second = Delivery.objects.all()
    Delivery.objects.filter(pk=second.pk).update(next_try=timezone.now() + timedelta(hours=1))
    deliver_due(Urgency.DEFAULT, seconds=5)
    Representation.objects.filter(pk=acting.pk).update(during=(acting.during[0], timezone.now()))
    again(second)
    second.refresh_from_db()
    assert relay.addresses() == ["parent@example.org"]
    assert (second.state, second.reason) == (DeliveryState.WITHHELD, "right_ended")


def test_the_treating_doctor_is_told_of_an_emergency_at_once(relay):
    patient, doctor = a_reader(), Account.objects.create(login_digest=uuid4().bytes * 2, role="professional")
    named = Professional.objects.create(account=doctor, family="Abgrall", given="Yann", profession="doctor")
    TreatingDoctor.objects.create(
        dossier=patient.dossier, professional=named, during=(timezone.now() - timedelta(days=1), None)
    )
    happens(patient, event=Event.EMERGENCY_OPENED)
    follow_log()
    assert dict(Letter.objects.values_list("account", "kind")) == {
        patient.account.pk: Kind.EMERGENCY, doctor.pk: Kind.EMERGENCY_OF_PATIENT,
    }  # fmt: skip
    assert deliver_due(Urgency.EMERGENCY, seconds=10)
    assert relay.addresses() == [patient.email]


def test_what_somebody_holds_is_left_alone_until_their_connection_ends(relay, db):
    reader = a_reader()
    happens(reader)
    follow_log()
    delivery = Delivery.objects.get()
    with psycopg.connect(db.app_url, autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(%s)", [claiming._lock_of(delivery)])
        deliver_due(Urgency.DEFAULT, seconds=5)
        assert relay.taken == []
    assert told_now(delivery) == DeliveryState.SENT


def told_now(delivery):
    deliver_due(Urgency(delivery.urgency), seconds=5)
    delivery.refresh_from_db()
    return delivery.state


def dies_over(*held):
    """A process takes these up, and is gone before it sends the first."""
    now = timezone.now()
    with hold(held, most=len(held)) as mine:
        assert len(mine) == len(held)
        first = units(mine, now=now)[0]
        assert take(first, now=now)


def test_a_process_that_dies_costs_the_letters_that_it_had_not_begun_nothing(relay):
    happens(*[a_reader() for _ in range(5)])
    follow_log()
    dies_over(*due(Urgency.DEFAULT, now=timezone.now(), limit=10))
    assert deliver_due(Urgency.DEFAULT, seconds=5) == 4
    assert sorted(Delivery.objects.values_list("state", "attempts", "crashes")) == [
        (DeliveryState.SENDING, 1, 0), *[(DeliveryState.SENT, 1, 0)] * 4
    ]  # fmt: skip
    assert again(Delivery.objects.get(state=DeliveryState.SENDING)).crashes == 1


def test_two_processes_share_what_is_due(relay, db):
    happens(*[a_reader() for _ in range(deliveries._BATCH + 5)])
    follow_log()
    held = due(Urgency.DEFAULT, now=timezone.now(), limit=deliveries._BATCH)
    with psycopg.connect(db.app_url, autocommit=True) as other:
        for delivery in held:
            other.execute("SELECT pg_advisory_lock(%s)", [claiming._lock_of(delivery)])
        assert deliver_due(Urgency.DEFAULT, seconds=20) == 5
        other.execute("SELECT pg_advisory_unlock_all()")
    assert deliver_due(Urgency.DEFAULT, seconds=20) == deliveries._BATCH


def test_fifty_letters_cost_two_writes_each_and_few_questions(relay, django_assert_max_num_queries):
    readers = [a_reader() for _ in range(50)]
    happens(*readers)
    follow_log()
    words_of({reader.account.pk for reader in readers})
    # Two for each letter (taken up with the former one written down; handed over), its line in the log, and the rest.
    with django_assert_max_num_queries(3 * 50 + 70):
        assert deliver_due(Urgency.DEFAULT, seconds=20) == 50
    assert sorted(relay.addresses()) == sorted(reader.email for reader in readers)


def test_a_letter_over_which_processes_die_is_not_tried_for_ever(relay):
    reader = a_reader()
    happens(reader)
    follow_log()
    delivery = Delivery.objects.get()
    pauses = []
    for _ in range(MOST_CRASHES + 1):
        Delivery.objects.update(next_try=timezone.now())
        dies_over(delivery)
        delivery.refresh_from_db()
        pauses.append((delivery.next_try - timezone.now()).total_seconds())
    # Soon after the first time, however ordinary the letter; later and later when it happens again.
    assert 0 < pauses[0] <= 5
    assert pauses[0] < pauses[-1] <= 60
    assert again(delivery).reason == "crashed"
    assert relay.taken == []


def test_a_fault_of_ours_keeps_no_other_letter_back(relay, monkeypatch, caplog):
    unlucky, other = a_reader("unlucky@example.org"), a_reader()
    compose = deliveries.compose

    def breaks(channel, letters, language, words, **more):
        if letters[0].account_id == unlucky.account.pk:
            raise KeyError("unlucky@example.org")
        return compose(channel, letters, language, words, **more)

    monkeypatch.setattr(deliveries, "compose", breaks)
    delivery = told(unlucky)
    assert (delivery.state, delivery.reason) == (DeliveryState.WAITING, "fault")
    assert told(other).state == DeliveryState.SENT
    assert again(delivery, times=deliveries.MOST_FAULTS).state == DeliveryState.FAILED


def test_after_five_days_it_is_given_up_with_the_last_reason(relay):
    relay.answer = lambda address: "452 full"
    delivery = told(a_reader())
    Delivery.objects.update(created_at=timezone.now() - deliveries.GIVE_UP_AFTER - timedelta(hours=1))
    assert (again(delivery).state, delivery.reason) == (DeliveryState.FAILED, "mail_452")


def test_what_waits_together_leaves_in_one_message(relay):
    reader = a_reader()
    happens(reader, reader, reader)
    follow_log()
    Delivery.objects.update(grouped=True)
    assert deliver_due(Urgency.DEFAULT, seconds=5) == 3
    assert len(relay.taken) == 1


def test_pauses_grow_stay_bounded_and_are_not_alike():
    now = timezone.now()
    for urgency, longest in ((Urgency.EMERGENCY, 60), (Urgency.DEFAULT, 3600)):
        pauses = [(next_try(attempts, urgency, now) - now).total_seconds() for attempts in range(1, 40)]
        assert 0 < pauses[0] < pauses[5] <= longest
        assert max(pauses) <= longest
        assert len({round(pause, 3) for pause in pauses[20:]}) > 10


def test_an_emergency_is_due_before_nothing_else(relay):
    reader = a_reader()
    happens(*[reader] * 5)
    happens(reader, event=Event.EMERGENCY_OPENED, actor=a_professional())
    follow_log()
    assert [delivery.urgency for delivery in due(Urgency.EMERGENCY, now=timezone.now(), limit=50)] == ["emergency"] * 2


def test_the_demo_keeps_what_would_have_left_sealed(db):
    reader = a_reader("azenor@example.org", "06 12 34 56 78")
    happens(reader, event=Event.EMERGENCY_OPENED)
    follow_log()
    deliver_due(Urgency.EMERGENCY, seconds=5)
    assert {(out.channel, out.to) for out in outgoing()} == {
        (Channel.MAIL, "azenor@example.org"), (Channel.SMS, "06 12 34 56 78"),
    }  # fmt: skip
    assert all(b"azenor" not in bytes(row.sealed) for row in OutgoingMessage.objects.all())
    assert "azenor" not in repr(outgoing())


def test_a_relay_that_is_slow_has_few_addresses_opened_for_it(relay, monkeypatch):
    """Each opening is a line in somebody's history: none is written for a letter that does not leave."""
    monkeypatch.setattr(deliveries, "_FRESH_SECONDS", 0.0)
    happens(*[a_reader() for _ in range(30)])
    follow_log()
    deliver_due(Urgency.DEFAULT, seconds=0.001)
    sent = len(relay.taken)
    assert sent >= 1
    assert Entry.objects.filter(event="contact.opened").count() <= sent * deliveries._FIRST_BATCH


def test_no_more_is_held_than_is_asked_for_and_all_of_it_is_let_go(relay, db):
    happens(*[a_reader() for _ in range(6)])
    follow_log()
    with psycopg.connect(db.superuser_url, autocommit=True) as other:
        held = (
            "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        with hold(due(Urgency.DEFAULT, now=timezone.now(), limit=10), most=4) as mine:
            assert len(mine) == other.execute(held).fetchone()[0] == 4
        assert other.execute(held).fetchone()[0] == 0
