"""``manage.py expire_log``: let go of lines of the log whose time to be kept is over."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from audit.expiring import expire_month, months_due


class Command(BaseCommand):
    help = (
        "Let go of technical lines after a year and of all others after ten; their hashes stay. "
        "The sequencer does the same by itself, once an hour."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say which months are due")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for due in months_due():
                gone = "due" if options["dry_run"] else f"{expire_month(due)} lines let go of"
                self.stdout.write(f"{due.month:%Y-%m} {due.kind.value}: {gone}.")
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        except DatabaseError as error:
            raise CommandError(f"The database kept the month: {str(error).splitlines()[0]}", returncode=1) from None
        self.stdout.write("Nothing else is due.")
