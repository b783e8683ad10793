"""``manage.py declare_staff [FILE]``: what lets alerts see that a professional and a patient are close."""

from __future__ import annotations

import csv
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.actor import Actor, SystemTask
from consent.granting import Invalid
from consent.models import Professional
from records.likeness import declare_staff, keep_missing

_COLUMNS = {"rpps", "address", "ins"}


class Command(BaseCommand):
    help = (
        "Keep keyed digests of the address and national health number of professionals, from a CSV file of their "
        "employer with the columns rpps, address and ins; and those of records that have none yet. Nothing in clear "
        "is kept: destroy the file afterwards."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", nargs="?", type=Path, help="CSV in UTF-8; without it only records are looked at")

    def handle(self, *args: Any, **options: Any) -> None:
        made = 0
        while batch := keep_missing(actor=Actor.system(SystemTask.SWEEP)):
            made += batch
        self.stdout.write(f"{made} records have got their digests.")
        if options["file"] is not None:
            self.stdout.write(f"{_declare(options['file'])} professionals were declared.")


def _declare(file: Path) -> int:
    """Declare every line; how many.

    Raises:
        CommandError: the file cannot be read, or a line is wrong; it names the line, never what stands there.
    """
    try:
        with file.open(encoding="utf-8", newline="") as lines:
            reader = csv.DictReader(lines)
            if not set(reader.fieldnames or ()) >= _COLUMNS:
                raise CommandError(f"{file.name}: expected the columns {', '.join(sorted(_COLUMNS))}.")
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CommandError(f"{file.name} cannot be read ({type(error).__name__}).") from None
    importer = Actor.system(SystemTask.IMPORT)
    for number, row in enumerate(rows, start=2):
        person = Professional.objects.filter(rpps=row["rpps"].strip(), account__isnull=False).first()
        if person is None or person.account_id is None:
            raise CommandError(f"{file.name}, line {number}: no professional with an account has this RPPS number.")
        try:
            declare_staff(actor=importer, account_id=person.account_id, address=row["address"], ins=row["ins"])
        except Invalid:
            raise CommandError(f"{file.name}, line {number}: the national health number is wrong.") from None
    return len(rows)
