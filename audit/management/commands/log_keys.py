"""``manage.py log_keys``: the log's public keys, to give to witnesses, outsiders and the web."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError

from audit.keys import load_log_keys


class Command(BaseCommand):
    help = "Print the log's public keys, as AUDIT_PUBLIC_KEYS_FILE and a witness's --log take them."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            keys = load_log_keys()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from None
        self.stdout.write(keys.lines(), ending="")
