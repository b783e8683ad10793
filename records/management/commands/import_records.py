"""``manage.py import_records PATH… --patient ID | --new``: files of every kind, and whole folders, into a record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from records.exchange import read_file
from records.management.taking_in import ImportCommand


class Command(ImportCommand):
    help = "Takes FHIR R4, CDA R2, HL7 v2, PDF, images, DICOM and text, and folders of them, into a health record."
    reader = staticmethod(read_file)

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "paths", nargs="+", type=Path, metavar="PATH", help="a file, or a folder whose files are all taken in"
        )
        super().add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        self.take_in(_files(options["paths"]), options["patient"])


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """The files named, and those of the folders named, by name; hidden files and links are passed over.

    A link in a folder of somebody else could lead to any file of this machine.
    """
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        for found in sorted(path.rglob("*")):
            within = found.relative_to(path).parts
            linked = any((path / Path(*within[:depth])).is_symlink() for depth in range(1, len(within) + 1))
            if found.is_file() and not linked and not any(part.startswith(".") for part in within):
                yield found
