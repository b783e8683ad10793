"""``manage.py import_fhir FILE… --patient ID | --new``: FHIR R4 files into a health record."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from records.exchange import read_bundle
from records.management.taking_in import ImportCommand


class Command(ImportCommand):
    help = "Takes FHIR R4 bundles (JSON) into a health record: all of a file or nothing of it."
    reader = staticmethod(read_bundle)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="a FHIR R4 bundle or resource (.json)")
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        self.take_in(options["files"], options["patient"])
