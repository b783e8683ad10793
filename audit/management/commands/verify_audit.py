"""``manage.py verify_audit``: read the whole log again, and fail if any of it was changed."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from audit.verifying import verify_log


class Command(BaseCommand):
    help = "Check every entry, hash and signature of the log. Exit code 1 names the first bad entry."

    def handle(self, *args: Any, **options: Any) -> None:
        with tqdm(unit=" entries", disable=None, file=self.stderr) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            try:
                report = verify_log(progress)
            except ImproperlyConfigured as error:
                raise CommandError(str(error)) from None
        if not report.ok:
            first = "" if report.first_bad is None else f" First bad entry: {report.first_bad}."
            raise CommandError(f"{report.sentence}{first}", returncode=1)
        self.stdout.write(report.sentence)
        if report.checkpoint_at is not None:
            self.stdout.write(f"Root {report.root.hex()}, signed {report.checkpoint_at:%Y-%m-%d %H:%M:%S %Z}.")
