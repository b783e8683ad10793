"""How the keys stand: counts and dates, for the command line and the administrator. Nothing is opened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Min

from consent.declaring import declared, over_every_dossier
from records.models import HouseKey, KeyState, PatientKey
from records.sealed_rows import count_all, count_all_behind, count_behind
from records.turning import unfinished
from records.unlocking import keyring


@dataclass(frozen=True, slots=True)
class KeyReport:
    """``oldest`` is when the oldest key in force was made; ``turning`` dossiers have ``rows_left`` to seal again.

    ``rows_total`` are all sealed rows, ``closed`` the versions of closed records, which open nothing.

    ``by_kek`` counts wrapped keys, of patients and of the house, by the key-encryption key that wraps them.
    """

    in_force: int
    oldest: datetime | None
    turning: int
    rows_left: int
    awaiting_destruction: int
    destroyed: int
    closed: int
    rows_total: int
    by_kek: Mapping[str, int]
    current_kek: str

    @property
    def percent(self) -> int:
        """How much is sealed under keys in force, in whole percent."""
        # Statistics may be older than the count of what is left.
        total = max(self.rows_total, self.rows_left)
        return 100 * (total - self.rows_left) // total if total else 100

    @property
    def to_rewrap(self) -> int:
        """Keys that another key-encryption key than the current one wraps."""
        return sum(count for kek, count in self.by_kek.items() if kek != self.current_kek)


@dataclass(frozen=True, slots=True)
class Lock:
    """The key of one dossier as its patient sees it: since when; of ``total`` rows, ``left`` are still to move."""

    version: int
    made_at: datetime
    turning: bool
    left: int
    total: int

    @property
    def percent(self) -> int:
        """How much has moved, in whole percent."""
        return 100 if not self.total else 100 * (self.total - self.left) // self.total


def read_lock(dossier_id: UUID) -> Lock:
    """How the key of one dossier stands. Nothing is opened: dates and counts.

    Raises:
        PatientKey.DoesNotExist: there is no such dossier, or it is closed.
    """
    with declared(dossier_id):
        keys = PatientKey.objects.filter(dossier_id=dossier_id)
        active = keys.get(state=KeyState.ACTIVE)
        return Lock(
            version=active.version,
            made_at=active.created_at,
            turning=keys.filter(state=KeyState.DECRYPT_ONLY, retired_at=None).exists(),
            left=count_behind(dossier_id, active.version),
            total=count_behind(dossier_id, active.version + 1),
        )


def report_keys() -> KeyReport:
    """Count the keys.

    Raises:
        records.vault.keyring.KeyringRefused: the keyring cannot be used.
    """
    with over_every_dossier():
        return _counted()


def _counted() -> KeyReport:
    states = dict(PatientKey.objects.values_list("state").annotate(Count("id")))
    active = PatientKey.objects.filter(state=KeyState.ACTIVE)
    retired = PatientKey.objects.filter(state=KeyState.DECRYPT_ONLY, retired_at__isnull=False)
    by_kek: dict[str, int] = {}
    for model in (PatientKey, HouseKey):
        for kek, count in model.objects.exclude(wrapped=None).values_list("kek_id").annotate(Count("id")):
            by_kek[kek] = by_kek.get(kek, 0) + count
    return KeyReport(
        in_force=states.get(KeyState.ACTIVE.value, 0),
        oldest=active.aggregate(oldest=Min("created_at"))["oldest"],
        turning=len(unfinished()),
        rows_left=count_all_behind(),
        awaiting_destruction=retired.count(),
        destroyed=states.get(KeyState.DESTROYED.value, 0),
        closed=states.get(KeyState.CLOSED.value, 0),
        rows_total=count_all(),
        by_kek=by_kek,
        current_kek=keyring().current_kek_id(),
    )
