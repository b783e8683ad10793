"""Words that a professional writes for a patient alone: sealed under the patient's key, opened for the patient only."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from consent.declaring import declared
from consent.models import Emergency
from records.models import PatientKey
from records.patient_keys import Blob, PatientKeys, WritingKeys, digest_of

LONGEST = 2000


@dataclass(frozen=True, slots=True)
class SealedWords:
    """What is kept of them, and what the log is told."""

    blob: bytes
    key_version: int
    digest: bytes


def seal_words(dossier_id: UUID, object_id: UUID, text: str) -> SealedWords:
    """Seal ``text`` for the patient of this dossier. Needs an open transaction.

    Raises:
        Dossier.DoesNotExist: no dossier has this identifier.
    """
    keys = WritingKeys(dossier_id)
    document = json.dumps({"v": 1, "text": text}, ensure_ascii=False).encode(errors="replace")
    blob = keys.seal("reason", object_id, 1, document)
    return SealedWords(blob, keys.version, digest_of(blob))


def open_words(dossier_id: UUID, object_id: UUID, blob: Blob) -> str:
    """The words again; the caller has made sure that the patient is reading.

    Raises:
        Unreadable: they were changed, or the key is destroyed.
    """
    with declared(dossier_id):
        keys = PatientKeys(dossier_id, PatientKey.objects.filter(dossier_id=dossier_id))
    return str(json.loads(keys.open_("reason", object_id, 1, blob))["text"])


def open_emergency_words(dossier_id: UUID, ids: Iterable[UUID]) -> dict[UUID, str]:
    """What was typed to open these emergencies of one dossier; the caller has made sure that its reader may.

    Raises:
        Unreadable: some were changed, or the key is destroyed.
    """
    wanted = list(ids)
    with declared(dossier_id):
        rows = list(Emergency.objects.about(dossier_id).filter(id__in=wanted)) if wanted else []
        keys = PatientKeys(dossier_id, PatientKey.objects.filter(dossier_id=dossier_id) if rows else [])
    return {row.id: str(json.loads(keys.open_("reason", row.id, 1, row.sealed_reason))["text"]) for row in rows}
