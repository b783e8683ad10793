"""``manage.py verify_audit``: read the whole log again, and fail if any of it was changed."""

from __future__ import annotations

from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from audit.cosigning import Unreachable, load_witnesses, witnessed_checkpoint
from audit.keys import load_log_keys
from audit.resuming import BadPlace, load_place, save_place
from audit.verifying import Report, verify_log
from audit.walking import Seen


class Command(BaseCommand):
    help = "Check every entry, hash and signature of the log. Exit code 1 names the first bad entry."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--resume", type=Path, help="file that says where the last verification stood; go on there")
        parser.add_argument("--records", action="store_true", help="then compare the records with what the log tells")
        parser.add_argument("--witness", action="store_true", help="compare with what each witness itself remembers")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = self._verify(options["resume"], self._seen() if options["witness"] else [])
        except (ImproperlyConfigured, BadPlace) as error:
            raise CommandError(str(error)) from None
        if not report.ok:
            first = "" if report.first_bad is None else f" First bad entry: {report.first_bad}."
            raise CommandError(f"{report.sentence}{first}", returncode=1)
        self.stdout.write(report.sentence)
        if report.checkpoint_at is not None:
            self.stdout.write(f"Root {report.root.hex()}, signed {report.checkpoint_at:%Y-%m-%d %H:%M:%S %Z}.")
        if options["records"]:
            # By its name: the log knows of no records, but whoever verifies it wants to know of both at once.
            call_command("verify_records", stdout=self.stdout, stderr=self.stderr)

    def _verify(self, resume: Path | None, seen: list[Seen]) -> Report:
        start = load_place(resume) if resume else None
        with tqdm(unit=" entries", disable=None, file=self.stderr, initial=start.size if start else 0) as bar:

            def progress(done: int, total: int) -> None:
                bar.total = total
                bar.update(done - bar.n)

            keep = partial(save_place, resume) if resume else None
            return verify_log(progress, start=start, keep=keep, seen=seen)

    def _seen(self) -> list[Seen]:
        """What each witness keeps. One that does not answer is an error: silence would pass for agreement."""
        keys = tuple(verifier for _, verifier in load_log_keys().periods)
        found = []
        for witness in load_witnesses():
            try:
                checkpoint = witnessed_checkpoint(witness, keys)
            except Unreachable as error:
                raise CommandError(f"The witness {witness.name} does not answer ({error}).", returncode=2) from None
            if checkpoint is not None:
                found.append(Seen(witness.name, checkpoint.size, checkpoint.root))
                self.stdout.write(f"The witness {witness.name} has seen {checkpoint.size} entries.")
        if not found:
            raise CommandError("No witness has seen this log: AUDIT_WITNESSES names none that has.", returncode=2)
        return found
