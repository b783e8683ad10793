"""One patient's record, as the database sees it: ciphertext, and what must stay in clear to find it.

In clear: category, day and hour of filing, author (a public professional), whether the patient hid
it, revision, key version, keyed digests. ``docs/threat-model.md`` says why each of them is.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import Exact, GreaterThanOrEqual
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consent.categories import Category
from consent.dossiers import DossierRef
from records.copy_models import Copy as Copy
from records.copy_models import CopyPart as CopyPart
from records.correction_models import Correction as Correction
from records.correction_models import FormerVersion as FormerVersion
from records.document_models import Document as Document
from records.document_models import FormerObject as FormerObject
from records.likeness_models import Likeness as Likeness
from records.likeness_models import StaffLikeness as StaffLikeness
from records.paper_models import PaperRequest as PaperRequest
from records.vault.cipher import OVERHEAD

DIGEST_BYTES = 32
CHECK_BYTES = 16


class KeyState(models.TextChoices):
    """The life of a key: it seals, then only opens, then is no more; those of a closed record open nothing."""

    ACTIVE = "active", _("Active")
    DECRYPT_ONLY = "decrypt_only", _("Opens only")
    CLOSED = "closed", _("Kept, opens nothing")
    DESTROYED = "destroyed", _("Destroyed")


class WrappedKey(models.Model):
    """One version of a key as it lies in the table: wrapped, with its dates; destroyed, only the dates.

    ``retired_at`` is when nothing referred to it any more, ``destroyed_at`` when its bytes went.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    version = models.PositiveIntegerField(default=1)
    state = models.CharField(max_length=12, choices=KeyState, default=KeyState.ACTIVE)
    kek_id = models.CharField(max_length=255)
    wrapped = models.BinaryField(null=True)
    check_value = models.BinaryField(max_length=CHECK_BYTES)
    created_at = models.DateTimeField(default=timezone.now)
    retired_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


def _destroyed_is_empty(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=name,
        condition=Q(state="destroyed", wrapped__isnull=True, destroyed_at__isnull=False)
        | Q(state__in=["active", "decrypt_only", "closed"], wrapped__isnull=False, destroyed_at__isnull=True),
        violation_error_message=_("A destroyed key holds nothing, any other key is wrapped."),
    )


class Dossier(models.Model):
    """One patient's record: identity, keys, records.

    ``pseudonym`` is the name under which the log knows it. ``account`` is empty while nobody has
    claimed it. ``ins_digest`` finds it by national health number without holding the number. From
    ``closed_at`` on nobody opens it; at ``shredded_at`` its keys were destroyed, ``ins_digest`` with them. Both are
    written by functions of the database alone (migration 0004).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    pseudonym = models.UUIDField(unique=True, default=uuid4, editable=False)
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="dossier"
    )
    active_key_version = models.PositiveIntegerField(default=1)
    sealed_identity = models.BinaryField()
    identity_revision = models.PositiveBigIntegerField(default=1)
    sealed_contact = models.BinaryField(default=bytes, blank=True)
    contact_revision = models.PositiveBigIntegerField(default=0)
    ins_digest = models.BinaryField(max_length=DIGEST_BYTES, null=True, blank=True, unique=True)
    created_on = models.DateField(default=timezone.localdate)
    closed_at = models.DateTimeField(null=True, editable=False)
    shredded_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="records_dossier_sealed",
                condition=GreaterThanOrEqual(Length("sealed_identity"), OVERHEAD),
                violation_error_message=_("The identity of a health record is always sealed."),
            ),
            models.CheckConstraint(
                name="records_dossier_contact_sealed",
                condition=Exact(Length("sealed_contact"), 0) | GreaterThanOrEqual(Length("sealed_contact"), OVERHEAD),
                violation_error_message=_("The address of a patient is always sealed."),
            ),
        ]

    def __str__(self) -> str:
        return "dossier"

    @property
    def ref(self) -> DossierRef:
        """What the rooms below are told of this dossier."""
        return DossierRef(id=self.id, pseudonym=self.pseudonym, owner=self.account_id)


class PatientKey(WrappedKey):
    """One version of a patient's key, wrapped by the keyring; its row outlives its destruction."""

    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="keys", db_index=False)
    version = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["created_at"], condition=Q(state="active"), name="records_patientkey_oldest")]
        constraints = [
            models.UniqueConstraint(fields=["dossier", "version"], name="records_patientkey_version"),
            models.UniqueConstraint(
                fields=["dossier"], condition=Q(state="active"), name="records_patientkey_one_active"
            ),
            _destroyed_is_empty("records_patientkey_destroyed_is_empty"),
        ]

    def __str__(self) -> str:
        return f"patient key, version {self.version}, {self.state}"


class ErasureGround(models.TextChoices):
    """Why a record is erased before its ten years are over: a closed list, the order itself is on paper."""

    REQUEST = "request", _("The patient asked for it")
    COURT = "court", _("A court or an authority ordered it")
    UNLAWFUL = "unlawful", _("It should never have been kept")


class ErasureOrder(models.Model):
    """The order to erase one dossier. Only the owner of the tables writes it, never the application.

    ``reference`` finds the order in the files of whoever gave it: a token, no name.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.OneToOneField(Dossier, on_delete=models.PROTECT, related_name="erasure_order")
    ground = models.CharField(max_length=16, choices=ErasureGround)
    reference = models.CharField(max_length=40)
    ordered_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"erasure order, {self.ground}"


class HouseKey(WrappedKey):
    """One version of the key of one purpose of the house: what belongs to no patient."""

    purpose = models.CharField(max_length=16)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["purpose", "version"], name="records_housekey_version"),
            models.UniqueConstraint(
                fields=["purpose"], condition=Q(state="active"), name="records_housekey_one_active"
            ),
            _destroyed_is_empty("records_housekey_destroyed_is_empty"),
        ]

    def __str__(self) -> str:
        return f"house key {self.purpose}, version {self.version}, {self.state}"


class Held(models.TextChoices):
    """Why a result does not appear yet: a closed list, no clinical word is written in clear."""

    VISIT = "visit", _("To be explained at a visit")
    COMMENT = "comment", _("A professional comments it first")


class RecordQuerySet(models.QuerySet["Record"]):
    """Rules over many records."""

    def lying_in(self, dossier_id: UUID, categories: Iterable[Category]) -> RecordQuerySet:
        """The records of these drawers of one dossier, last filed first."""
        drawers = [category.value for category in categories]
        return self.filter(dossier_id=dossier_id, category__in=drawers).order_by("-filed_at", "-id")

    def without_body(self) -> RecordQuerySet:
        """As a list needs them: the body may weigh a thousand times the header."""
        return self.defer("body", "source_digest")


class _StandingRecords(models.Manager["Record"]):
    """All but those that were taken out: no page, list, count or export meets one of them again."""

    def get_queryset(self) -> RecordQuerySet:
        return RecordQuerySet(self.model, using=self._db).filter(removed_at=None)


class Record(models.Model):
    """One document of a dossier: a sealed header and a sealed body.

    ``author`` is the professional who wrote it, when known to the directory. ``source_digest`` is
    a keyed digest of where it came from: the same source is filed once. The marks: ``masked_at`` and
    ``shown_at`` (the patient hid it, or showed it expressly), ``held_until`` and ``held_for`` (a
    professional explains it first), ``secret`` (kept from the guardians of a minor) and ``opened_at``
    (the minor opened it to them, for good). ``brought_by`` is the patient who brought it, by their name in the log;
    they may take it out again: it then has a ``removed_at`` and says nothing any more.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    dossier = models.ForeignKey(Dossier, on_delete=models.PROTECT, related_name="records", db_index=False)
    category = models.CharField(max_length=32)
    header = models.BinaryField()
    body = models.BinaryField()
    filed_at = models.DateTimeField(default=timezone.now)
    author = models.UUIDField(null=True)
    masked_at = models.DateTimeField(null=True)
    shown_at = models.DateTimeField(null=True)
    held_until = models.DateTimeField(null=True)
    held_for = models.CharField(max_length=12, blank=True, default="")
    secret = models.BooleanField(default=False)
    opened_at = models.DateTimeField(null=True)
    revision = models.PositiveBigIntegerField(default=1)
    key_version = models.PositiveIntegerField()
    source_digest = models.BinaryField(max_length=DIGEST_BYTES, null=True)
    brought_by = models.UUIDField(null=True)
    removed_at = models.DateTimeField(null=True)

    objects = _StandingRecords.from_queryset(RecordQuerySet)()

    class Meta:
        indexes = [
            models.Index(fields=["dossier", "category", "-filed_at"], name="records_by_category"),
            models.Index(fields=["dossier", "-filed_at"], name="records_by_filing"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["dossier", "source_digest"], name="records_record_filed_once"),
            models.CheckConstraint(
                name="records_record_category_known",
                condition=Q(category__in=[category.value for category in Category]),
                violation_error_message=_("A document lies in one of the 19 categories."),
            ),
            models.CheckConstraint(
                name="records_record_held",
                condition=Q(held_until__isnull=True, held_for="")
                | Q(held_until__isnull=False, held_for__in=[kind.value for kind in Held]),
                violation_error_message=_("A held result says why and until when."),
            ),
            models.CheckConstraint(
                name="records_record_sealed",
                condition=GreaterThanOrEqual(Length("header"), OVERHEAD) & GreaterThanOrEqual(Length("body"), OVERHEAD),
                violation_error_message=_("Header and body of a document are always sealed."),
            ),
        ]

    def __str__(self) -> str:
        return "record"
