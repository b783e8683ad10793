"""Doors through which a document of any size comes in: sealed as it arrives, held nowhere in clear.

An upload begins with a decision, then takes pieces for as long as they come, outside of any transaction, and ends with
a row: the document is *staged*, seen by its sender alone, until it is kept with a record (``records.keeping``). Of an
upload that fails nothing remains; of one whose process is killed, an object that the sweep removes.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from types import TracebackType
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection
from django.db.models import Sum

from audit.actor import Actor
from audit.events import Event, Outcome
from audit.log import append
from consent.categories import Category
from consent.decisions import Refused
from records.attempts import Attempt, through
from records.dossiers import Unknown as Unknown
from records.labels import Label, label_of
from records.models import Document
from records.sealed_objects import Sealed, reseal_object, seal_label
from records.stores import StoreAway as StoreAway
from records.stores import documents_store
from records.vault.cipher import Subkeys
from records.vault.digesting import RunningDigest
from records.vault.document import seal_document, sealed_size
from records.vault.envelope import Place
from records.writing import enter_to_file

__all__ = ["NotTaken", "QuotaFull", "StoreAway", "TooLarge", "Unknown", "Upload", "begin_upload"]

# The class of our advisory locks, so that they meet nobody else's.
_LOCKS = 0x52454332
# Each time round the key turned once more: nobody turns it so often within an upload.
_TRIES = 5


class NotTaken(Exception):
    """A document is not taken in; ``most`` is the number of bytes that would have been. Nothing of it remains."""

    def __init__(self, most: int) -> None:
        super().__init__(f"document not taken: expected at most {most} bytes")
        self.most = most


class TooLarge(NotTaken):
    """It is larger than any document may be (setting ``DOCUMENT_MAX_BYTES``)."""


class QuotaFull(NotTaken):
    """The health record has no more room for it (setting ``DOCUMENT_QUOTA_BYTES``)."""


class Upload:
    """A document on its way in. Leave it by :meth:`finish`; left otherwise, nothing of it remains.

    Holds the subkeys of one drawer and one segment in clear, whatever the size. ``length`` is what came so far.
    """

    def __init__(self, attempt: Attempt, category: Category, keys: Subkeys, room: int) -> None:
        self.document_id = uuid4()
        self.category = category
        self.length = 0
        self._attempt = attempt
        self._keys = keys
        self._room = room
        self._most = settings.DOCUMENT_MAX_BYTES
        self._digest = RunningDigest()
        self._size = 0
        self._ended = False
        self._object = documents_store().begin()
        try:
            self._writer = seal_document(keys, self._place(), self._take)
        except BaseException:
            self._object.abandon()
            raise

    def __repr__(self) -> str:
        return "<Upload>"

    def __enter__(self) -> Upload:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _at: TracebackType | None
    ) -> None:
        if error is not None:
            self.abandon()

    def write(self, piece: bytes | bytearray | memoryview) -> None:
        """Seal the next piece.

        Raises:
            TooLarge, QuotaFull: there is no room for it.
            StoreAway: the store does not take it.
        """
        self.length += len(piece)
        if self.length > self._most:
            raise TooLarge(self._most)
        if sealed_size(self.length) > self._room:
            raise QuotaFull(self._room)
        self._writer.write(piece)

    def finish(self, *, name: str, media_type: str) -> UUID:
        """Make the document last and write its row; its identifier.

        Args:
            name: what its sender calls it; folders and control signs are left out.
            media_type: what it is believed to be; whoever looks inside may correct it when it is kept.

        Raises:
            Unknown, consent.decisions.Refused: the right to file was lost meanwhile.
            QuotaFull: another document took the room.
            StoreAway: the store does not take it.
        """
        try:
            self._writer.close()
            self._object.close()
        except BaseException:
            self.abandon()
            raise
        self._ended = True
        return self._enter(
            Sealed(self._object.name, self._size, self._digest.digest(), self._keys), label_of(name, media_type)
        )

    def abandon(self) -> None:
        """Leave nothing of it, unless it was finished."""
        if not self._ended:
            self._ended = True
            self._object.abandon()

    def _enter(self, sealed: Sealed, label: Label) -> UUID:
        for _ in range(_TRIES):
            try:
                turned = through(self._attempt, partial(self._finish, sealed=sealed, label=label))
            except (NotTaken, Refused, Unknown):
                # Any other failure may have come after the commit: then only the sweep knows whether a row names it.
                _leave_nothing_of(sealed.name)
                raise
            if turned is None:
                return self.document_id
            # The patient's key turned while the document came in: it is sealed again before its row is written.
            former, sealed = sealed, reseal_object(sealed, turned, self._place())
            _leave_nothing_of(former.name)
        raise StoreAway

    def _finish(self, attempt: Attempt, *, sealed: Sealed, label: Label) -> Subkeys | Exception | None:
        if attempt.ref is None:
            return attempt.unknown()
        filing = enter_to_file(attempt, attempt.ref.id, self.category)
        if isinstance(filing, Exception):
            return filing
        if filing.keys.version != sealed.keys.key_version:
            return filing.keys.subkeys("document", self.category.value, filing.keys.version)
        room = room_left(filing.ref.id)
        if sealed.size > room:
            return QuotaFull(room)
        Document.objects.create(
            id=self.document_id,
            dossier_id=filing.ref.id,
            category=self.category.value,
            label=seal_label(filing.keys, self.document_id, self.category.value, label),
            stored_as=sealed.name,
            sealed_size=sealed.size,
            digest=sealed.digest,
            key_version=sealed.keys.key_version,
            uploader=attempt.actor.id,
        )
        decision = filing.decision(self.category)
        append(
            Event.FILE_RECEIVED,
            actor=attempt.actor,
            outcome=Outcome.ALLOWED,
            dossier=filing.ref.pseudonym,
            category=self.category.value,
            object_id=self.document_id,
            ground=decision.ground,
            choice=decision.choice,
            matrix=decision.matrix,
            digest=sealed.digest,
            revision=1,
            key_version=sealed.keys.key_version,
        )
        return None

    def _place(self) -> Place:
        ref = self._attempt.ref
        if ref is None:
            raise AssertionError("an upload that began: expected its dossier, found none")
        return Place("document", ref.id, self.category.value, self.document_id, 1)

    def _take(self, piece: bytes | bytearray | memoryview) -> None:
        self._digest.update(piece)
        self._size += len(piece)
        self._object.write(piece)


def begin_upload(*, actor: Actor, dossier_id: UUID, category: Category) -> Upload:
    """Begin to take in a document into one drawer; its pieces follow.

    Raises:
        Unknown: there is no such dossier for this actor.
        consent.decisions.Refused: the actor may not deposit in this drawer.
        StoreAway: the store cannot be used now.
    """
    attempt = Attempt(actor, Event.FILE_RECEIVED)
    keys, room, attempt = through(attempt, partial(_begin, dossier_id=dossier_id, category=category))
    return Upload(attempt, category, keys, room)


def _begin(attempt: Attempt, *, dossier_id: UUID, category: Category) -> tuple[Subkeys, int, Attempt] | Exception:
    filing = enter_to_file(attempt, dossier_id, category)
    if isinstance(filing, Exception):
        return filing
    return filing.keys.subkeys("document", category.value, filing.keys.version), room_left(dossier_id), attempt


def _leave_nothing_of(name: str) -> None:
    # What cannot be removed now is an orphan, which the sweep finds.
    with suppress(StoreAway):
        documents_store().remove(name)


def room_left(dossier_id: UUID) -> int:
    """How many sealed bytes the dossier has room for; until the end of the transaction, nobody else takes it."""
    with connection.cursor() as cursor:
        key = int.from_bytes(dossier_id.bytes[:4], "big", signed=True)
        cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCKS, key])
    taken = Document.objects.filter(dossier_id=dossier_id).aggregate(size=Sum("sealed_size"))["size"] or 0
    return int(settings.DOCUMENT_QUOTA_BYTES) - int(taken)
