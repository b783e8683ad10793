"""``manage.py name_reviewer RPPS FINESS``: the doctor who reads why members of an organisation opened emergencies."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.actor import Actor, SystemTask
from consent.models import Organisation, Professional
from consent.reviewers import Invalid, end_reviewer, name_reviewer


class Command(BaseCommand):
    help = "Name the reviewing doctor of an organisation, as the organisation decided; --end ends it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("rpps", help="the RPPS number of the doctor")
        parser.add_argument("finess", help="the FINESS number of the organisation")
        parser.add_argument("--end", action="store_true", help="the doctor is one no longer")

    def handle(self, *args: Any, **options: Any) -> None:
        person = Professional.objects.filter(rpps=options["rpps"]).first()
        place = Organisation.objects.filter(finess=options["finess"]).first()
        if person is None or place is None:
            missing = "RPPS" if person is None else "FINESS"
            raise CommandError(f"Nobody in the directory has this {missing} number.")
        act = end_reviewer if options["end"] else name_reviewer
        try:
            act(actor=Actor.system(SystemTask.IMPORT), professional=person.id, organisation=place.id)
        except Invalid as refused:
            raise CommandError(refused.sentence) from None
        self.stdout.write("Done. It is written in the log.")
