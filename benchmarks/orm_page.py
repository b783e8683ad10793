"""The record list as plain Django: ORM, Django's templates, django-otp; a peer of ``benchmarks.page``.

The same tables, the same sealed headers, the same entry on disk, as many bytes; no language, no refusals, no headers.
"""

import os
from datetime import UTC, datetime
from uuid import uuid4

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.orm_settings"

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()

# Models can be imported once Django is set up, not before.
from django.db import transaction  # noqa: E402
from django.shortcuts import render  # noqa: E402
from django.urls import path  # noqa: E402
from django.utils import timezone  # noqa: E402
from django_otp.decorators import otp_required  # noqa: E402

from audit.entry import Entry, encode  # noqa: E402
from audit.log import columns  # noqa: E402
from audit.models import Entry as EntryRow  # noqa: E402
from consent.models import Wish  # noqa: E402
from records.headers import Header  # noqa: E402
from records.models import Dossier, PatientKey, Record  # noqa: E402
from records.patient_keys import PatientKeys  # noqa: E402

_FRAME = "<!-- the frame of a page -->" * 1200


@otp_required
def records(request, category):
    """Twenty records of one drawer."""
    with transaction.atomic():
        dossier = Dossier.objects.get(account=request.user, closed_at=None)
        keys = PatientKeys(dossier.id, PatientKey.objects.filter(dossier=dossier))
        hidden = Wish.objects.filter(dossier=dossier.id, during__contains=timezone.now(), kind="hide_new").exists()
        found = Record.objects.filter(dossier=dossier, category=category).order_by("-filed_at", "-id")
        rows = [] if hidden else found[:20]
        headers = [
            Header.from_bytes(keys.open_("header", row.id, row.revision, row.header, category=category)) for row in rows
        ]
        entry = Entry(
            id=uuid4(), at=datetime.now(UTC), event="category.read", actor=request.user.pk, role="patient",
            outcome="allowed", request=uuid4(), strength="otp", dossier=dossier.pseudonym, category=category,
            ground="own_dossier", facts={"count": str(len(headers))},
        )  # fmt: skip
        names = ("id", "at", "event", "actor", "role", "profession", "organisation", "dossier", "category", "ground",
                 "outcome")  # fmt: skip
        EntryRow.objects.create(**dict(zip(names, columns(entry), strict=True)), body=encode(entry))
    return render(request, "list.html", {"headers": headers, "frame": _FRAME})


urlpatterns = [path("record/<str:category>/", records)]
