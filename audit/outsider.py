"""Check a proof file without Carnet: ``python -m audit.outsider FILE --key KEY``.

Needs this file, ``entry.py``, ``merkle.py``, ``note.py`` and the cryptography package; no Django, no
database, no network. ``KEY`` is the public key of the log (a line ``name+id+key``) or a file that
holds it; get it from someone you trust, not with the proof.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

from audit.entry import BadEntry, Entry, decode
from audit.merkle import BadProof, leaf_hash, verify_inclusion
from audit.note import BadNote, Checkpoint, Proof, Verifier, open_checkpoint, parse_note

PROVEN, REFUTED, UNPROVEN = 0, 1, 2
_LARGEST_FILE = 1 << 20


@dataclass(frozen=True, slots=True)
class Proven:
    """What a proof file proves: this entry is number ``index`` of the log under ``checkpoint``."""

    index: int
    entry: Entry
    checkpoint: Checkpoint


def check(data: bytes, verifier: Verifier | None) -> Proven:
    """Check a proof file; without ``verifier`` the signature of the log is not looked at.

    Raises:
        BadNote: not a proof file, or the log did not sign its checkpoint.
        BadEntry: its extra line is not an entry of the log.
        BadProof: the entry is not under the root of the checkpoint.
    """
    proof = Proof.parse(data)
    if verifier is None:
        checkpoint = Checkpoint.parse(parse_note(proof.checkpoint).text)
    else:
        checkpoint = open_checkpoint(proof.checkpoint, verifier)
    verify_inclusion(
        index=proof.index, size=checkpoint.size, leaf=leaf_hash(proof.extra), path=proof.path, root=checkpoint.root
    )
    return Proven(proof.index, decode(proof.extra), checkpoint)


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


def main(arguments: list[str] | None = None) -> int:
    """Check the file named on the command line; 0 proven, 1 refuted, 2 not proven for want of a key."""
    parser = argparse.ArgumentParser(prog="python -m audit.outsider", description="Check a proof file of Carnet's log.")
    parser.add_argument("file", type=Path, help="the proof file")
    parser.add_argument("--key", help="the log's public key (name+id+key), or a file that holds it")
    options = parser.parse_args(arguments)
    try:
        verifier = _verifier(options.key)
        proven = check(_read(options.file), verifier)
    except (BadNote, BadEntry, BadProof) as error:
        print(f"NOT PROVEN: {error}", file=sys.stderr)
        return REFUTED
    except OSError as error:
        print(f"{error.filename} cannot be read: {error.strerror}", file=sys.stderr)
        return UNPROVEN
    print(describe(proven))
    if verifier is None:
        print("The entry and the hashes agree, but the signature was not checked: give --key.", file=sys.stderr)
        return UNPROVEN
    print("PROVEN: the log signed for this entry.")
    return PROVEN


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(_LARGEST_FILE + 1)
    if len(data) > _LARGEST_FILE:
        raise BadNote(f"{path} is larger than 1 MiB: not a proof file")
    return data


def _verifier(key: str | None) -> Verifier | None:
    if key is None:
        return None
    return Verifier.parse(key if "+" in key else Path(key).read_text(encoding="utf-8"))


if __name__ == "__main__":
    sys.exit(main())
