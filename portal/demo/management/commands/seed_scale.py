"""``manage.py seed_scale``: a database as large as years of use would leave it, in minutes."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.numbering import NUMBERING
from portal.demo.people import PASSWORD
from portal.demo.scale.filling import OWNER, Inhabited, Step, fill
from portal.demo.scale.sizes import BadSize, Size
from portal.demo.scale.town import LOGINS

_TELL_EVERY_SECONDS = 5.0


class Command(BaseCommand):
    help = "Fills an empty database with invented people, sealed records, choices and a numbered log, to measure with."

    def add_arguments(self, parser: CommandParser) -> None:
        most = Size()
        parser.add_argument("--patients", type=int, default=most.patients)
        parser.add_argument("--records", type=int, default=most.records)
        parser.add_argument("--choices", type=int, default=most.choices)
        parser.add_argument("--entries", type=int, default=most.entries, help="lines of the log in all")
        parser.add_argument("--processes", type=int, default=None, help="one per core if not given")

    def handle(self, *args: Any, **options: Any) -> None:
        if OWNER not in settings.DATABASES:
            raise CommandError("seed_scale writes with COPY as the owner of the tables: set DATABASE_OWNER_URL.")
        numbered = NUMBERING in settings.DATABASES
        began = time.monotonic()
        try:
            size = Size(*(options[name] for name in ("patients", "records", "choices", "entries")))
            self._tell(fill(size, processes=options["processes"], number=numbered), began)
        except (BadSize, Inhabited) as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(
            f"{size.patients} patients, {size.records} records, {size.choices} choices, {size.entries} lines"
        )
        self.stdout.write(f"of the log in {time.monotonic() - began:.0f} s.")
        if not numbered:
            self.stdout.write("The lines wait for their numbers: DATABASE_SEQUENCER_URL is not set.")
        self.stdout.write(f"Sign in as {', '.join(LOGINS.values())} (password {PASSWORD}, code: manage.py demo_code).")

    def _tell(self, steps: Any, began: float) -> None:
        told = began
        for step in steps:
            if time.monotonic() - told > _TELL_EVERY_SECONDS:
                told = time.monotonic()
                self._say(step, told - began)

    def _say(self, step: Step, seconds: float) -> None:
        self.stdout.write(f"{seconds:5.0f} s  {step.done} of {step.of} {step.what}")
        self.stdout.flush()
