"""Make the compact set of leaked passwords from a published list: ``build_leaked_set LIST TARGET``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.accounts import leaks


class Command(BaseCommand):
    """Reads ``SHA1:count`` lines (or passwords, with ``--plain``) and writes sorted 8-byte prefixes."""

    help = "Make the file of LEAKED_PASSWORDS_FILE from a list of SHA-1 digests or of passwords."

    def add_arguments(self, parser: CommandParser) -> None:
        """The list, the file to write, and what the list holds."""
        parser.add_argument("source", type=Path)
        parser.add_argument("target", type=Path)
        parser.add_argument("--plain", action="store_true", help="the list holds passwords, not digests")

    def handle(self, *_args: Any, source: Path, target: Path, plain: bool, **_options: Any) -> None:
        """Writes the set; nothing is written when a line is wrong."""
        try:
            with source.open(encoding="utf-8", errors="replace") as lines:
                count = leaks.write_set(leaks.digests_of(lines, plain=plain), target)
        except (OSError, leaks.BadSet) as refused:
            raise CommandError(f"{source}: {refused}") from None
        self.stdout.write(f"{count} passwords in {target}.")
