"""``manage.py demo_code LOGIN``: the one-time code of a demo person, instead of their telephone."""

from __future__ import annotations

import math
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.accounts import logins
from portal.accounts.models import SealedTOTPDevice


class Command(BaseCommand):
    help = "Print the current one-time code of a demo account, and the seconds it has left."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("login", metavar="LOGIN", help="the e-mail address the account signs in with")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("Codes are printed in the demo only. In production they belong to a person's telephone.")
        device = _authenticator_of(options["login"])
        now = time.time()
        # A code is good once, and accepted half a minute early: the first one not used yet is shown.
        step = max(int(now) // device.STEP_SECONDS, device.last_step + 1)
        early = (step - device.TOLERANCE) * device.STEP_SECONDS - now
        when = (
            f"works in {math.ceil(early)} seconds"
            if early > 0
            else f"{math.ceil((step + 1) * device.STEP_SECONDS - now)} seconds left"
        )
        self.stdout.write(f"{device.code_at(step * device.STEP_SECONDS)}  ({when})")


def _authenticator_of(login: str) -> SealedTOTPDevice:
    devices = SealedTOTPDevice.objects.filter(user__login_digest=logins.digest_of(login), confirmed=True)
    device = devices.first()
    if device is None:
        raise CommandError(
            f"There is no account {login!r} with an authenticator here. Check the address printed by `make run`."
        )
    return device
