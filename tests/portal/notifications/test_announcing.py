"""What the clock alone brings about is announced once, however often and by however many it is looked at."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.utils import timezone

from audit.actor import Role
from audit.models import Entry
from audit.sequencing import sequence_once
from consent.models import Choice
from portal.accounts.models import Account
from portal.asking import RightsGone, actor_again
from portal.notifications.announcing import SOON, announce_due
from portal.notifications.deliveries import KEPT, forget_old
from portal.notifications.following import follow_log
from portal.notifications.kinds import Kind
from portal.notifications.models import Delivery, Letter
from tests.portal.notifications.readers import a_reader, happens
from tests.portal.ward import a_carer


def a_choice(reader, ends_in: timedelta, allowed=True) -> Choice:
    return Choice.objects.create(
        dossier=reader.dossier, professional=a_carer().person, category="laboratory", right="read", allowed=allowed,
        during=(timezone.now() - timedelta(days=1), timezone.now() + ends_in),
    )  # fmt: skip


def told() -> list[str]:
    sequence_once()
    follow_log()
    return sorted(Letter.objects.values_list("kind", flat=True))


def test_a_consent_that_ends_soon_is_announced_once_and_again_when_prolonged(db):
    reader = a_reader()
    ending = a_choice(reader, SOON - timedelta(hours=1))
    a_choice(reader, SOON + timedelta(days=1))
    a_choice(reader, SOON - timedelta(hours=2), allowed=False)
    assert (announce_due(), announce_due()) == (1, 0)
    assert told() == [Kind.CONSENT_ENDING]
    Choice.objects.filter(pk=ending.pk).update(during=(ending.during[0], timezone.now() + timedelta(days=2)))
    assert (announce_due(), announce_due()) == (1, 0)


def test_the_statement_of_a_month_is_announced_from_the_first_of_the_next(db, owner):
    reader = a_reader()
    owner.execute("UPDATE records_dossier SET created_on = created_on - 40 WHERE id = %s", [reader.dossier])
    now = timezone.localtime().replace(day=15)
    assert (announce_due(now), announce_due(now)) == (1, 0)
    later = (now.replace(day=1) + timedelta(days=40)).replace(day=1)
    assert (announce_due(later), announce_due(later)) == (1, 0)
    assert told() == [Kind.STATEMENT, Kind.STATEMENT]


def test_two_beats_at_once_announce_once(db):
    for _ in range(5):
        a_choice(a_reader(), timedelta(days=1))

    def announce(_: int) -> int:
        try:
            return announce_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(announce, range(4))) == 5
    assert Entry.objects.filter(event="consent.ending").count() == 5


def test_a_task_acts_with_the_rights_of_now(db):
    doctor, request = a_carer(), uuid4()
    actor = actor_again(doctor.account.pk, role=Role.PROFESSIONAL, request_id=request)
    assert (actor.professional, actor.organisation, actor.request) == (
        doctor.person.id,
        doctor.organisation.id,
        request,
    )
    with pytest.raises(RightsGone):
        actor_again(doctor.account.pk, role=Role.ADMINISTRATOR, request_id=request)
    with pytest.raises(RightsGone):
        actor_again(doctor.account.pk, role=Role.PROFESSIONAL, request_id=request, organisation=uuid4())
    Account.objects.filter(pk=doctor.account.pk).update(is_active=False)
    with pytest.raises(RightsGone):
        actor_again(doctor.account.pk, role=Role.PROFESSIONAL, request_id=request)


def test_deliveries_are_forgotten_after_a_month_and_letters_stay(db):
    happens(a_reader())
    follow_log()
    assert forget_old() == 0
    Delivery.objects.update(state="sent", ended_at=timezone.now() - KEPT - timedelta(hours=1))
    assert forget_old() == 1
    follow_log()
    assert (Letter.objects.count(), Delivery.objects.count()) == (1, 0)
