"""Accounts, second factors, recovery codes and the memory of failed attempts.

Nothing here names anybody: digests, sealed bytes and hashes only.
"""

from __future__ import annotations

from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Length
from django.db.models.lookups import Exact
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django_otp.models import Device, ThrottlingMixin

DIGEST_BYTES = 32


class AccountManager(BaseUserManager["Account"]):
    """Finds accounts by the digest of their sign-in address; they are made in ``enrolment``."""

    def get_by_natural_key(self, username: bytes | None) -> Account:
        """The account of that sign-in digest (32 bytes)."""
        return self.get(login_digest=username)


class Account(AbstractBaseUser):
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
    last_login = None  # type: ignore[assignment]

    objects = AccountManager()

    USERNAME_FIELD = "login_digest"
    REQUIRED_FIELDS = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="accounts_role_known",
                condition=models.Q(role__in=["patient", "professional", "administrator"]),
                violation_error_message=_("An account is a patient's, a professional's or an administrator's."),
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
                condition=~models.Q(role="patient") | Exact(Length("sealed_contact"), 0),
                violation_error_message=_("A patient's address is kept in their record, not in their account."),
            ),
        ]

    def __str__(self) -> str:
        # Never the identifier nor the digest: a traceback or a form label would show it.
        return f"account of a {self.role}"

    def clean(self) -> None:
        """Skips the base class's normalisation, which expects a text login."""


class SealedTOTPDevice(ThrottlingMixin, Device):
    """A time-based one-time password (RFC 6238) whose key is sealed under the house key "factor".

    ``last_step`` is the last time step accepted: a code is good once, whatever happens to a cache.
    """

    sealed_key = models.BinaryField()
    last_step = models.BigIntegerField(default=-1)
    added_on = models.DateField(default=timezone.localdate)

    def __str__(self) -> str:
        return "authenticator application"


class RecoveryDevice(ThrottlingMixin, Device):
    """The sheet of recovery codes of one account; renewing it replaces the codes."""

    renewed_on = models.DateField(default=timezone.localdate)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user"], name="accounts_one_recovery_sheet")]

    def __str__(self) -> str:
        return "recovery codes"


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
