"""The keys of one dossier, held for one request.

Subkeys are derived once per kind and category and never stored. Whoever seals must hold the share
lock that :class:`WritingKeys` takes: without it a rotation that finishes between the choice of a
key and the write leaves a row under a destroyed key, lost for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from uuid import UUID

from django.db import connection

from audit.actor import Actor
from audit.events import Event
from audit.log import append
from consent.declaring import declare, declared
from records.models import Dossier, KeyState, PatientKey
from records.unlocking import make_key, unlock
from records.vault.cipher import Flaw, Subkeys, Unreadable, open_
from records.vault.envelope import Place
from records.vault.padding import pad_json

FIRST_VERSION = 1

# What the driver may hand out for a column of bytes.
Blob = bytes | memoryview


class PatientKeys:
    """Opens what is sealed for one patient. Holds key bytes: never kept beyond a request."""

    def __init__(self, dossier_id: UUID, rows: Iterable[PatientKey]) -> None:
        self.dossier_id = dossier_id
        self._rows = {row.version: row for row in rows}
        self._subkeys: dict[tuple[str, str, int], Subkeys] = {}

    def __repr__(self) -> str:
        return "<PatientKeys>"

    def open_(self, kind: str, object_id: UUID, revision: int, blob: Blob, *, category: str = "") -> bytes:
        """Open one sealed thing of this patient.

        Raises:
            Unreadable: it belongs elsewhere, was changed, or its key is destroyed.
        """
        place = Place(kind, self.dossier_id, category, object_id, revision)
        return open_(lambda version: self.subkeys(kind, category, version), place, bytes(blob))

    def subkeys(self, kind: str, category: str, version: int) -> Subkeys:
        """The subkeys of one kind and category: all that a parser or renderer is ever given.

        Raises:
            Unreadable: the version is unknown or destroyed.
        """
        known = self._subkeys.get((kind, category, version))
        if known is None:
            known = Subkeys.derive(unlock(self.dossier_id, self._row(version)), version, kind, category)
            self._subkeys[kind, category, version] = known
        return known

    def _row(self, version: int) -> PatientKey:
        if version not in self._rows:
            # A rotation may have begun since the keys were loaded: look once, then give up.
            with declared(self.dossier_id):
                row = PatientKey.objects.filter(dossier_id=self.dossier_id, version=version).first()
            if row is None:
                raise Unreadable(Flaw.UNKNOWN_KEY)
            self._rows[version] = row
        return self._rows[version]


class SealingKeys(PatientKeys):
    """Seals as well, under one version. Made by its two kinds below, never alone."""

    version: int

    def seal(self, kind: str, object_id: UUID, revision: int, document: bytes, *, category: str = "") -> bytes:
        """Seal a JSON document, padded so that its length says little."""
        place = Place(kind, self.dossier_id, category, object_id, revision)
        return self.subkeys(kind, category, self.version).seal(place, pad_json(document))


class WritingKeys(SealingKeys):
    """Seals under the version that is active while the share lock taken here is held.

    Raises:
        Dossier.DoesNotExist: no dossier has this identifier, or it is closed.
    """

    def __init__(self, dossier_id: UUID) -> None:
        self.version = _share_lock(dossier_id)
        super().__init__(dossier_id, PatientKey.objects.filter(dossier_id=dossier_id, version=self.version))


class FirstKeys(SealingKeys):
    """The keys of a dossier about to be made, in the transaction that makes it."""

    def __init__(self, dossier_id: UUID) -> None:
        self.version = FIRST_VERSION
        self._first = _new_row(dossier_id, FIRST_VERSION)
        super().__init__(dossier_id, [self._first])

    @property
    def row(self) -> PatientKey:
        """The wrapped key, not written yet: for who writes many dossiers at once."""
        return self._first

    def save(self, actor: Actor, pseudonym: UUID) -> None:
        """Write the wrapped key beside its dossier, and remember that it was made."""
        self._first.save(force_insert=True)
        append(Event.KEY_CREATED, actor=actor, dossier=pseudonym, key_version=self.version)


class NextKeys(SealingKeys):
    """The keys of a dossier that turns, in the transaction that turns it: seals under a version just made."""

    def __init__(self, dossier_id: UUID) -> None:
        rows = list(PatientKey.objects.filter(dossier_id=dossier_id))
        self.version = max(row.version for row in rows) + 1
        self._next = _new_row(dossier_id, self.version)
        super().__init__(dossier_id, [*rows, self._next])

    def save(self) -> None:
        """Let the version in force only open from now on, and write the new one beside it."""
        # In this order: at no moment are there two active versions.
        active = PatientKey.objects.filter(dossier_id=self.dossier_id, state=KeyState.ACTIVE)
        active.update(state=KeyState.DECRYPT_ONLY)
        self._next.save(force_insert=True)


def digest_of(*blobs: Blob) -> bytes:
    """What the log keeps of sealed bytes: an older blob put back in the table shows against it."""
    return sha256(b"".join(map(bytes, blobs))).digest()


def _new_row(dossier_id: UUID, version: int) -> PatientKey:
    new = make_key(dossier_id, version)
    return PatientKey(
        dossier_id=dossier_id, version=version, kek_id=new.kek_id, wrapped=new.wrapped, check_value=new.check_value
    )


def _share_lock(dossier_id: UUID) -> int:
    declare(dossier_id)
    # The dossier's row is locked and read, not the key's: ``WHERE state = 'active' FOR SHARE`` finds
    # no row at all when a rotation commits in between.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT active_key_version FROM records_dossier WHERE id = %s AND closed_at IS NULL FOR SHARE", [dossier_id]
        )
        row = cursor.fetchone()
    if row is None:
        raise Dossier.DoesNotExist
    return int(row[0])
