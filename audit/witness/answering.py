"""What a witness answers to ``add-checkpoint`` (``c2sp.org/tlog-witness``), byte for byte.

Pure but for the memory it is given. The order of the checks is that of the specification: who
knows nothing of a log learns nothing of it, and the state is compared before any proof is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus

from audit.merkle import EMPTY_ROOT, BadProof, verify_consistency
from audit.note import BadNote, Checkpoint, Note, Signer, Verifier, decode_hash, encode_hash, parse_note, verify_note
from audit.witness.remembering import Memory

ADD_CHECKPOINT = "/add-checkpoint"
SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"
MAX_PROOF = 63


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer: 200 with signature lines, 409 with the size that the witness knows, else a sentence."""

    status: HTTPStatus
    body: str
    content_type: str = TEXT_TYPE


@dataclass(frozen=True, slots=True)
class Submission:
    """The body of ``add-checkpoint``: ``note`` is said to continue the tree of ``old`` entries."""

    old: int
    proof: tuple[bytes, ...]
    note: Note
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, data: bytes) -> Submission:
        """The parts of a request; trusts none of them.

        Raises:
            BadNote: not such a request.
        """
        head, blank, note_bytes = data.partition(b"\n\n")
        try:
            lines = head.decode("ascii").split("\n")
        except UnicodeDecodeError:
            raise BadNote("add-checkpoint: not ASCII before the checkpoint") from None
        word, _, number = lines.pop(0).partition(" ")
        is_decimal = number.isascii() and number.isdigit() and len(number) <= 19 and str(int(number)) == number
        if not blank or word != "old" or not is_decimal:
            raise BadNote("add-checkpoint: expected a line old with a size, proof lines, a blank line, a checkpoint")
        if len(lines) > MAX_PROOF:
            raise BadNote(f"add-checkpoint: {len(lines)} proof lines, expected {MAX_PROOF} at most")
        note = parse_note(note_bytes)
        proof = tuple(decode_hash(line) for line in lines)
        return cls(int(number), proof, note, Checkpoint.parse(note.text))

    def __str__(self) -> str:
        """The bytes of the request, as a log sends them."""
        return request_body(self.old, self.proof, str(self.note))


def request_body(old: int, proof: Iterable[bytes], note: str) -> str:
    """The body of ``add-checkpoint`` for a checkpoint that continues the tree of ``old`` entries."""
    return f"old {old}\n" + "".join(f"{encode_hash(step)}\n" for step in proof) + f"\n{note}"


class Witness:
    """One witness: its key, the logs it follows, and its memory; ``clock`` gives seconds since 1970.

    Several keys may share one origin: a log that changes its key has two for a while.
    """

    def __init__(self, *, signer: Signer, logs: Iterable[Verifier], memory: Memory, clock: Callable[[], float]) -> None:
        self._signer = signer
        self._memory = memory
        self._clock = clock
        # Comparing with the memory and writing to it are one step: two requests must not both
        # find the same old size and sign two different continuations.
        self._lock = threading.Lock()
        self._logs: dict[str, list[Verifier]] = {}
        for verifier in logs:
            self._logs.setdefault(verifier.name, []).append(verifier)

    def add_checkpoint(self, data: bytes) -> Answer:
        """Cosign the checkpoint of this request if it continues what was signed before."""
        try:
            submitted = Submission.parse(data)
        except BadNote as error:
            return Answer(HTTPStatus.BAD_REQUEST, f"{error}\n")
        checkpoint = submitted.checkpoint
        keys = self._logs.get(checkpoint.origin)
        if keys is None:
            return Answer(HTTPStatus.NOT_FOUND, "This witness does not know that log.\n")
        try:
            verify_note(submitted.note, keys)
        except BadNote as error:
            return Answer(HTTPStatus.FORBIDDEN, f"{error}\n")
        if submitted.old > checkpoint.size:
            return Answer(HTTPStatus.BAD_REQUEST, "The old size is larger than that of the checkpoint.\n")
        with self._lock:
            return self._cosign(submitted)

    def latest(self, name: str) -> Answer:
        """The last cosigned checkpoint of the log whose origin has this SHA-256, in hexadecimal."""
        for origin in self._logs:
            note = self._memory.note(origin) if name == origin_name(origin) else None
            if note is not None:
                return Answer(HTTPStatus.OK, note)
        return Answer(HTTPStatus.NOT_FOUND, "This witness has signed nothing of that log.\n")

    def _cosign(self, submitted: Submission) -> Answer:
        checkpoint = submitted.checkpoint
        known = self._memory.checkpoint(checkpoint.origin)
        known_size = known.size if known else 0
        if submitted.old != known_size:
            return Answer(HTTPStatus.CONFLICT, f"{known_size}\n", SIZE_TYPE)
        try:
            _check_continuation(known.root if known else EMPTY_ROOT, submitted)
        except BadProof as error:
            return Answer(HTTPStatus.UNPROCESSABLE_ENTITY, f"{error}\n")
        line = self._signer.sign(submitted.note.text, time=int(self._clock()))
        by_log = tuple(
            signature
            for signature in submitted.note.signatures
            if (signature.name, signature.key_id) in {(key.name, key.key_id) for key in self._logs[checkpoint.origin]}
        )
        self._memory.keep(checkpoint.origin, str(Note(submitted.note.text, (*by_log, line))))
        return Answer(HTTPStatus.OK, line.line())


def origin_name(origin: str) -> str:
    """Under which a witness serves the checkpoint of a log: the SHA-256 of its origin, in hexadecimal."""
    return sha256(origin.encode()).hexdigest()


def _check_continuation(known_root: bytes, submitted: Submission) -> None:
    """The protocol's own rule for an old size of 0, of which RFC 9162 proves nothing."""
    checkpoint = submitted.checkpoint
    if submitted.old:
        verify_consistency(
            old=submitted.old,
            new=checkpoint.size,
            path=submitted.proof,
            old_root=known_root,
            new_root=checkpoint.root,
        )
    elif submitted.proof:
        raise BadProof("an old size of 0 takes no proof")
    elif checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise BadProof("a log without entries has another root")
