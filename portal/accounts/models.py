"""Accounts, second factors, recovery codes and the memory of failed attempts.

Nothing here names anybody: digests, sealed bytes and hashes only.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.hashers import check_password, make_password
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin
from django_otp.oath import hotp

from audit.actor import Strength
from portal.accounts import recovery
from portal.accounts.devices import KnownDevice as KnownDevice
from records import house

DIGEST_BYTES = 32
_THROTTLE_FIELDS = ["throttling_failure_timestamp", "throttling_failure_count"]


class Account(AbstractBaseUser):  # type: ignore[django-manager-missing]  # django-otp has no types
    """One person's way in.

    ``id`` is the pseudonym under which the log knows the person: it appears in no address and no
    page. ``sealed_contact`` is filled for staff only; a patient's address lies in their dossier.
    The day of creation is kept, not the time of the last sign-in: the log knows that already.
    """

    class Role(models.TextChoices):
        """The three audiences; the values are those of ``audit.actor.Role``."""

        PATIENT = "patient", _("Patient")
        PROFESSIONAL = "professional", _("Professional")
        ADMINISTRATOR = "administrator", _("Administrator")
        ADVISER = "adviser", _("Adviser")

    class Language(models.TextChoices):
        """Languages of the pages."""

        FRENCH = "fr", "Français"
        ENGLISH = "en", "English"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    login_digest = models.BinaryField(max_length=DIGEST_BYTES, unique=True)
    role = models.CharField(max_length=16, choices=Role)
    language = models.CharField(max_length=2, choices=Language, default=Language.FRENCH)
    sealed_contact = models.BinaryField(default=bytes, blank=True)
    is_active = models.BooleanField(default=True)
    created_on = models.DateField(default=timezone.localdate)
    # Ended for good; one that is only suspended is inactive without this.
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_login = None

    # django-otp's middleware puts these on the account of each request.
    otp_device: SealedTOTPDevice | RecoveryDevice | Passkey | None
    is_verified: Callable[[], bool]

    USERNAME_FIELD = "login_digest"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_role_known",
                condition=models.Q(role__in=["patient", "professional", "administrator", "adviser"]),
                violation_error_message=_(
                    "An account is a patient's, a professional's, an administrator's or an adviser's."
                ),
            ),
            models.CheckConstraint(
                name="accounts_language_known",
                condition=models.Q(language__in=["fr", "en"]),
                violation_error_message=_("The language of an account is French or English."),
            ),
            models.CheckConstraint(
                name="accounts_login_digest_length",
                condition=Exact(Length("login_digest"), DIGEST_BYTES),
                violation_error_message=_("A sign-in digest has 32 bytes."),
            ),
            models.CheckConstraint(
                name="accounts_patient_contact_elsewhere",
                condition=~models.Q(role="patient") | Exact(Length("sealed_contact"), 0),  # type: ignore[arg-type]
                violation_error_message=_("A patient's address is kept in their record, not in their account."),
            ),
        ]

    def __str__(self) -> str:
        # Never the identifier nor the digest: a traceback or a form label would show it.
        return f"account of a {self.role}"

    def clean(self) -> None:
        """Skips the base class's normalisation, which expects a text login."""


class PatientThrottling(ThrottlingMixin):
    """django-otp's doubling wait, bounded: nobody is shut out of their own factor for days."""

    MOST_FAILURES_COUNTED = 10  # 1, 2, 4 … 512 seconds

    class Meta:
        abstract = True

    def throttle_increment(self, commit: bool = True) -> None:
        """Counts one failure."""
        super().throttle_increment(commit=False)
        self.throttling_failure_count: int = min(self.throttling_failure_count, self.MOST_FAILURES_COUNTED)
        if commit:
            self.save(update_fields=_THROTTLE_FIELDS)

    def get_throttle_factor(self) -> float:
        """Seconds to wait after the first failure."""
        return 1

    def seconds_to_wait(self) -> int:
        """How long until the next code is looked at; 0 when it is now."""
        allowed, why = self.verify_is_allowed()
        return 0 if allowed else max(1, math.ceil((why["locked_until"] - timezone.now()).total_seconds()))


class SealedTOTPDevice(PatientThrottling, Device):
    """A time-based one-time password (RFC 6238) whose key is sealed under the house key "factor".

    ``last_step`` is the last time step accepted: a code is good once, whatever happens to a cache.
    Lock the row (``select_for_update``) before verifying: two requests could use one code otherwise.
    """

    STEP_SECONDS = 30
    DIGITS = 6
    KEY_BYTES = 20
    # One step before and one after: a telephone's clock may be half a minute wrong (RFC 6238, 5.2).
    TOLERANCE = 1
    strength = Strength.OTP

    sealed_key = models.BinaryField()
    last_step = models.BigIntegerField(default=-1)
    added_on = models.DateField(default=timezone.localdate)

    def __str__(self) -> str:
        return "authenticator application"

    def seal(self, key: bytes) -> None:
        """Takes the 20-byte key in, sealed."""
        self.sealed_key = house.seal_for_house("factor", self.user_id, key)

    def unseal(self) -> bytes:
        """The 20-byte key, for one computation or for the set-up page."""
        return house.open_for_house("factor", self.user_id, bytes(self.sealed_key))

    def code_at(self, seconds: float) -> str:
        """The six digits of that moment (Unix time)."""
        return self._code(self.unseal(), int(seconds) // self.STEP_SECONDS)

    def verify_token(self, token: str) -> bool:
        """Whether these are the digits of now, not used before; a failure is counted."""
        if self.seconds_to_wait():
            return False
        step = self._fresh_step_of("".join(token.split()))
        if step is None:
            self.throttle_increment()
            return False
        self.last_step = step
        self.throttle_reset(commit=False)
        self.save(update_fields=["last_step", *_THROTTLE_FIELDS])
        return True

    def _fresh_step_of(self, token: str) -> int | None:
        """The time step, later than the last one used, whose code this is."""
        key, now = self.unseal(), int(time.time()) // self.STEP_SECONDS
        for step in range(now - self.TOLERANCE, now + self.TOLERANCE + 1):
            if step > self.last_step and constant_time_compare(self._code(key, step), token):
                return step
        return None

    def _code(self, key: bytes, step: int) -> str:
        return f"{hotp(key, step, self.DIGITS):0{self.DIGITS}d}"


class RecoveryDevice(PatientThrottling, Device):
    """The sheet of recovery codes of one account; renewing it replaces the codes."""

    strength = Strength.RECOVERY

    renewed_on = models.DateField(default=timezone.localdate)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user"], name="accounts_one_recovery_sheet")]

    def __str__(self) -> str:
        return "recovery codes"

    def replace_codes(self, codes: Iterable[str]) -> None:
        """Puts these canonical codes in the place of all former ones."""
        self.codes.all().delete()
        rows = []
        for code in codes:
            selector, secret = recovery.split(code)
            rows.append(RecoveryCode(device=self, selector=selector, hashed=make_password(secret)))
        RecoveryCode.objects.bulk_create(rows)

    def verify_token(self, token: str) -> bool:
        """Whether this is an unused code of the sheet; it is used up by the answer yes.

        A selector that is not on the sheet costs one hash too, so that the clock does not tell.
        """
        if self.seconds_to_wait():
            return False
        selector, secret = recovery.split(recovery.as_read(token))
        row = self.codes.filter(selector=selector).first()
        if row is None:
            make_password(secret)
        elif check_password(secret, row.hashed):
            row.delete()
            self.throttle_reset(commit=False)
            self.save(update_fields=_THROTTLE_FIELDS)
            return True
        self.throttle_increment()
        return False


class RecoveryCode(models.Model):
    """One code that has not been used yet; using it deletes the row.

    ``selector`` is the first group of the code, kept in clear so that one Argon2 hash is checked
    and not ten; the 80 bits behind it are what the hash protects.
    """

    device = models.ForeignKey(RecoveryDevice, on_delete=models.CASCADE, related_name="codes")
    selector = models.CharField(max_length=4)
    hashed = models.CharField(max_length=128)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["device", "selector"], name="accounts_recovery_selector")]

    def __str__(self) -> str:
        return "recovery code"


class Attempts(models.Model):
    """Failures counted under a keyed digest (of an account, an address prefix, or both)."""

    digest = models.BinaryField(max_length=DIGEST_BYTES, primary_key=True)
    failures = models.PositiveIntegerField(default=0)
    last_failed_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name_plural = "attempts"

    def __str__(self) -> str:
        return f"{self.failures} failed attempts"


# After Account: the library's models ask for the account's model as soon as they are imported.
from portal.accounts.passkey import Passkey as Passkey  # noqa: E402
from portal.accounts.recoveries import Recovery as Recovery  # noqa: E402
from portal.accounts.sessions import Session as Session  # noqa: E402
from portal.accounts.tickets import Ticket as Ticket  # noqa: E402
