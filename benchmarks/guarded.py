"""django-guardian on the world of ``benchmarks.deciding``, in a process and a database of its own: it wants its users.

    python -m benchmarks.guarded <connection string of Carnet's database> <pairs>

It is given a row for every permission that is in force: those that choices open, and those that the defaults open in
the category that is asked. It then answers the same question: may this person read laboratory results of this patient.
It decides less: no dates, no oppositions, no emergencies, no marks, no trace.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from uuid import UUID

import django
import psycopg
from django.conf import settings
from psycopg.conninfo import conninfo_to_dict, make_conninfo

LAB = "laboratory"


def open_world(url: str) -> str:
    """A fresh database beside Carnet's; its connection string."""
    with psycopg.connect(url, autocommit=True) as superuser:
        superuser.execute("CREATE DATABASE guardian")
    return make_conninfo(**{**conninfo_to_dict(url), "dbname": "guardian"})


def configure(url: str) -> None:
    """Django as django-guardian's manual sets it up (3.5, Configuration), persistent connections as in Carnet."""
    parts = conninfo_to_dict(url)
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "guardian"],
        AUTHENTICATION_BACKENDS=["guardian.backends.ObjectPermissionBackend"],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": parts["dbname"],
                "USER": parts.get("user", ""),
                "PASSWORD": parts.get("password", ""),
                "HOST": parts.get("host", ""),
                "PORT": parts.get("port", ""),
                "CONN_MAX_AGE": None,
            }
        },
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        ANONYMOUS_USER_NAME=None,
        SECRET_KEY="a measurement",  # noqa: S106
    )
    django.setup()


def permissions(url: str) -> Iterable[tuple[UUID, UUID, str]]:
    """(person, dossier, category) of everything that choices open; and laboratory results where nothing closes them."""
    with psycopg.connect(url) as carnet:
        yield from carnet.execute("SELECT professional_id, dossier, category FROM consent_choice WHERE allowed")
        yield from carnet.execute(
            """SELECT care.professional_id, care.dossier, 'laboratory' FROM consent_carerelationship AS care
               JOIN consent_professional AS person ON person.id = care.professional_id
               JOIN consent_matrixversion AS version ON version.during @> now()
               JOIN consent_matrixrow AS cell ON cell.version_id = version.id AND cell.profession = person.profession
                AND cell.category = 'laboratory' AND cell.access IN ('read', 'write')
               WHERE NOT EXISTS (SELECT FROM consent_choice AS choice WHERE choice.dossier = care.dossier
                     AND choice.professional_id = care.professional_id AND choice.category = 'laboratory')"""
        )


def main() -> None:
    """Build the world, then measure."""
    url, asked = sys.argv[1], json.loads(Path(sys.argv[2]).read_text())
    world = open_world(url)
    configure(world)
    # Models exist once Django is configured, not before.
    from benchmarks import guarded_world

    guarded_world.fill(permissions(url))
    guarded_world.measure_all(world, [(UUID(dossier), UUID(person), expected) for dossier, person, expected in asked])


if __name__ == "__main__":
    main()
