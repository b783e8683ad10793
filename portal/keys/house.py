"""Every column sealed under keys of the house, and turning those keys: once a year, and when somebody orders it."""

from __future__ import annotations

from datetime import datetime

from django.apps import apps

from audit.actor import Actor, SystemTask
from portal.notifications.words import place_of
from records.house_turning import TURNING, HouseColumn, begin_house, destroy_house, reseal_house
from records.models import HouseKey, KeyState

# A column that is missing here would lose its key at the first turn: a test compares this list with the models.
COLUMNS = (
    HouseColumn("accounts_account", "sealed_contact", "contact", "id"),
    HouseColumn("accounts_sealedtotpdevice", "sealed_key", "factor", "user_id"),
    HouseColumn("accounts_passkey", "sealed_name", "factor", "user_id"),
    HouseColumn("accounts_recovery", "sealed_stop", "recovery", "id"),
    HouseColumn("entrance_callback", "sealed", "contact", "id"),
    HouseColumn("entrance_report", "sealed", "contact", "id"),
    HouseColumn("notifications_held_address", "sealed", "contact", "id"),
    HouseColumn("notifications_three_words", "sealed", "contact", "account_id", place_of),
    HouseColumn("notifications_outgoing", "sealed", "outbox", "id"),
    HouseColumn("welcoming_invitation", "sealed", "contact", "id"),
    HouseColumn("welcoming_nomination", "sealed", "contact", "id"),
)
HOUSE = Actor.system(SystemTask.ROTATION)


def columns() -> list[HouseColumn]:
    """Those whose application is installed here."""
    installed = {model._meta.db_table for model in apps.get_models()}
    return [column for column in COLUMNS if column.table in installed]


def begin_old(before: datetime) -> int:
    """Begin to turn the house keys made before then; how many."""
    old = HouseKey.objects.filter(state=KeyState.ACTIVE, purpose__in=TURNING, created_at__lt=before)
    rows = list(old.values_list("purpose", "version"))
    return sum(begin_house(actor=HOUSE, purpose=purpose, version=version) > version for purpose, version in rows)


def carry_on_house() -> int:
    """Seal again everything under former house keys, destroy those whose hour is over; how many rows."""
    total = 0
    while done := reseal_house(actor=HOUSE, columns=columns()):
        total += done
    destroy_house(actor=HOUSE, columns=columns())
    return total
