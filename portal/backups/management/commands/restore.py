"""``manage.py restore --database DIR --keys DIR [--documents DIR] [--erasures FILE]``: into an empty database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connections

from portal.backups.parts import BadBackup
from portal.backups.programs import ProgramFailed
from portal.backups.returning import bring_back


class Command(BaseCommand):
    help = (
        "Restores a backup into the empty database of DATABASE_OWNER_URL. Put the keyring back by hand first. "
        "Records that were erased since the backup are erased again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        for part in ("database", "keys", "documents"):
            parser.add_argument(f"--{part}", type=Path, metavar="DIR", help=f"the folder of the part {part}")
        parser.add_argument(
            "--erasures", type=Path, metavar="FILE", help="the newest erasures.json, if it does not lie beside the keys"
        )

        parser.add_argument(
            "--later-keys",
            action="store_true",
            help="the keys are of a later backup; what turned meanwhile will not open",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        folders = {part: options[part] for part in ("database", "keys", "documents") if options[part] is not None}
        if not folders:
            raise CommandError("Name what to restore: --database, --keys, --documents.")
        if "owner" not in connections:
            raise CommandError("DATABASE_OWNER_URL is not set: only the owner of the tables restores them.")
        try:
            restored = bring_back(folders, erasures=options["erasures"], later_keys=options["later_keys"])
        except (BadBackup, ProgramFailed) as problem:
            raise CommandError(str(problem)) from None
        except (OSError, OperationalError) as problem:
            raise CommandError(f"The restore was not finished: {type(problem).__name__}.") from None
        for part in restored.parts:
            self.stdout.write(f"{part.kind:9s} of {part.made_at:%Y-%m-%d %H:%M} UTC")
        self.stdout.write(
            f"{restored.erased} records erased again, {restored.documents} documents copied. Now run verify_audit and "
            "verify_records, then start the house."
        )
