"""``manage.py backup --database DIR --keys DIR --documents DIR --keyring DIR``: four parts, in four places."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connections

from portal.backups.parts import PARTS, BadBackup
from portal.backups.programs import ProgramFailed
from portal.backups.saving import save
from records.stores import StoreAway

_WHAT = {
    "database": "every table but the keys",
    "keys": "the wrapped keys: delete old ones soonest",
    "documents": "the sealed objects of the store",
    "keyring": "what unwraps the keys and signs the log, for local keyrings",
}


class Command(BaseCommand):
    help = "Makes a backup while the house runs. Each part goes to a place of its own; leave one out by not naming it."

    def add_arguments(self, parser: CommandParser) -> None:
        for part in PARTS:
            parser.add_argument(f"--{part}", type=Path, metavar="DIR", help=_WHAT[part])

    def handle(self, *args: Any, **options: Any) -> None:
        targets = {part: options[part].resolve() for part in PARTS if options[part] is not None}
        if not targets:
            raise CommandError("Name at least one place: --database, --keys, --documents, --keyring.")
        if "owner" not in connections:
            raise CommandError("DATABASE_OWNER_URL is not set: only the owner of the tables reads all of them.")
        _expect_apart(targets)
        try:
            folders = save(targets)
        except (BadBackup, ProgramFailed, StoreAway) as problem:
            raise CommandError(str(problem)) from None
        except (OSError, OperationalError) as problem:
            raise CommandError(f"The backup was not finished: {type(problem).__name__}. Look at the places.") from None
        for part, folder in folders.items():
            self.stdout.write(f"{part:9s} {folder}")


def _expect_apart(targets: dict[str, Path]) -> None:
    places = sorted(targets.values())
    for one, other in pairwise(places):
        if other.is_relative_to(one):
            raise CommandError(
                f"{one} and {other} are one place: who finds database, keys and keyring together reads every record."
            )
