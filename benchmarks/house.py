"""A migrated house to measure in: an embedded PostgreSQL with what `make run` gives it, durable writes included."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import django
import psycopg
from django.core.management import call_command
from django.db import connections
from psycopg.conninfo import make_conninfo

from portal import embedded, roles


@dataclass(frozen=True)
class House:
    """Where it lies, and the superuser's connection string to its database."""

    folder: Path
    superuser_url: str


@contextmanager
def open_house() -> Iterator[House]:
    """Start the server, migrate, and point Django at it; everything is removed at the end, also when asked to stop."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit("asked to stop"))
    folder = Path(tempfile.mkdtemp(prefix="carnet-bench-", dir="/var/tmp"))
    folder.chmod(0o711)
    _set_environment(folder)
    server = embedded.Postgres(folder / "postgres", folder / "run", "superuser", durable=True)
    server.initialise()
    process = server.start()
    try:
        with psycopg.connect(server.url("postgres"), autocommit=True) as superuser:
            roles.create_roles(
                superuser,
                owner_password="test-owner",  # noqa: S106
                app_password="test-app",  # noqa: S106
                sequencer_password="test-sequencer",  # noqa: S106
            )
            roles.create_database(superuser, "carnet")
        url = make_conninfo(server.url("postgres"), dbname="carnet")
        with psycopg.connect(url, autocommit=True) as superuser:
            roles.prepare_schema(superuser)
        django.setup()
        call_command("migrate", database="owner", verbosity=0, interactive=False)
        connections["owner"].close()
        yield House(folder, url)
    finally:
        for connection in connections.all(initialized_only=True):
            connection.close()
        embedded.stop(process)
        shutil.rmtree(folder, ignore_errors=True)


def _set_environment(folder: Path) -> None:
    keyring = {"current": "local:bench", "keys": {"local:bench": base64.b64encode(secrets.token_bytes(32)).decode()}}
    for name, text in (
        ("keyring.json", json.dumps(keyring)),
        ("audit-key", base64.b64encode(secrets.token_bytes(32)).decode()),
    ):
        (folder / name).write_text(text)
        (folder / name).chmod(0o400)
    sockets = folder / "run"
    sockets.mkdir()
    os.environ.update(
        DJANGO_SETTINGS_MODULE="portal.settings",
        CARNET_PROFILE="test",
        SECRET_KEY="test-" + "0" * 60,
        DATABASE_URL=f"postgresql://carnet_app:test-app@/carnet?host={sockets}",
        DATABASE_OWNER_URL=f"postgresql://carnet_owner:test-owner@/carnet?host={sockets}",
        DATABASE_SEQUENCER_URL=f"postgresql://carnet_sequencer:test-sequencer@/carnet?host={sockets}",
        REDIS_URL="unix:///nowhere.sock",
        KEYRING_FILE=str(folder / "keyring.json"),
        AUDIT_ORIGIN="localhost/carnet-bench",
        AUDIT_SIGNING_KEY_FILE=str(folder / "audit-key"),
    )
