"""What is kept to see that a professional and a patient are close: keyed digests, of nothing that can be read back.

A patient's digests are bound to their own dossier: two patients of one name have different ones, so that a stolen
database tells neither who bears a frequent name nor who lives together.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models

_BYTES = 32


class Likeness(models.Model):
    """The digests of one dossier's names and address, each empty where nothing is known."""

    dossier = models.OneToOneField(
        "records.Dossier", primary_key=True, on_delete=models.PROTECT, related_name="likeness"
    )
    surname = models.BinaryField(max_length=_BYTES)
    used_name = models.BinaryField(max_length=_BYTES, default=bytes, blank=True)
    address = models.BinaryField(max_length=_BYTES, default=bytes, blank=True)

    def __str__(self) -> str:
        return "likeness of a dossier"


class StaffLikeness(models.Model):
    """The digests of a professional's own address and national health number, as their employer declared them."""

    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.PROTECT, related_name="+"
    )
    address = models.BinaryField(max_length=_BYTES, default=bytes, blank=True)
    ins_digest = models.BinaryField(max_length=_BYTES, default=bytes, blank=True)

    def __str__(self) -> str:
        return "likeness of a professional"
