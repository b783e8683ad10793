"""The hash tree of the log (RFC 9162, section 2.1), over SHA-256.

Pure: hashes in, hashes out. A leaf is ``SHA256(00 || entry)``, a node ``SHA256(01 || left || right)``;
a tree of n > 1 leaves splits at the largest power of two below n.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256

EMPTY_ROOT = sha256(b"").digest()

# (height, index) names the perfect subtree over leaves index * 2^height and the 2^height - 1 that follow.
Place = tuple[int, int]
SubtreeHash = Callable[[int, int], bytes]


class BadProof(ValueError):
    """The proof does not prove what it claims."""


def leaf_hash(entry: bytes) -> bytes:
    """The hash of one entry (RFC 9162, 2.1.1)."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of two subtrees side by side (RFC 9162, 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def fold(peaks: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees that lie side by side, the largest (leftmost) first."""
    if not peaks:
        return EMPTY_ROOT
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


class CompactRange:
    """A tree that remembers only its peaks: append and root cost O(log n), in time and memory."""

    __slots__ = ("peaks", "size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        """A tree of ``size`` leaves with its peaks, largest first.

        Raises:
            ValueError: a tree of this size has another number of peaks.
        """
        self.size = size
        self.peaks = list(peaks)
        if len(self.peaks) != size.bit_count():
            raise ValueError(f"peaks: {len(self.peaks)} for size={size}, expected {size.bit_count()}")

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add a leaf hash; return the subtrees it completed, as (height, index, hash), small to large."""
        peaks = self.peaks
        completed: list[tuple[int, int, bytes]] = []
        index, height, hashed = self.size, 0, leaf
        while index & 1:
            index >>= 1
            height += 1
            hashed = sha256(b"\x01" + peaks.pop() + hashed).digest()
            completed.append((height, index, hashed))
        peaks.append(hashed)
        self.size += 1
        return completed

    def append_subtree(self, height: int, hashed: bytes) -> list[tuple[int, int, bytes]]:
        """Add ``2 ** height`` leaves at once by their hash; return what that completed, itself first.

        Raises:
            ValueError: the size is no multiple of ``2 ** height``.
        """
        index, rest = divmod(self.size, 1 << height)
        if rest:
            raise ValueError(f"height={height}: expected a size that it divides, not {self.size}")
        completed = [(height, index, hashed)]
        self.size += 1 << height
        while index & 1:
            index >>= 1
            height += 1
            hashed = sha256(b"\x01" + self.peaks.pop() + hashed).digest()
            completed.append((height, index, hashed))
        self.peaks.append(hashed)
        return completed

    def root(self) -> bytes:
        """The root of the tree as it stands."""
        return fold(self.peaks)


def root_of(leaves: Iterable[bytes]) -> bytes:
    """The root over these leaf hashes."""
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf)
    return tree.root()


def perfect_root(leaves: Sequence[bytes]) -> bytes:
    """The root over a power of two of leaf hashes: level by level, twice as fast as one by one.

    Raises:
        ValueError: their number is no power of two.
    """
    if len(leaves).bit_count() != 1:
        raise ValueError(f"{len(leaves)} leaves: expected a power of two")
    while len(leaves) > 1:
        leaves = [
            sha256(b"\x01" + left + right).digest() for left, right in zip(leaves[::2], leaves[1::2], strict=True)
        ]
    return leaves[0]


def peaks_between(start: int, end: int) -> list[Place]:
    """The perfect subtrees that tile leaves ``start`` to ``end`` - 1, left to right.

    ``start`` must be a multiple of every subtree's width, as it is for the ranges of a proof.
    """
    places: list[Place] = []
    while start < end:
        height = (end - start).bit_length() - 1
        places.append((height, start >> height))
        start += 1 << height
    return places


def range_hash(start: int, end: int, subtree: SubtreeHash) -> bytes:
    """The hash over leaves ``start`` to ``end`` - 1, read from perfect subtrees."""
    return fold([subtree(height, index) for height, index in peaks_between(start, end)])


def inclusion_proof(index: int, size: int, subtree: SubtreeHash) -> list[bytes]:
    """The path from leaf ``index`` to the root of ``size`` leaves, leaf first (RFC 9162, 2.1.3.1).

    Raises:
        ValueError: the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"index={index}: expected 0 to {size - 1}")
    siblings: list[tuple[int, int]] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            siblings.append((middle, end))
            end = middle
        else:
            siblings.append((start, middle))
            start = middle
    return [range_hash(low, high, subtree) for low, high in reversed(siblings)]


def consistency_proof(old: int, new: int, subtree: SubtreeHash) -> list[bytes]:
    """The proof that the tree of ``old`` leaves begins that of ``new`` (RFC 9162, 2.1.4.1).

    Raises:
        ValueError: not 0 < old <= new.
    """
    if not 0 < old <= new:
        raise ValueError(f"old={old}, new={new}: expected 0 < old <= new")
    if old == new:
        return []
    ranges: list[tuple[int, int]] = []
    start, end = 0, new
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((start, middle))
            start = middle
    if start:
        ranges.append((start, end))
    return [range_hash(low, high, subtree) for low, high in reversed(ranges)]


def verify_inclusion(*, index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> None:
    """Check that ``leaf`` is number ``index`` of the tree of ``size`` leaves under ``root`` (RFC 9162, 2.1.3.2).

    Raises:
        BadProof: it is not proven.
    """
    if not 0 <= index < size:
        raise BadProof(f"index {index} is outside a tree of {size} entries")
    _check_hashes(leaf, root, *path)
    place, last, hashed = index, size - 1, leaf
    for step in path:
        if last == 0:
            raise BadProof("the path is too long")
        if place & 1 or place == last:
            hashed = node_hash(step, hashed)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            hashed = node_hash(hashed, step)
        place >>= 1
        last >>= 1
    if last != 0:
        raise BadProof("the path is too short")
    if not hmac.compare_digest(hashed, root):
        raise BadProof("the path leads to another root")


def verify_consistency(*, old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> None:
    """Check that the tree of ``old`` leaves begins that of ``new`` (RFC 9162, 2.1.4.2).

    An old size of 0 is refused: nothing can be proven of an empty tree, whatever its root.

    Raises:
        BadProof: it is not proven.
    """
    if not 0 < old <= new:
        raise BadProof(f"sizes {old} and {new}: expected 0 < old <= new")
    if old == new:
        if path or not hmac.compare_digest(old_root, new_root):
            raise BadProof("two trees of the same size differ")
        return
    _check_hashes(old_root, new_root, *path)
    steps = list(path)
    if old & (old - 1) == 0:
        steps.insert(0, old_root)
    if not steps:
        raise BadProof("the proof is empty")
    place, last = old - 1, new - 1
    while place & 1:
        place >>= 1
        last >>= 1
    first = second = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise BadProof("the proof is too long")
        if place & 1 or place == last:
            first, second = node_hash(step, first), node_hash(step, second)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            second = node_hash(second, step)
        place >>= 1
        last >>= 1
    if last != 0:
        raise BadProof("the proof is too short")
    if not (hmac.compare_digest(first, old_root) and hmac.compare_digest(second, new_root)):
        raise BadProof("the proof leads to other roots")


def _check_hashes(*hashes: bytes) -> None:
    if any(len(hashed) != 32 for hashed in hashes):
        raise BadProof("a hash is not of 32 bytes")


def _split(count: int) -> int:
    """The largest power of two below ``count`` (which is 2 or more)."""
    return 1 << (count - 1).bit_length() - 1
