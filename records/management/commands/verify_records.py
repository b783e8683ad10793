"""``manage.py verify_records``: are the records those that the log says were written?"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from audit.log import Altered
from records.comparing import compare_records


class Command(BaseCommand):
    help = "Compare every record with the last write that the log tells of it. Exit code 1 if one differs."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            found = compare_records()
        except Altered as error:
            raise CommandError(f"{error} Run verify_audit first.", returncode=1) from None
        for difference, record_id in found.examples:
            self.stderr.write(f"{difference.value} {record_id}")
        if not found.ok:
            counts = ", ".join(f"{count} {difference.value}" for difference, count in sorted(found.differences.items()))
            raise CommandError(f"{found.compared} records compared with the log: {counts}.", returncode=1)
        resealed = f" {found.resealed} were sealed again under a newer key since." if found.resealed else ""
        self.stdout.write(f"{found.compared} records are those that the log tells of.{resealed}")
