"""The three words by which a person knows a letter of ours: drawn once, sealed, in every message.

Somebody who imitates a letter does not know them. They prove nothing more, and open nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import cache
from pathlib import Path
from secrets import SystemRandom
from typing import ClassVar
from uuid import UUID, uuid5

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from audit.actor import Actor
from audit.events import Event
from audit.log import append
from records.house import opener, seal_for_house
from records.vault.cipher import Unreadable

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
    found = words_of({account_id})[account_id]
    if isinstance(found, Unreadable):
        raise found
    return found


def words_of(account_ids: Collection[UUID]) -> dict[UUID, Words | Unreadable]:
    """The words of these people, drawn now for who had none, or why they do not open."""
    rows = ThreeWords.objects.in_bulk(account_ids)
    if missing := [account for account in account_ids if account not in rows]:
        drawn = [ThreeWords(account_id=account, sealed=_seal(account, _draw())) for account in missing]
        # Two letters may be written at once: one draw wins, and both carry it.
        ThreeWords.objects.bulk_create(drawn, ignore_conflicts=True)
        rows |= ThreeWords.objects.in_bulk(missing)
    open_sealed = opener(_PURPOSE)
    return {account: _opened(open_sealed, row) for account, row in rows.items()}


def draw_again(*, actor: Actor) -> None:
    """Other words for this person, from the next letter on: the former ones may have been seen."""
    with transaction.atomic(durable=True):
        ThreeWords.objects.update_or_create(
            account_id=actor.id,
            defaults={"sealed": _seal(actor.id, _draw()), "drawn_on": timezone.localdate()},
        )
        append(Event.WORDS_DRAWN, actor=actor)


def _opened(open_sealed: Callable[[UUID, bytes], bytes], row: ThreeWords) -> Words | Unreadable:
    try:
        first, second, third = open_sealed(place_of(row.account_id), bytes(row.sealed)).decode().split()
    except Unreadable as unreadable:
        return unreadable
    return first, second, third


def _draw() -> Words:
    first, second, third = SystemRandom().sample(known_words(), 3)
    return first, second, third


def _seal(account_id: UUID, words: Words) -> bytes:
    # Padded to one length: the length of a ciphertext would narrow the words down.
    return seal_for_house(_PURPOSE, place_of(account_id), " ".join(words).ljust(40).encode())


def place_of(account_id: UUID) -> UUID:
    """What the words of one person are bound to; not their account, under which other things lie sealed."""
    return uuid5(_NAMESPACE, str(account_id))
