"""One act, one row of one table changed in one transaction: alone, with Carnet's entry, or under a history library.

``python -m benchmarks.historians URL NAME`` sets Django up with one of these alone on the database ``URL``, and tells
the bare change and the one remembered. Django is set up once per process, so each has its own.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any
from uuid import UUID

import django
from django.apps import AppConfig, apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, models, transaction
from psycopg.conninfo import conninfo_to_dict

from benchmarks.measuring import OURS, PEER, Case, alternate, pin

APPS = {
    "carnet": ("audit",),
    "auditlog": ("auditlog",),
    "pghistory": ("pgtrigger", "pghistory"),
    "simple_history": ("simple_history",),
    "easyaudit": ("easyaudit",),
}
_DOSSIER = UUID("7d0b3f7e-1c2d-4e3f-8a9b-0c1d2e3f4a5b")
_USERS = ("django.contrib.contenttypes", "django.contrib.auth", "django.contrib.sessions")


class Historians(AppConfig):
    """The application of the one model."""

    name = "benchmarks"
    label = "peers"
    default_auto_field = "django.db.models.BigAutoField"


def main(url: str, name: str) -> None:
    """Set up, make the tables, change, print."""
    parts = conninfo_to_dict(url)
    settings.configure(
        INSTALLED_APPS=[*_USERS, *APPS[name], "benchmarks.historians.Historians"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql", "NAME": parts["dbname"], "USER": parts["user"],
                "PASSWORD": parts.get("password", ""), "HOST": parts["host"],
                # As Carnet's own (portal.env): what goes through audit.prepared is prepared, the rest is not.
                "CONN_MAX_AGE": None, "OPTIONS": {"prepare_threshold": 2},
            },
        },
        MIGRATION_MODULES={"peers": None},
        USE_TZ=True,
        DJANGO_EASY_AUDIT_WATCH_REQUEST_EVENTS=False,
        DJANGO_EASY_AUDIT_WATCH_AUTH_EVENTS=False,
    )  # fmt: skip
    try:
        django.setup()
        model, bare = _model(name), _plain("Bare")
    except ImportError as missing:
        print(f"{name}: {missing.name} is not installed, left out")
        return
    if name == "easyaudit":
        from easyaudit.settings import UNREGISTERED_CLASSES

        UNREGISTERED_CLASSES.append(bare)
    _make_tables(name)
    remember = _entry if name == "carnet" else lambda: None
    row, other = (kind.objects.create(title="a", state="open", count=0) for kind in (model, bare))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pin(cursor.fetchone()[0])

    def change(number: int, *, bare: bool) -> None:
        with transaction.atomic():
            changed = other if bare else row
            changed.count = number
            changed.save()
            if not bare:
                remember()

    ours = name == "carnet"
    alternate(
        "G6",
        Case(f"{name}: the bare act", lambda number: change(number, bare=True)),
        [Case("the act with its entry" if ours else f"the act under {name}", lambda number: change(number, bare=False),
              OURS if ours else PEER, 1.2 if ours else None)],
        rounds=11, seconds=0.25,
    )  # fmt: skip


def _plain(name: str, **more: Any) -> Any:
    fields: dict[str, Any] = {
        "__module__": "benchmarks.historians",
        "title": models.CharField(max_length=100),
        "state": models.CharField(max_length=20),
        "count": models.IntegerField(),
        "Meta": type("Meta", (), {"app_label": "peers"}),
    }
    return type(name, (models.Model,), fields | more)


def _model(name: str) -> Any:
    """The model with what that library wants of it."""
    more: dict[str, Any] = {}
    if name == "simple_history":
        from simple_history.models import HistoricalRecords

        more["history"] = HistoricalRecords(app="peers")
    made = _plain("Thing", **more)
    if name == "auditlog":
        from auditlog.registry import auditlog

        auditlog.register(made)
    if name == "pghistory":
        import pghistory

        # Where it looks for models, and keeps its own.
        sys.modules["benchmarks.models"] = ModuleType("benchmarks.models")
        made = pghistory.track()(made)
    return made


def _make_tables(name: str) -> None:
    call_command("migrate", verbosity=0, interactive=False)
    there = connection.introspection.table_names()
    with connection.schema_editor() as editor:
        for model in apps.get_app_config("peers").get_models():
            if model._meta.db_table not in there:
                editor.create_model(model)
    if name == "pghistory":
        call_command("pgtrigger", "install", verbosity=0)


def _entry() -> None:
    from audit import log
    from audit.actor import Actor, SystemTask
    from audit.events import Event

    log.append(Event.RECORD_AMENDED, actor=Actor.system(SystemTask.IMPORT), dossier=_DOSSIER, category="laboratory",
               object_id=_DOSSIER, digest=bytes(32), revision=2, key_version=1)  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
