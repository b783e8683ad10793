"""``manage.py first_administrators MAIL MAIL …``: the first administrators of a house that has none."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from consent.granting import Invalid
from portal.welcoming.staffing import found


class Command(BaseCommand):
    help = "Invite the first two administrators or more; prints a code for each, to hand over on paper."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("mails", metavar="MAIL", nargs="+", help="the e-mail address with which each will sign in")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            codes = found(mails=options["mails"])
        except Invalid as refused:
            raise CommandError(str(refused)) from None
        for mail, code in zip(options["mails"], codes, strict=True):
            self.stdout.write(f"{mail}  {code}")
        self.stdout.write("Hand each code over on paper, to nobody but its owner; they type it on the page /welcome/.")
