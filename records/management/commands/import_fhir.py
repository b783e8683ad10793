"""``manage.py import_fhir FILE… --patient ID | --new``: FHIR R4 files into a health record."""

from __future__ import annotations

from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from tqdm import tqdm

from audit.actor import Actor, SystemTask
from consent.decisions import Refused
from consent.granting import Invalid
from records.exchange import ImportReport, Unknown, Unreadable, import_bundle, omissions_by_reason


class Command(BaseCommand):
    help = "Takes FHIR R4 bundles (JSON) into a health record: all of a file or nothing of it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a FHIR R4 bundle or resource (.json)")
        target = parser.add_mutually_exclusive_group(required=True)
        target.add_argument("--patient", type=_identifier, metavar="ID", help="the health record to file into")
        target.add_argument("--new", action="store_true", help="make a new health record for each file")

    def handle(self, *args: Any, **options: Any) -> None:
        refused = [path for path in options["files"] if not self._take_in(path, options["patient"])]
        if refused:
            raise CommandError(
                ngettext("%(count)d file was refused.", "%(count)d files were refused.", len(refused))
                % {"count": len(refused)}
            )

    def _take_in(self, path: Path, dossier_id: UUID | None) -> bool:
        """One file, one transaction; whether it went in."""
        try:
            with tqdm(total=0, desc=path.name[:40], unit=" " + _("resources"), disable=None, leave=False) as bar:
                report = import_bundle(
                    actor=Actor.system(SystemTask.IMPORT),
                    source=path,
                    dossier_id=dossier_id,
                    progress=lambda done, total: _advance(bar, done, total),
                )
        except (Unreadable, Invalid) as refusal:
            self.stderr.write(self.style.ERROR(f"{path}: {refusal}"))
        except Unknown:
            self.stderr.write(self.style.ERROR(f"{path}: {_('There is no such health record. Check its identifier.')}"))
        except Refused:
            self.stderr.write(self.style.ERROR(f"{path}: {_('Carnet may not file into this health record.')}"))
        else:
            self._tell(path, report)
            return True
        return False

    def _tell(self, path: Path, report: ImportReport) -> None:
        self.stdout.write(self.style.SUCCESS(f"{path}"))
        made = _("new health record") if report.new else _("health record")
        self.stdout.write(f"  {made} {report.ref.id}")
        for (kind, category), tally in sorted(report.landed.items(), key=lambda item: (item[0][1], item[0][0])):
            self.stdout.write(f"  {tally.total:6d}  {kind:24s} {category.label}")
        for (kind, reason), count in sorted(omissions_by_reason(report.left_out).items()):
            self.stdout.write(f"  {count:6d}  {kind:24s} {_('left out:')} {_(reason)}")
        if report.misspelt_number:
            self.stdout.write("  " + _("The national health number of the file has a wrong key and was not used."))
        counts = {"created": report.created, "amended": report.amended, "unchanged": report.unchanged}
        self.stdout.write("  " + _("%(created)d added, %(amended)d amended, %(unchanged)d already there.") % counts)


def _advance(bar: tqdm[Any], done: int, total: int) -> None:
    bar.total = total
    bar.update(done - bar.n)


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ArgumentTypeError(
            f"{text!r} is no identifier of a health record; expected 32 hexadecimal digits with hyphens"
        ) from None
