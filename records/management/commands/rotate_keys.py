"""``manage.py rotate_keys --patient ID | --all | --kek | --status``: new keys while people read and write."""

from __future__ import annotations

from argparse import ArgumentTypeError
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError
from django.utils import timezone
from tqdm import tqdm

from audit.actor import Actor, SystemTask
from records.key_report import report_keys
from records.rewrapping import Unknown, rewrap_batch
from records.rotation import GRACE, begin
from records.turning import carry_through, destroy_ripe, due, unfinished
from records.vault.cipher import Unreadable
from records.vault.keyring import KeyringRefused


class Command(BaseCommand):
    help = "Gives health records new keys, or wraps their keys again. Stop it at any time: the next run goes on."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--patient", type=_identifier, metavar="ID", help="a new key for one health record")
        what.add_argument("--all", action="store_true", help="a new key for every health record")
        what.add_argument("--kek", action="store_true", help="wrap every key under the current key of the keyring")
        what.add_argument("--status", action="store_true", help="say how the keys stand, and change nothing")
        parser.add_argument(
            "--older-than", type=_days, default=0, metavar="DAYS", help="with --all: only keys older than that"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["status"]:
                self._tell()
            elif options["kek"]:
                self._rewrap()
            else:
                self._turn(options)
        except KeyringRefused as refusal:
            raise CommandError(str(refusal)) from None
        except Unknown:
            raise CommandError("There is no such health record. Check its identifier.") from None
        except Unreadable as unreadable:
            raise CommandError(
                f"A key or an identity does not open ({unreadable.flaw.value}): nothing of it was changed. "
                "Check that the keyring holds every key that --status names, then run this again."
            ) from None
        except OperationalError:
            raise CommandError(
                "The database did not answer in time. Nothing is lost: run this again, it goes on where it stopped."
            ) from None

    def _turn(self, options: dict[str, Any]) -> None:
        house = Actor.system(SystemTask.ROTATION)
        if options["patient"]:
            begin(actor=house, dossier_id=options["patient"])
            dossiers = [options["patient"]]
        else:
            # What turns already goes on first, and is not turned twice.
            dossiers = unfinished()
            ordered = due(timezone.now() - timedelta(days=options["older_than"]))
            for dossier_id, version in tqdm(ordered, desc="new keys", unit=" keys", disable=None, leave=False):
                begin(actor=house, dossier_id=dossier_id, version=version)
                dossiers.append(dossier_id)
        rows, left = self._seal_again(dossiers)
        gone = destroy_ripe()
        self.stdout.write(
            f"{_count(len(dossiers), 'health record')} under a new key, {_count(rows, 'row')} sealed again. "
            f"{_count(gone, 'former key')} destroyed; those retired now follow after {_minutes(GRACE)} minutes."
        )
        if left:
            raise CommandError(
                f"{_count(left, 'row')} left under former keys, which are kept: another process holds what is left, "
                "or it does not open (see the log of this process). The worker tries again every minute."
            )

    def _seal_again(self, dossiers: list[UUID]) -> tuple[int, int]:
        batches: list[int] = []
        left = 0
        total = report_keys().rows_left
        with tqdm(total=total, desc="sealing again", unit=" rows", disable=None, leave=False) as bar:
            for dossier_id in dossiers:
                left += carry_through(dossier_id, progress=lambda rows: _advance(bar, batches, rows))
        return sum(batches), left

    def _rewrap(self) -> None:
        total = report_keys().to_rewrap
        done = 0
        with tqdm(total=total, desc="wrapping again", unit=" keys", disable=None, leave=False) as bar:
            while batch := rewrap_batch(actor=Actor.system(SystemTask.ROTATION)):
                done += batch
                bar.update(batch)
        report = report_keys()
        self.stdout.write(f"{_count(done, 'key')} wrapped again under {report.current_kek}.")
        if report.to_rewrap:
            raise CommandError(f"{_count(report.to_rewrap, 'key')} left, held by another process: run this again.")
        self.stdout.write(
            "No key in the database names another one. Take a former key out of the keyring only when no backup "
            "that you may still want to restore names it."
        )

    def _tell(self) -> None:
        report = report_keys()
        self.stdout.write(f"{_count(report.in_force, 'health record')} with a key in force.")
        if report.oldest is not None:
            days = (timezone.now() - report.oldest).days
            made = timezone.localtime(report.oldest)
            self.stdout.write(f"The oldest key in force was made on {made:%Y-%m-%d}, {_count(days, 'day')} ago.")
        self.stdout.write(
            f"{_count(report.turning, 'key')} turning now, {_count(report.rows_left, 'row')} left to seal again."
        )
        self.stdout.write(
            f"{_count(report.awaiting_destruction, 'former key')} retired and waiting to be destroyed, "
            f"{report.destroyed} destroyed."
        )
        for kek, count in sorted(report.by_kek.items()):
            which = "the current one" if kek == report.current_kek else "a former one: run rotate_keys --kek"
            self.stdout.write(f"{_count(count, 'key')} wrapped by {kek}, {which}.")


def _advance(bar: tqdm[Any], batches: list[int], rows: int) -> None:
    batches.append(rows)
    bar.update(rows)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _minutes(span: timedelta) -> int:
    return int(span.total_seconds()) // 60


def _identifier(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise ArgumentTypeError(
            f"{text!r} is no identifier of a health record; expected 32 hexadecimal digits with hyphens"
        ) from None


def _days(text: str) -> int:
    if not text.isdecimal():
        raise ArgumentTypeError(f"{text!r} is no number of days; expected a whole number such as 365")
    return int(text)
