"""Questioned accesses, and names that two administrators asked for. No name and no words in clear."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

ANSWER_WITHIN = timedelta(days=15)


class Code(models.TextChoices):
    """Why a professional says that an access was right: all that an administrator reads of it."""

    CARE = "care", _("The patient was in my care")
    ADVICE = "advice", _("A colleague asked for my advice")
    DUTY = "duty", _("I was on duty or replaced a colleague")
    PAPERWORK = "paperwork", _("A letter, certificate or claim had to be written")
    MISTAKE = "mistake", _("It was a mistake")


class Conclusion(models.TextChoices):
    """What an administrator concluded."""

    JUSTIFIED = "justified", _("The access was justified")
    UNJUSTIFIED = "unjustified", _("The access was not justified")
    UNANSWERED = "unanswered", _("No explanation was given in time")


class CaseState(models.TextChoices):
    """Whose turn it is."""

    WAITING = "waiting", _("Waiting for an explanation")
    OVERDUE = "overdue", _("The deadline has passed")
    ANSWERED = "answered", _("Explained, waiting for a conclusion")
    CONCLUDED = "concluded", _("Concluded")


class Case(models.Model):
    """One access that its patient does not recognise.

    ``entry`` is the line of the log; ``dossier`` the dossier's identifier and ``pseudonym`` its name in the log;
    ``actor`` who is asked to explain. ``sealed_words`` are under the patient's key.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    entry = models.UUIDField(unique=True)
    entry_at = models.DateTimeField()
    event = models.CharField(max_length=64)
    category = models.CharField(max_length=64, blank=True)
    dossier = models.UUIDField(db_index=True)
    pseudonym = models.UUIDField()
    actor = models.UUIDField(db_index=True)
    opened_at = models.DateTimeField(default=timezone.now)
    due_at = models.DateTimeField()
    code = models.CharField(max_length=16, choices=Code, blank=True)
    sealed_words = models.BinaryField(default=bytes, blank=True)
    # Empty until there are words; records.sealed_rows seals them again when the patient's key turns.
    key_version = models.PositiveIntegerField(null=True)
    answered_at = models.DateTimeField(null=True)
    conclusion = models.CharField(max_length=16, choices=Conclusion, blank=True)
    concluded_by = models.UUIDField(null=True)
    concluded_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(concluded_at__isnull=True), name="oversight_case_open"),
            models.Index(fields=["opened_at"], name="oversight_case_opened"),
            models.Index(
                fields=["-concluded_at"], condition=Q(concluded_at__isnull=False), name="oversight_case_concluded"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="oversight_case_answer_whole",
                condition=Q(code="", answered_at__isnull=True) | Q(code__in=Code.values, answered_at__isnull=False),
                violation_error_message=_("An explanation has a code and a time, or is not there."),
            ),
            models.CheckConstraint(
                name="oversight_case_conclusion_whole",
                condition=Q(conclusion="", concluded_by__isnull=True, concluded_at__isnull=True)
                | Q(conclusion__in=Conclusion.values, concluded_by__isnull=False, concluded_at__isnull=False),
                violation_error_message=_("A conclusion says what, who and when, or is not there."),
            ),
        ]

    def __str__(self) -> str:
        return "case"

    def state(self, now: datetime) -> CaseState:
        """Whose turn it is at ``now``."""
        if self.concluded_at:
            return CaseState.CONCLUDED
        if self.answered_at:
            return CaseState.ANSWERED
        return CaseState.OVERDUE if now > self.due_at else CaseState.WAITING


class UnsealingReason(models.TextChoices):
    """Why a name is asked for: a closed list, no free word."""

    CONFIRMED = "confirmed", _("A confirmed alert or an access that was not justified")
    PATIENT = "patient", _("The patient asks for it")
    SAFETY = "safety", _("Somebody must be warned of a danger")
    COURT = "court", _("A judge or an authority requires it")


class Unsealing(models.Model):
    """One name that an administrator asks for: a second one agrees, both may then read it until ``expires_at``.

    ``pseudonym`` is that of a record, or of an account when ``of_account``.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    pseudonym = models.UUIDField()
    of_account = models.BooleanField(default=False, db_default=False)
    reason = models.CharField(max_length=16)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="unsealings")
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField(default=timezone.now)
    agreed_by = models.UUIDField(null=True)
    agreed_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-asked_at"], name="oversight_unsealing_asked")]
        constraints = [
            models.CheckConstraint(
                name="oversight_unsealing_two_people",
                condition=Q(agreed_by__isnull=True, agreed_at__isnull=True, expires_at__isnull=True)
                | (
                    Q(agreed_by__isnull=False, agreed_at__isnull=False, expires_at__isnull=False)
                    & ~Q(agreed_by=models.F("asked_by"))
                ),
                violation_error_message=_("Nobody agrees to their own request."),
            )
        ]

    def __str__(self) -> str:
        return "unsealing"


class AlertState(models.TextChoices):
    """What became of an alert; one that nobody took has no row at all."""

    TAKEN = "taken", _("Being looked at")
    EXPLAINED = "explained", _("Explained")
    CONFIRMED = "confirmed", _("Confirmed: not right")


class AlertConclusion(models.TextChoices):
    """What was found: the first four explain an alert, the others confirm it."""

    CARE = "care", _("Explained: care was given")
    DUTY = "duty", _("Explained: duty, or a colleague replaced")
    PLACE = "place", _("Explained: how this place works")
    RULE = "rule", _("Explained: the rule is too strict here")
    TOLD = "told", _("Confirmed: the person in charge was told")
    ENDED = "ended", _("Confirmed: the access was ended")
    OFFICER = "officer", _("Confirmed: handed to the data protection officer")

    @property
    def state(self) -> AlertState:
        """The state that this conclusion brings an alert to."""
        explains = {AlertConclusion.CARE, AlertConclusion.DUTY, AlertConclusion.PLACE, AlertConclusion.RULE}
        return AlertState.EXPLAINED if self in explains else AlertState.CONFIRMED


class AlertReview(models.Model):
    """What an administrator made of one alert; ``key`` is that of :class:`audit.alerting.Alert`.

    The alert itself is kept beside, so that one that somebody took stays in the queue until it is concluded.
    """

    key = models.CharField(max_length=32, primary_key=True)
    kind = models.CharField(max_length=32)
    state = models.CharField(max_length=16, choices=AlertState)
    assignee = models.UUIDField()
    changed_at = models.DateTimeField(default=timezone.now)
    conclusion = models.CharField(max_length=16, choices=AlertConclusion, blank=True, default="", db_default="")
    at = models.DateTimeField(null=True)
    actor = models.UUIDField(null=True)
    dossier = models.UUIDField(null=True)
    count = models.PositiveIntegerField(default=0, db_default=0)
    usual = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        indexes = [
            models.Index(fields=["-changed_at"], name="oversight_alert_changed"),
            models.Index(fields=["-at"], condition=Q(state="taken"), name="oversight_alert_taken"),
        ]

    def __str__(self) -> str:
        return f"alert {self.kind}, {self.state}"


class FoundAlert(models.Model):
    """One alert as it stood when its day was last counted: rows are only added.

    A count that grew later is a second row of the same ``key``; the one with the largest count is the alert.
    """

    key = models.CharField(max_length=32)
    kind = models.CharField(max_length=32)
    at = models.DateTimeField()
    actor = models.UUIDField()
    dossier = models.UUIDField(null=True)
    count = models.PositiveIntegerField()
    usual = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["kind", "-at"], name="oversight_found_kind")]
        constraints = [models.UniqueConstraint(fields=["key", "count"], name="oversight_found_once")]

    def __str__(self) -> str:
        return f"alert {self.kind}"


class CountedDay(models.Model):
    """A day (UTC) on which the alerts were counted: the looks into records of each of its hours, and when that was."""

    day = models.DateField(primary_key=True)
    hours = ArrayField(models.PositiveIntegerField(), size=24)
    counted_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.day}"
