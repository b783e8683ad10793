"""``manage.py erase_record --dossier ID --ground court --reference T-2026-17``: a lawful erasure, for good."""

from __future__ import annotations

import re
from argparse import ArgumentTypeError
from typing import Any
from uuid import UUID, uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.utils import timezone

from audit.actor import Actor, SystemTask
from consent.declaring import declared
from records.closing import Unknown, shred
from records.models import Dossier, ErasureGround

_REFERENCE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,39}")


class Command(BaseCommand):
    help = (
        "Destroys every key of one health record, for good, on a lawful order. It needs DATABASE_OWNER_URL: the "
        "application itself may write no order."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dossier", type=UUID, required=True, metavar="ID", help="the health record")
        parser.add_argument("--ground", choices=ErasureGround.values, required=True, help="why it is erased")
        parser.add_argument(
            "--reference", type=_reference, required=True, help="where the order is kept on paper; no name of anybody"
        )
        parser.add_argument("--yes", action="store_true", help="do not ask; for scripts")

    def handle(self, *args: Any, **options: Any) -> None:
        if "owner" not in connections:
            raise CommandError("DATABASE_OWNER_URL is not set: only the owner of the tables writes an order.")
        with declared(options["dossier"]):
            dossier = Dossier.objects.filter(id=options["dossier"]).first()
        if dossier is None:
            raise CommandError("There is no such health record. Check its identifier.")
        if not options["yes"] and input("Nothing brings it back. Type ERASE to go on: ") != "ERASE":
            raise CommandError("Nothing was erased.")
        _order(dossier.id, options["ground"], options["reference"])
        try:
            gone = shred(actor=Actor.system(SystemTask.ERASURE), dossier_id=dossier.id)
        except Unknown:
            raise CommandError("There is no such health record. Check its identifier.") from None
        _vacuum()
        self.stdout.write(
            f"{gone} keys destroyed. Backups and the write-ahead log still hold them wrapped: the erasure is complete "
            "when the last of those is gone, or when the key-encryption key of today is (docs/operations.md)."
        )


def _order(dossier_id: UUID, ground: str, reference: str) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute(
            "INSERT INTO records_erasureorder (id, dossier_id, ground, reference, ordered_at)"
            " VALUES (%s, %s, %s, %s, %s) ON CONFLICT (dossier_id) DO NOTHING",
            [uuid4(), dossier_id, ground, reference, timezone.now()],
        )


def _vacuum() -> None:
    # The dead row still holds the wrapped key until its page is cleaned.
    with connections["owner"].cursor() as cursor:
        cursor.execute("VACUUM records_patientkey")


def _reference(text: str) -> str:
    if not _REFERENCE.fullmatch(text):
        raise ArgumentTypeError(f"{text!r}: expected up to 40 letters, digits and . _ / -, such as T-2026-17")
    return text
