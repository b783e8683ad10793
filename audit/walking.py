"""Walking along the log: the tree grows leaf by leaf beside what was stored and signed for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NoReturn

from django.utils.translation import gettext as _

from audit.entry import BadEntry, decode
from audit.keys import LogKeys
from audit.log import columns
from audit.merkle import EMPTY_ROOT, CompactRange, leaf_hash, perfect_root
from audit.note import BadNote, Verifier, open_checkpoint, parse_note, parse_signature
from audit.retention import FIRST_LINK, Expiry, link, month_of
from audit.tree import TILE_HEIGHT, TILE_WIDTH

Row = tuple[Any, ...]


class Found(Exception):
    """The first thing that is wrong, and the number of the first entry that can no longer be trusted."""

    def __init__(self, index: int, sentence: str) -> None:
        super().__init__(sentence)
        self.index = index
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Seen:
    """What a witness keeps: ``size`` entries under ``root``."""

    witness: str
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Gone:
    """The leaves of a month met so far whose entry is gone: the first of them, how many, the digest over them."""

    first: int
    count: int = 0
    digest: bytes = FIRST_LINK


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk stands, so that another may go on: the peaks of the tree, and the last checkpoint that was good.

    ``gone`` tells, month by month, of entries that expired.
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()
    signed: int = 0
    signed_root: bytes = EMPTY_ROOT
    signed_at: datetime | None = None
    gone: Mapping[date, Gone] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies beside the leaves from the place on, each in the order in which the leaves complete it.

    ``expired`` is what the log says of months whose time to be kept was over.
    """

    nodes: Iterator[Row]
    checkpoints: Iterator[Row]
    cosignatures: Iterator[Row]
    seen: Sequence[Seen] = ()
    expired: Mapping[date, Expiry] = field(default_factory=dict)


class Walk:
    """The tree as it grows under the reader's eyes; every method raises :class:`Found` at the first wrong thing."""

    def __init__(self, place: Place, beside: Beside, keys: LogKeys, witnesses: Sequence[Verifier]) -> None:
        self._keys = keys
        self._witnesses = {verifier.name: verifier for verifier in witnesses}
        self._nodes = beside.nodes
        self._checkpoints = beside.checkpoints
        self._cosignatures = beside.cosignatures
        self._tree = CompactRange(place.size, place.peaks)
        self._signed, self._signed_root, self._signed_at = place.signed, place.signed_root, place.signed_at
        self._next = next(self._checkpoints, None)
        self._next_line = next(self._cosignatures, None)
        self._expired, self._gone, self._began = beside.expired, dict(place.gone), place.size
        self._seen = sorted((seen for seen in beside.seen if seen.size > place.size), key=lambda seen: -seen.size)

    @property
    def place(self) -> Place:
        """Where the walk stands."""
        signed = (self._signed, self._signed_root, self._signed_at)
        return Place(self._tree.size, tuple(self._tree.peaks), *signed, dict(self._gone))

    @property
    def gone(self) -> int:
        """How many of the entries passed so far are gone because their time to be kept was over."""
        return sum(gone.count for gone in self._gone.values())

    def entry(self, row: Row) -> None:
        """Check one leaf with its entry, then what the tree completes with it."""
        index = self._tree.size
        number, entry_at, entry_id, hashed, body, *stored = row
        if number != index:
            _bad(index, _("Entry %(number)d is missing: its number was taken out of the tree."))
        if body is None:
            self._expire(index, month_of(entry_at), bytes(hashed))
            return
        if leaf_hash(bytes(body)) != bytes(hashed):
            _bad(index, _("Entry %(number)d was altered: its bytes no longer give the hash that was recorded."))
        try:
            entry = decode(bytes(body))
        except BadEntry:
            _bad(index, _("Entry %(number)d cannot be read."))
        if columns(entry) != tuple(stored) or (entry.at, entry.id) != (entry_at, entry_id):
            _bad(index, _("Entry %(number)d was altered: its columns do not say what its bytes say."))
        self._completed(self._tree.append(bytes(hashed)))

    def leaves(self, hashes: list[bytes]) -> None:
        """Take leaves whose entries were checked already: whole tiles at once where nothing was signed within."""
        start, end = 0, len(hashes)
        while start < end:
            size = self._tree.size
            if size % TILE_WIDTH == 0 and end - start >= TILE_WIDTH and self._next_stop() >= size + TILE_WIDTH:
                tile = perfect_root(hashes[start : start + TILE_WIDTH])
                self._completed(self._tree.append_subtree(TILE_HEIGHT, tile))
                start += TILE_WIDTH
            else:
                self._completed(self._tree.append(hashes[start]))
                start += 1

    def end(self) -> None:
        """Check that nothing is left over: no checkpoint beyond the last entry, no entry beyond the last checkpoint."""
        size = self._tree.size
        # A walk that began later has not met what expired before its place.
        if not self._began:
            for month, gone in self._gone.items():
                if gone.count != self._expired[month].count:
                    _bad(gone.first, _other_entries_expired())
        if self._next is not None:
            _bad(size, _("Entry %(number)d is missing: a signed checkpoint speaks of more entries than there are."))
        if self._seen:
            _bad(size, _("Entry %(number)d is missing: a witness has seen more entries than there are."))
        if self._signed != size:
            _bad(self._signed, _("From entry %(number)d on, entries are numbered but no checkpoint covers them."))
        if next(self._nodes, None) is not None:
            _bad(size, _("Entry %(number)d is missing: the tree holds hashes over more entries than there are."))
        if self._next_line is not None:
            _bad(size, _("Entry %(number)d is missing: a witness signed a checkpoint that is not there."))

    def _expire(self, index: int, month: date, hashed: bytes) -> None:
        """Pass over an entry that is gone, if the log says how many of its month are, and their digest."""
        said, known = self._expired.get(month), self._gone.get(month, Gone(index))
        gone = Gone(known.first, known.count + 1, link(known.digest, hashed))
        if said is None or gone.count > said.count:
            _bad(index, _("Entry %(number)d was removed from the log."))
        elif gone.count == said.count and gone.digest != said.digest and not self._began:
            _bad(gone.first, _other_entries_expired())
        self._gone[month] = gone
        self._completed(self._tree.append(hashed))

    def _next_stop(self) -> int:
        """The next size at which something must be compared."""
        stops = [self._seen[-1].size] if self._seen else []
        if self._next is not None:
            stops.append(self._next[0])
        return min(stops, default=1 << 62)

    def _completed(self, subtrees: list[tuple[int, int, bytes]]) -> None:
        for height, place, node in subtrees:
            if height and height % TILE_HEIGHT == 0:
                self._node(height // TILE_HEIGHT, place, node)
        while self._seen and self._seen[-1].size <= self._tree.size:
            self._witnessed(self._seen.pop())
        if self._next is not None and self._next[0] <= self._tree.size:
            self._checkpoint(*self._next)

    def _node(self, level: int, place: int, hashed: bytes) -> None:
        stored = next(self._nodes, None)
        if stored is None or (stored[0], stored[1], bytes(stored[2])) != (level, place, hashed):
            first = max(self._signed, place << level * TILE_HEIGHT)
            _bad(first, _("From entry %(number)d on, the tree holds a hash that is not the hash of its entries."))

    def _witnessed(self, seen: Seen) -> None:
        if seen.root != self._tree.root():
            _bad(self._signed, _("Entry %(number)d, or one after it, was altered: a witness has seen another history."))

    def _checkpoint(self, size: int, root: bytes, note: str, at: datetime) -> None:
        try:
            signed = open_checkpoint(note, self._keys.at(size))
        except BadNote:
            _bad(self._signed, _("Entry %(number)d: the signature of the checkpoint that covers it fails."))
        here = (self._tree.size, self._tree.root())
        if (signed.size, signed.root) != here or (size, bytes(root)) != here:
            _bad(
                self._signed, _("Entry %(number)d, or one after it, was altered: a checkpoint signed another history.")
            )
        while self._next_line is not None and self._next_line[0] <= size:
            self._cosignature(note, *self._next_line)
            self._next_line = next(self._cosignatures, None)
        self._signed, self._signed_root, self._signed_at = size, bytes(root), at
        self._next = next(self._checkpoints, None)

    def _cosignature(self, note: str, size: int, witness: str, line: str) -> None:
        """Lines of witnesses that nobody named are let pass: no key to check them is known here."""
        verifier = self._witnesses.get(witness)
        if verifier is None:
            return
        try:
            signature = parse_signature(line)
            good = size == self._tree.size and (signature.name, signature.key_id) == (witness, verifier.key_id)
            verifier.check(parse_note(note).text, signature)
        except BadNote:
            good = False
        if not good:
            _bad(self._signed, _("Entry %(number)d: the signature of the witness that covers it fails."))


def _other_entries_expired() -> str:
    return _("Entry %(number)d, or a later one of its month, was removed: the log speaks of others that expired.")


def _bad(index: int, sentence: str) -> NoReturn:
    raise Found(index, sentence % {"number": index})
