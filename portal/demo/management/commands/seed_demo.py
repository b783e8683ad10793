"""``manage.py seed_demo``: the demo people, once."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.demo.people import ADMINISTRATORS, PASSWORD, PATIENTS, PROFESSIONALS
from portal.demo.seeding import AlreadySeeded, seed


class Command(BaseCommand):
    help = "Makes the demo people with their records and their acts; does nothing when they are here."

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            seed(timezone.now())
        except AlreadySeeded:
            self.stdout.write(_("The demo people are here already; nothing was changed."))
        else:
            seconds = time.monotonic() - began
            self.stdout.write(_("The demo people are ready (%(seconds).0f s).") % {"seconds": seconds})
        self._tell_accounts()

    def _tell_accounts(self) -> None:
        doctor = PROFESSIONALS[0]
        for title, login, name in (
            (_("patient"), PATIENTS[0].login, f"{PATIENTS[0].given} {PATIENTS[0].family}"),
            (_("doctor"), doctor.login, doctor.name),
            (_("administrator"), ADMINISTRATORS[0].login, ADMINISTRATORS[0].name),
        ):
            self.stdout.write(f"  {title:16s} {login:36s} {name}")
        self.stdout.write("  " + _("password of every demo account:") + f" {PASSWORD}")
        self.stdout.write("  " + _("one-time code:") + " make code WHO=LOGIN")
        others = [person.login for person in PATIENTS[1:]]
        others += [person.login for person in PROFESSIONALS[1:]] + [person.login for person in ADMINISTRATORS[1:]]
        self.stdout.write("  " + _("others:") + f" {', '.join(others)}")
