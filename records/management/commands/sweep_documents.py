"""``manage.py sweep_documents``: remove what uploads and rotations left over in the store of documents."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.actor import Actor, SystemTask
from records.stores import StoreAway
from records.sweeping import ForeignStore, sweep_documents


class Command(BaseCommand):
    help = "Removes staged documents that nobody kept, former objects and objects of nobody. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            swept = sweep_documents(actor=Actor.system(SystemTask.SWEEP))
        except ForeignStore as foreign:
            raise CommandError(
                f"{foreign} Check DATABASE_URL and the store (DOCUMENTS, DATA_FOLDER, S3_BUCKET) of this house."
            ) from None
        except StoreAway:
            raise CommandError("The store of documents does not answer. Nothing is lost: run this again.") from None
        self.stdout.write(
            f"Removed: {swept.staged} staged documents, {swept.former} former objects, {swept.orphans} objects of "
            f"nobody, {swept.unfinished} unfinished uploads."
        )
