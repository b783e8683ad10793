"""The four parts of a backup, each in a folder of its own with a manifest of what lies in it.

*database*: every table but the keys. *keys*: the wrapped keys, and which records were erased. *documents*: the
sealed objects. *keyring*: what unwraps the keys, and what signs the log. Who holds one of them reads nobody's record;
who holds database, keys and keyring reads them all. The keys lie apart from the database so that they can be kept for
a shorter time: a backup of the database whose keys are gone is no longer readable by anybody.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

VERSION = 1
MANIFEST = "manifest.json"
PARTS = ("database", "keys", "documents", "keyring")
KEY_TABLES = ("records_patientkey", "records_housekey")
# What lives a day needs no backup, and would outlive its day there.
LEFT_OUT = ("records_copypart",)
_PIECE = 1 << 20


class BadBackup(Exception):
    """A folder is no part of a backup, or is not what was written; the sentence says which and why."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part as it lies in its folder: which backup it belongs to, and when that was made."""

    kind: str
    folder: Path
    stamp: str
    made_at: datetime


def stamp_of(moment: datetime) -> str:
    """The name under which the parts of one backup know each other."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def new_folder(parent: Path, stamp: str, kind: str) -> Path:
    """The folder of one part, closed to other accounts.

    Raises:
        BadBackup: there is one already.
    """
    folder = parent / f"{stamp}-{kind}"
    try:
        folder.mkdir(mode=0o700, parents=True)
    except FileExistsError:
        raise BadBackup(f"{folder} is there already: wait a second and begin again.") from None
    return folder


def close_folder(folder: Path, kind: str, stamp: str, moment: datetime) -> None:
    """Write down what lies in the folder: without this last file it is no backup."""
    files = {str(path.relative_to(folder)): digest_of(path) for path in files_in(folder)}
    manifest = {"version": VERSION, "part": kind, "stamp": stamp, "made_at": moment.isoformat(), "files": files}
    fresh = folder / f"{MANIFEST}.new"
    fresh.write_text(json.dumps(manifest, indent=1) + "\n")
    fresh.replace(folder / MANIFEST)


def open_part(folder: Path, kind: str) -> Part:
    """A part, every file of it compared with its manifest.

    Raises:
        BadBackup: it is no such part, was not finished, or a file is missing, new or changed.
    """
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        raise BadBackup(f"{folder} holds no finished part of a backup: {MANIFEST} is missing or malformed.") from None
    if manifest.get("version") != VERSION or manifest.get("part") != kind:
        raise BadBackup(f"{folder} holds the part {manifest.get('part')!r}: expected {kind!r}, version {VERSION}.")
    found = {str(path.relative_to(folder)) for path in files_in(folder)}
    for name, digest in manifest["files"].items():
        if name not in found or digest_of(folder / name) != digest:
            raise BadBackup(f"{folder / name} is not what was written: restore from another backup.")
    if extra := found - set(manifest["files"]):
        raise BadBackup(f"{folder} holds files that do not belong to it, such as {min(extra)}.")
    return Part(kind, folder, manifest["stamp"], datetime.fromisoformat(manifest["made_at"]))


def files_in(folder: Path) -> Iterator[Path]:
    """Every file of a part but its manifest."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != MANIFEST)


def digest_of(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def copy_private(source: Path, target: Path) -> None:
    """Copy a secret so that only its owner may read it."""
    target.touch(mode=0o600)
    shutil.copyfile(source, target)
    target.chmod(0o400)
