"""The drawers that django-guardian guards, its rows, and how long its answers take (``benchmarks.guarded``)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

import psycopg
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import connection, models
from guardian.core import ObjectPermissionChecker
from guardian.models import UserObjectPermission

from benchmarks.measuring import Case, alternate, pin
from consent.categories import Category

_NAMES = {category.value: number for number, category in enumerate(Category)}


class Drawer(models.Model):
    """One category of one dossier."""

    dossier = models.UUIDField()
    category = models.PositiveSmallIntegerField()

    class Meta:
        app_label = "auth"
        indexes = [models.Index(fields=["dossier", "category"], name="drawer")]

    def __str__(self) -> str:
        return str(self.pk)


def fill(rows: Iterable[tuple[UUID, UUID, str]]) -> None:
    """Users, a drawer for each dossier and category, and one row of django-guardian for each permission."""
    call_command("migrate", verbosity=0, interactive=False)
    with connection.schema_editor() as editor:
        editor.create_model(Drawer)
    known = list(rows)
    user_model = get_user_model()
    user_model.objects.bulk_create([user_model(username=str(person)) for person in {person for person, *_ in known}])
    users = dict(user_model.objects.values_list("username", "pk"))
    dossiers = {dossier for _, dossier, _ in known}
    Drawer.objects.bulk_create(
        [Drawer(dossier=dossier, category=number) for dossier in dossiers for number in _NAMES.values()],
        batch_size=10_000,
    )
    drawers = {(dossier, number): pk for pk, dossier, number in Drawer.objects.values_list("pk", "dossier", "category")}
    kind = ContentType.objects.create(app_label="auth", model="drawer")
    read = Permission.objects.create(codename="read_drawer", name="read", content_type=kind)
    UserObjectPermission.objects.bulk_create(
        [
            UserObjectPermission(
                user_id=users[str(person)],
                permission=read,
                content_type=kind,
                object_pk=str(drawers[dossier, _NAMES[category]]),
            )
            for person, dossier, category in known
        ],
        batch_size=10_000,
        ignore_conflicts=True,
    )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE)")


def measure_all(url: str, asked: Sequence[tuple[UUID, UUID, bool]]) -> None:
    """One question and a page of 19, with the person already known, as in Carnet; answers are compared with ours."""
    user_model = get_user_model()
    users = {user.username: user for user in user_model.objects.all()}
    laboratory = _NAMES[Category.LABORATORY.value]
    drawers = {
        (each.dossier, each.category): each for each in Drawer.objects.filter(dossier__in={d for d, *_ in asked})
    }
    pages = [[drawers[dossier, number] for number in _NAMES.values()] for dossier, *_ in asked]

    def one(number: int) -> bool:
        dossier, person, _ = asked[number]
        checker = ObjectPermissionChecker(users[str(person)])
        return bool(checker.has_perm("read_drawer", drawers[dossier, laboratory]))

    def page(number: int) -> list[bool]:
        checker = ObjectPermissionChecker(users[str(asked[number][1])])
        checker.prefetch_perms(pages[number])
        return [checker.has_perm("read_drawer", each) for each in pages[number]]

    wrong = sum(one(number) != asked[number][2] for number in range(len(asked)))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        ours = cursor.fetchone()[0]
        cursor.execute("SELECT id FROM guardian_userobjectpermission LIMIT 5000")
        ids = [row[0] for row in cursor.fetchall()]
    count = len(asked)
    with psycopg.connect(url, autocommit=True, prepare_threshold=0) as plain:
        pin(ours, plain.info.backend_pid)
        wanted = plain.cursor(binary=True)
        query = "SELECT object_pk FROM guardian_userobjectpermission WHERE id = %s"
        limit = Case("prepared look-up by primary key, in django-guardian's database",
                     lambda n: wanted.execute(query, [ids[n % len(ids)]]).fetchone())  # fmt: skip
        name = f"django-guardian, {wrong} of {count} answers differ" if wrong else "django-guardian"
        alternate("G1", limit, [Case(name, lambda n: one(n % count))])
        alternate("G2", limit, [Case("django-guardian, prefetched", lambda n: page(n % count))])
