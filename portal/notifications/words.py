"""The three words by which a person knows a letter of ours: drawn once, sealed, in every message.

Somebody who imitates a letter does not know them. They prove nothing more, and open nothing.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from secrets import SystemRandom
from typing import ClassVar
from uuid import UUID, uuid5

from django.conf import settings
from django.db import models
from django.utils import timezone

from records.house import open_for_house, seal_for_house

Words = tuple[str, str, str]

_LIST = Path(__file__).parent / "lists" / "words-2026-11-23.txt"
_PURPOSE = "contact"
# Fixed for ever: sealed words are bound to identifiers derived from it. Without it the sealed address
# of an account could be put in the place of its words, and be printed in a letter.
_NAMESPACE = UUID("b2d0c0de-3a1b-5c57-8f0e-6f5d8c1e7a43")


class ThreeWords(models.Model):
    """The words of one account, sealed under the house key of addresses."""

    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    sealed = models.BinaryField()
    drawn_on = models.DateField(default=timezone.localdate)

    class Meta:
        db_table = "notifications_three_words"
        verbose_name_plural: ClassVar = "three words"

    def __str__(self) -> str:
        return "three words"


@cache
def known_words() -> tuple[str, ...]:
    """The list that words are drawn from."""
    lines = _LIST.read_text(encoding="ascii").splitlines()
    return tuple(line for line in lines if line and not line.startswith("#"))


def three_words(account_id: UUID) -> Words:
    """The words of this person, drawn now if they had none.

    Raises:
        Unreadable: they do not open.
    """
    row = ThreeWords.objects.filter(account_id=account_id).first()
    if row is None:
        drawn = ThreeWords(account_id=account_id, sealed=_seal(account_id, _draw()))
        # Two letters may be written at once: one draw wins, and both carry it.
        ThreeWords.objects.bulk_create([drawn], ignore_conflicts=True)
        row = ThreeWords.objects.get(account_id=account_id)
    first, second, third = open_for_house(_PURPOSE, _place(account_id), bytes(row.sealed)).decode().split()
    return first, second, third


def draw_again(account_id: UUID) -> None:
    """Other words for this person, from the next letter on: the former ones may have been seen."""
    ThreeWords.objects.update_or_create(
        account_id=account_id,
        defaults={"sealed": _seal(account_id, _draw()), "drawn_on": timezone.localdate()},
    )


def _draw() -> Words:
    first, second, third = SystemRandom().sample(known_words(), 3)
    return first, second, third


def _seal(account_id: UUID, words: Words) -> bytes:
    # Padded to one length: the length of a ciphertext would narrow the words down.
    return seal_for_house(_PURPOSE, _place(account_id), " ".join(words).ljust(40).encode())


def _place(account_id: UUID) -> UUID:
    return uuid5(_NAMESPACE, str(account_id))
