"""Asking witnesses to cosign: what the log did not rewrite, somebody else remembers.

``AUDIT_WITNESSES`` lists them, each as ``KEY ADDRESS`` (``name+id+key http://host:port``). They are asked after the
commit, in a thread of their own: a witness that is slow, away or wrong delays no entry and no number. What a
witness says goes into ``audit_cosignature``; that one contradicts the log is itself remembered as an entry.
"""

from __future__ import annotations

import http.client
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from audit import log, models
from audit.actor import Actor, SystemTask
from audit.events import Event, Outcome
from audit.note import (
    COSIGNATURE_KEY,
    BadNote,
    Checkpoint,
    Signature,
    Verifier,
    parse_note,
    parse_signature,
    verify_note,
)
from audit.numbering import NUMBERING
from audit.tree import StoredTree
from audit.witness.answering import ADD_CHECKPOINT, origin_name, request_body

ALARM_AFTER = timedelta(minutes=5)
_PATIENCE_SECONDS = 5
_LARGEST_ANSWER = 64 * 1024

_OLDEST_UNSEEN = "SELECT at FROM public.audit_checkpoint WHERE size > %s ORDER BY size LIMIT 1"


class Result(StrEnum):
    """What came of asking one witness; the last three say that something is wrong with the log."""

    COSIGNED = "cosigned"
    NOTHING_NEW = "nothing_new"
    AWAY = "away"
    REFUSED = "refused"
    BEHIND = "behind"  # It saw more entries than the log has.
    FORKED = "forked"  # It saw another history.


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness as the log knows it: its public key, and where it answers."""

    verifier: Verifier
    address: str

    @property
    def name(self) -> str:
        """The name in its signatures."""
        return self.verifier.name


@dataclass(frozen=True, slots=True)
class Asked:
    """What one witness answered; ``detail`` is the status of HTTP or the reason why there is none.

    ``went_back`` says that it had forgotten what it cosigned, and was told again.
    """

    witness: Witness
    result: Result
    size: int
    detail: str = ""


@dataclass(frozen=True, slots=True)
class WitnessView:
    """What is known of one witness: the last size it cosigned and when, and since when newer ones wait."""

    name: str
    size: int
    at: datetime | None
    waiting_since: datetime | None

    def is_late(self, now: datetime) -> bool:
        """Whether a checkpoint has waited for this witness for more than five minutes."""
        return self.waiting_since is not None and now - self.waiting_since > ALARM_AFTER


class Unreachable(Exception):
    """A witness gave no answer that can be understood; ``str()`` says why."""


def load_witnesses() -> tuple[Witness, ...]:
    """The witnesses of ``AUDIT_WITNESSES``; none if it is empty.

    Raises:
        ImproperlyConfigured: one is not a key and an address, or two have the same name.
    """
    found = tuple(_witness(text) for text in getattr(settings, "AUDIT_WITNESSES", ()))
    if len({witness.name for witness in found}) != len(found):
        raise ImproperlyConfigured("AUDIT_WITNESSES names one witness twice.")
    return found


def ask_witness(witness: Witness, *, again: bool = False) -> Asked:
    """Ask for a cosignature on the latest checkpoint, and keep it.

    ``again`` asks even if it cosigned that one: a log that was cut back to it learns that it was.

    A witness that knows another size is asked again from there, once.

    Raises:
        django.db.DatabaseError: the database failed, not the witness.
    """
    head = models.Checkpoint.objects.order_by("-size").first()
    seen = _cosigned_size(witness)
    if head is None or (seen == head.size and not again):
        return Asked(witness, Result.NOTHING_NEW, seen)
    try:
        status, answer = _submit(witness, seen, head)
        went_back = ""
        if status == HTTPStatus.CONFLICT:
            known, seen = seen, _size_of(answer)
            went_back = "went_back" if seen < known else ""
            if seen > head.size:
                return Asked(witness, Result.BEHIND, seen, str(status))
            status, answer = _submit(witness, seen, head)
        if status == HTTPStatus.OK:
            _keep(witness, head, _checked_line(witness, head, answer))
            return Asked(witness, Result.COSIGNED, head.size, went_back)
    except Unreachable as error:
        return Asked(witness, Result.AWAY, seen, str(error))
    result = Result.FORKED if status == HTTPStatus.UNPROCESSABLE_ENTITY else Result.REFUSED
    return Asked(witness, result, seen, str(status))


def remember_contradiction(asked: Asked) -> None:
    """Write into the log that a witness contradicts it. Whoever later reads the log must find it there."""
    with transaction.atomic(using=NUMBERING):
        log.append(
            Event.LOG_VERIFIED,
            using=NUMBERING,
            actor=Actor.system(SystemTask.SEQUENCER),
            outcome=Outcome.FAILED,
            facts={
                "witness": origin_name(asked.witness.name)[:16],
                "verdict": asked.result.value,
                "size": asked.size,
            },
        )


def witnessed_checkpoint(witness: Witness, log_keys: tuple[Verifier, ...]) -> Checkpoint | None:
    """The last checkpoint that ``witness`` itself keeps of this log, with both signatures checked.

    ``None`` if it has signed nothing yet.

    Raises:
        Unreachable: no answer, or one that neither it nor the log signed.
    """
    status, answer = _exchange(witness, "GET", f"/{origin_name(settings.AUDIT_ORIGIN)}/checkpoint")
    if status == HTTPStatus.NOT_FOUND:
        return None
    if status != HTTPStatus.OK:
        raise Unreachable(f"status {status}")
    try:
        note = parse_note(answer)
        signed, _ = verify_note(note, [witness.verifier, *log_keys])
        checkpoint = Checkpoint.parse(note.text)
    except BadNote as error:
        raise Unreachable(str(error)) from None
    if witness.verifier not in signed or len(signed) < 2 or checkpoint.origin != settings.AUDIT_ORIGIN:
        raise Unreachable("its checkpoint lacks its own signature or that of the log")
    return checkpoint


def witness_views() -> list[WitnessView]:
    """Every configured witness, with what it last cosigned."""
    return [witness_view(witness) for witness in load_witnesses()]


def witness_view(witness: Witness) -> WitnessView:
    """What is known of one witness."""
    last = models.Cosignature.objects.filter(witness=witness.name).order_by("-size").first()
    size = last.size if last else 0
    with connection.cursor() as cursor:
        cursor.execute(_OLDEST_UNSEEN, [size])
        row = cursor.fetchone()
    return WitnessView(witness.name, size, last.at if last else None, row[0] if row else None)


def cosigned_note(size: int, note: str) -> str:
    """The checkpoint of ``size`` with the lines of the witnesses that cosigned it."""
    lines = models.Cosignature.objects.filter(size=size).order_by("witness").values_list("line", flat=True)
    return note + "".join(lines)


def _witness(text: str) -> Witness:
    key, _, address = text.strip().partition(" ")
    parts = urlsplit(address.strip())
    try:
        verifier = Verifier.parse(key)
        has_port = parts.port is None or parts.port > 0
    except (BadNote, ValueError):
        verifier, has_port = None, False
    if verifier is None or verifier.kind != COSIGNATURE_KEY or parts.scheme not in {"http", "https"}:
        verifier = None
    if verifier is None or not parts.hostname or not has_port or parts.query or parts.fragment:
        raise ImproperlyConfigured(
            f"AUDIT_WITNESSES holds {text[:120]!r}; expected a witness's key, a blank and its address, such as "
            "w.example/1+0a1b2c3d+BDYM… http://witness:8025"
        )
    return Witness(verifier, address.strip().rstrip("/"))


def _cosigned_size(witness: Witness) -> int:
    size = models.Cosignature.objects.filter(witness=witness.name).order_by("-size").values_list("size", flat=True)
    return size.first() or 0


def _submit(witness: Witness, old: int, head: models.Checkpoint) -> tuple[int, bytes]:
    path: list[bytes] = []
    if old:
        with transaction.atomic(), connection.cursor() as cursor:
            path = StoredTree(cursor, head.size).consistency(old)
    return _exchange(witness, "POST", ADD_CHECKPOINT, request_body(old, path, head.note).encode())


def _exchange(witness: Witness, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
    parts = urlsplit(witness.address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connected = kind(parts.hostname or "", parts.port, timeout=_PATIENCE_SECONDS)
    try:
        connected.request(method, parts.path + path, body=body, headers={"Content-Type": "text/plain"} if body else {})
        answer = connected.getresponse()
        return answer.status, answer.read(_LARGEST_ANSWER)
    except (OSError, http.client.HTTPException) as error:
        raise Unreachable(type(error).__name__) from None
    finally:
        connected.close()


def _size_of(answer: bytes) -> int:
    text = answer.decode("ascii", "replace").strip()
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise Unreachable("a conflict without a size")
    return int(text)


def _checked_line(witness: Witness, head: models.Checkpoint, answer: bytes) -> Signature:
    """The witness's own line of its answer: a line that does not verify would poison every note it joins."""
    text = parse_note(head.note).text
    for line in answer.decode("utf-8", "replace").splitlines():
        try:
            signature = parse_signature(line)
            if (signature.name, signature.key_id) == (witness.name, witness.verifier.key_id):
                witness.verifier.check(text, signature)
                return signature
        except BadNote as error:
            raise Unreachable(str(error)) from None
    raise Unreachable("no signature of its own")


def _keep(witness: Witness, head: models.Checkpoint, signature: Signature) -> None:
    models.Cosignature.objects.using(NUMBERING).bulk_create(
        [models.Cosignature(size=head.size, witness=witness.name, line=signature.line(), at=datetime.now(UTC))],
        ignore_conflicts=True,
    )
