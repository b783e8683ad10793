"""What the commands that take files in share: the target, the progress, the report of each file."""

from __future__ import annotations

from argparse import ArgumentTypeError
from collections.abc import Callable, Iterable
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
from records.exchange import Bundle, ImportReport, Unknown, Unreadable, import_bundle, omissions_by_reason
from records.formats.sentences import CLEANED


class ImportCommand(BaseCommand):
    """Takes files into a health record, one transaction a file; ends with an error when one was refused."""

    reader: Callable[[Path], Bundle]

    def add_arguments(self, parser: CommandParser) -> None:
        """The health record to file into, or a new one for each file."""
        target = parser.add_mutually_exclusive_group(required=True)
        target.add_argument("--patient", type=_identifier, metavar="ID", help="the health record to file into")
        target.add_argument("--new", action="store_true", help="make a new health record for each file")

    def take_in(self, paths: Iterable[Path], dossier_id: UUID | None) -> None:
        """Take in each file and tell what became of it.

        Raises:
            CommandError: at least one file was refused; the others went in.
        """
        refused = [path for path in paths if not self._take_in(path, dossier_id)]
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
                    reader=type(self).reader,
                    progress=lambda done, total: _advance(bar, done, total),
                )
        except (Unreadable, Invalid) as refusal:
            self._refuse(path, str(refusal))
        except Unknown:
            self._refuse(path, _("There is no such health record. Check its identifier."))
        except Refused:
            self._refuse(path, _("Carnet may not file into this health record."))
        else:
            self._tell(path, report)
            return True
        return False

    def _refuse(self, path: Path, sentence: str) -> None:
        self.stderr.write(self.style.ERROR(f"{path}: {sentence}"))

    def _tell(self, path: Path, report: ImportReport) -> None:
        self.stdout.write(self.style.SUCCESS(f"{path}"))
        made = _("new health record") if report.new else _("health record")
        self.stdout.write(f"  {made} {report.ref.id}")
        for (kind, category), tally in sorted(report.landed.items(), key=lambda item: (item[0][1], item[0][0])):
            self.stdout.write(f"  {tally.total:6d}  {kind:24s} {category.label}")
        left_out = _("left out:")
        for (kind, reason), count in sorted(omissions_by_reason(report.left_out).items()):
            self.stdout.write(f"  {count:6d}  {kind:24s} {left_out} {_(reason)}")
        if report.misspelt_number:
            self.stdout.write("  " + _("The national health number of the file has a wrong key and was not used."))
        for what in sorted(report.cleaned):
            self.stdout.write("  " + _(CLEANED[what]))
        if report.shut:
            told = ngettext(
                "%(count)d file inside was left shut.", "%(count)d files inside were left shut.", report.shut
            )
            self.stdout.write("  " + told % {"count": report.shut})
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
