"""Check a proof file without Carnet: ``python -m audit.outsider FILE --key KEY``.

A file may hold one proof, or all proofs of a patient one after the other: then every one must hold, all must rest on
the same checkpoint, and each number may be there once.

Needs this file, ``entry.py``, ``merkle.py``, ``note.py`` and the cryptography package; no Django, no
database, no network. ``KEY`` is the public key of the log (a line ``name+id+key``) or a file that
holds it; get it from someone you trust, not with the proof. ``--witness KEY`` asks for the signature of a witness too:
then the log's operator alone could not have made the proof up.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from audit.entry import BadEntry, Entry, decode
from audit.merkle import BadProof, leaf_hash, verify_inclusion
from audit.note import (
    PROOF_HEADER,
    BadNote,
    Checkpoint,
    Cosignature,
    Proof,
    Verifier,
    open_checkpoint,
    parse_note,
    verify_note,
)

PROVEN, REFUTED, UNPROVEN = 0, 1, 2
_LARGEST_FILE = 256 << 20


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof proves: this entry is number ``index`` of the log under ``checkpoint``, which ``seen`` cosigned."""

    index: int
    entry: Entry
    checkpoint: Checkpoint
    seen: tuple[Cosignature, ...] = ()


def check(data: bytes, verifier: Verifier | None, witnesses: Sequence[Verifier] = ()) -> Proven:
    """Check one proof; without ``verifier`` the signature of the log is not looked at.

    Raises:
        BadNote: not a proof, or the log, or one of ``witnesses``, did not sign its checkpoint.
        BadEntry: its extra line is not an entry of the log.
        BadProof: the entry is not under the root of the checkpoint.
    """
    return _check(Proof.parse(data), _Signed(verifier, witnesses))


def check_all(data: bytes, verifier: Verifier | None, witnesses: Sequence[Verifier] = ()) -> list[Proven]:
    """Check every proof of a file, in the order of the file; otherwise as :func:`check`.

    Raises:
        BadProof: also when two proofs rest on different checkpoints, or are of the same entry.
    """
    signed = _Signed(verifier, witnesses)
    proven = [_check(Proof.parse(part), signed) for part in _parts(data)]
    if len({one.checkpoint for one in proven}) > 1:
        raise BadProof("the proofs of this file rest on different checkpoints")
    if len({one.index for one in proven}) < len(proven):
        raise BadProof("two proofs of this file are of the same entry")
    return proven


class _Signed:
    """Opens checkpoints; the same text again is not verified again."""

    def __init__(self, verifier: Verifier | None, witnesses: Sequence[Verifier]) -> None:
        self._verifier = verifier
        self._witnesses = witnesses
        self._known: dict[str, tuple[Checkpoint, tuple[Cosignature, ...]]] = {}

    def open(self, data: str) -> tuple[Checkpoint, tuple[Cosignature, ...]]:
        found = self._known.get(data)
        if found is None:
            found = self._known[data] = self._open(data)
        return found

    def _open(self, data: str) -> tuple[Checkpoint, tuple[Cosignature, ...]]:
        note = parse_note(data)
        seen: list[Cosignature] = []
        if self._witnesses:
            signed, seen = verify_note(note, self._witnesses)
            missing = [witness.name for witness in self._witnesses if witness not in signed]
            if missing:
                raise BadNote(f"the witness {missing[0]} did not sign this checkpoint")
        if self._verifier is None:
            return Checkpoint.parse(note.text), tuple(seen)
        return open_checkpoint(data, self._verifier), tuple(seen)


def _check(proof: Proof, signed: _Signed) -> Proven:
    checkpoint, seen = signed.open(proof.checkpoint)
    verify_inclusion(
        index=proof.index, size=checkpoint.size, leaf=leaf_hash(proof.extra), path=proof.path, root=checkpoint.root
    )
    return Proven(proof.index, decode(proof.extra), checkpoint, seen)


def _parts(data: bytes) -> list[bytes]:
    """The proofs of a file: each begins with the line that names the format."""
    begin = PROOF_HEADER.encode() + b"\n"
    first, *others = data.split(b"\n" + begin)
    parts = [first, *(begin + part for part in others)]
    return [part + b"\n" for part in parts[:-1]] + parts[-1:]


def describe(proven: Proven) -> str:
    """The proven entry in lines of text."""
    entry = proven.entry
    lines = [
        f"Log         {proven.checkpoint.origin}, {proven.checkpoint.size} entries",
        f"Entry       number {proven.index}, {entry.id}",
        f"Time        {entry.at:%Y-%m-%d %H:%M:%S.%f} UTC",
        f"Event       {entry.event}: {entry.outcome}",
        f"Actor       {entry.actor} ({' '.join(part for part in (entry.role, entry.profession) if part)})",
    ]
    optional = {
        "Place": entry.organisation,
        "On behalf of": entry.on_behalf_of,
        "Dossier": entry.dossier,
        "Category": entry.category,
        "Object": entry.object_id,
        "Purpose": entry.purpose,
        "Ground": entry.ground,
    }
    lines += [f"{label:<11} {value}" for label, value in optional.items() if value]
    lines += [f"{key:<11} {value}" for key, value in entry.facts.items()]
    return "\n".join(lines)


def summarise(proven: Sequence[Proven]) -> str:
    """Many proven entries, a line each, in the order of time."""
    checkpoint = proven[0].checkpoint
    lines = [f"Log         {checkpoint.origin}, {checkpoint.size} entries", f"Proven      {len(proven)} entries", ""]
    for one in sorted(proven, key=lambda proof: proof.entry.at):
        entry = one.entry
        who = " ".join(part for part in (entry.role, entry.profession) if part)
        what = f"{entry.event}: {entry.outcome}"
        parts = (f"{entry.at:%Y-%m-%d %H:%M:%S}", f"{one.index:>9}", what, str(entry.actor), who, entry.category)
        lines.append("  ".join(part for part in (*parts, entry.ground) if part))
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Check the file named on the command line; 0 proven, 1 refuted, 2 not proven for want of a key."""
    parser = argparse.ArgumentParser(prog="python -m audit.outsider", description="Check a proof file of Carnet's log.")
    parser.add_argument("file", type=Path, help="the proof file")
    parser.add_argument("--key", help="the log's public key (name+id+key), or a file that holds it")
    parser.add_argument("--witness", action="append", default=[], help="a witness's public key that must have cosigned")
    options = parser.parse_args(arguments)
    try:
        verifier = _verifier(options.key)
        proven = check_all(_read(options.file), verifier, [Verifier.parse(witness) for witness in options.witness])
    except (BadNote, BadEntry, BadProof) as error:
        print(f"NOT PROVEN: {error}", file=sys.stderr)
        return REFUTED
    except OSError as error:
        print(f"{error.filename} cannot be read: {error.strerror}", file=sys.stderr)
        return UNPROVEN
    print(describe(proven[0]) if len(proven) == 1 else summarise(proven))
    for seen in proven[0].seen:
        print(f"Witnessed   {seen.name}, {datetime.fromtimestamp(seen.time, UTC):%Y-%m-%d %H:%M:%S} UTC")
    if verifier is None:
        print("The entry and the hashes agree, but the signature was not checked: give --key.", file=sys.stderr)
        return UNPROVEN
    what = "this entry" if len(proven) == 1 else f"each of these {len(proven)} entries"
    print(f"PROVEN: the log signed for {what}.")
    return PROVEN


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_LARGEST_FILE + 1)
    if len(data) > _LARGEST_FILE:
        raise BadNote(f"{path} is larger than 256 MiB: not a proof file")
    return data


def _verifier(key: str | None) -> Verifier | None:
    if key is None:
        return None
    text = key if "+" in key else Path(key).read_text(encoding="utf-8")
    # In a file of all the log's keys, the last one signs now.
    return Verifier.parse((text.split() or [""])[-1])


if __name__ == "__main__":
    sys.exit(main())
