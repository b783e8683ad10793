"""What a batch of letters needs before they leave, looked up for all of them at once.

Whether each may still leave, where it goes, and the three words of its reader. Held in memory for
the few seconds of one batch, written nowhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.utils import timezone

from consent.declaring import declared
from consent.models import Representation
from portal.notifications.addresses import addresses_of
from portal.notifications.channels.outcomes import TryAgain
from portal.notifications.held import Held
from portal.notifications.models import Delivery
from portal.notifications.words import Words, words_of
from records.vault.cipher import Unreadable


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """``withheld`` says why a delivery must not leave any more; the others have an address, perhaps an empty one."""

    withheld: Mapping[UUID, str]
    _addresses: Mapping[UUID, Held | TryAgain]
    _words: Mapping[UUID, Words | Unreadable]

    def __repr__(self) -> str:
        return "<Prepared>"

    def place_of(self, delivery: Delivery) -> Held:
        """Where it goes, with the code that goes there; an empty address when there is none.

        Raises:
            TryAgain: the sealed address does not open now.
        """
        found = self._addresses[delivery.pk]
        if isinstance(found, TryAgain):
            raise found
        return found

    def words_of(self, delivery: Delivery) -> Words:
        """The three words of its reader.

        Raises:
            Unreadable: they do not open.
        """
        found = self._words[delivery.account_id]
        if isinstance(found, Unreadable):
            raise found
        return found


def prepare(deliveries: Sequence[Delivery]) -> Prepared:
    """Look everything up, in a handful of queries however many there are. Must be called outside a transaction."""
    withheld = _withheld(deliveries)
    leaving = [delivery for delivery in deliveries if delivery.pk not in withheld]
    return Prepared(withheld, addresses_of(leaving), words_of({delivery.account_id for delivery in leaving}))


def _withheld(deliveries: Sequence[Delivery]) -> dict[UUID, str]:
    """The rights as they are now, not as they were when the letter was written."""
    represented = {one.letter.represents for one in deliveries if one.letter.represents is not None}
    live = Representation.objects.filter(dossier__in=represented).live(timezone.now()) if represented else None
    with declared(*represented):
        acting = set() if live is None else set(live.values_list("dossier", "account_id"))
    found = {}
    for delivery in deliveries:
        represents = delivery.letter.represents
        if not delivery.account.is_active:
            found[delivery.pk] = "account_closed"
        elif represents is not None and (represents, delivery.account_id) not in acting:
            found[delivery.pk] = "right_ended"
    return found
