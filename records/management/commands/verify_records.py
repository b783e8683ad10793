"""``manage.py verify_records``: are records and documents those that the log says were written?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit.log import Altered
from records.comparing import Comparison, compare_records
from records.comparing_documents import compare_documents
from records.stores import StoreAway


class Command(BaseCommand):
    help = "Compare every record and document with the last write that the log tells of it. Exit code 1 if one differs."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--objects", action="store_true", help="read every object of the store of documents too")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            records, documents = compare_records(), compare_documents(objects=options.get("objects", False))
        except Altered as error:
            raise CommandError(f"{error} Run verify_audit first.", returncode=1) from None
        except StoreAway:
            raise CommandError("The store of documents does not answer: nothing of it was compared.") from None
        for found in (records, documents):
            for difference, object_id in found.examples:
                self.stderr.write(f"{difference.value} {object_id}")
        wrong = [
            _wrong(found, kind) for found, kind in ((records, "records"), (documents, "documents")) if not found.ok
        ]
        if wrong:
            raise CommandError(" ".join(wrong), returncode=1)
        resealed = f" {records.resealed} were sealed again under a newer key since." if records.resealed else ""
        self.stdout.write(f"{records.compared} records are those that the log tells of.{resealed}")
        if documents.compared:
            self.stdout.write(f"{documents.compared} documents are those that the log tells of.")


def _wrong(found: Comparison, kind: str) -> str:
    counts = ", ".join(f"{count} {difference.value}" for difference, count in sorted(found.differences.items()))
    return f"{found.compared} {kind} compared with the log: {counts}."
