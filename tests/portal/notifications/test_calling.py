"""Every kind of letter has its event: what happened in another room is told without that room knowing of letters."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from audit.events import Event
from audit.log import LoggedEntry
from portal.notifications.calling import (
    ABOUT_A_DOSSIER,
    ABOUT_A_NAMED_ACCOUNT,
    ABOUT_AN_ACCOUNT,
    account_kind_of,
    kind_of,
)
from portal.notifications.kinds import Kind

# Told by following itself, from openings and emergencies.
_BY_FOLLOWING = {Kind.FIRST_ACCESS, Kind.ACCESS, Kind.EMERGENCY_OF_PATIENT}


def entry(event: Event, role: str, **facts: str) -> LoggedEntry:
    return LoggedEntry(
        id=uuid4(), at=datetime.now(UTC), event=event.dotted, actor=uuid4(), role=role, outcome="done",
        request=uuid4(), dossier=uuid4(), index=1, facts=facts,
    )  # fmt: skip


def test_every_kind_is_called_for_and_every_name_is_an_event() -> None:
    assert {
        *ABOUT_A_DOSSIER.values(),
        *ABOUT_AN_ACCOUNT.values(),
        *ABOUT_A_NAMED_ACCOUNT.values(),
        *_BY_FOLLOWING,
    } == set(Kind)
    known = {event.dotted for event in Event}
    assert {*ABOUT_A_DOSSIER, *ABOUT_AN_ACCOUNT, *ABOUT_A_NAMED_ACCOUNT} <= known


@pytest.mark.parametrize(
    ("event", "role", "kind"),
    [
        (Event.KEY_RETIRED, "system", Kind.KEY_TURNED),
        (Event.CASE_CONCLUDED, "administrator", Kind.CASE_CONCLUDED),
        (Event.UNSEALING_DONE, "administrator", Kind.UNSEALING),
        (Event.CONSENT_ENDING, "system", Kind.CONSENT_ENDING),
        (Event.STATEMENT_READY, "system", Kind.STATEMENT),
        (Event.EXPORT_READY, "system", Kind.EXPORT_READY),
        (Event.EMERGENCY_OPENED, "professional", Kind.EMERGENCY),
        (Event.ACCESS_REQUESTED, "professional", Kind.ACCESS_REQUESTED),
    ],
)
def test_what_other_rooms_bring_about_is_told(event, role, kind) -> None:
    assert kind_of(entry(event, role)) is kind


def test_a_sign_in_is_told_from_a_new_device_only() -> None:
    assert account_kind_of(entry(Event.ACCOUNT_SIGNED_IN, "patient", device="new")) is Kind.NEW_DEVICE
    assert account_kind_of(entry(Event.ACCOUNT_SIGNED_IN, "patient")) is None
    assert account_kind_of(entry(Event.ACCOUNT_RECOVERY_USED, "professional")) is Kind.SECURITY_CHANGED
