"""Where letters go: opened for one batch of sendings, kept nowhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from audit.actor import Actor, SystemTask
from consent.declaring import Lookup, declared, find
from portal.accounts.models import Account
from portal.notifications.channels.outcomes import TryAgain
from portal.notifications.held import Held
from portal.notifications.kinds import Channel
from portal.notifications.models import Delivery
from records.contacts import open_contacts
from records.house import opener
from records.models import Dossier
from records.people import Contact
from records.vault.cipher import Unreadable

_NOT_NOW = "address_unreadable"

Found = Held | TryAgain


def addresses_of(deliveries: Sequence[Delivery]) -> dict[UUID, Found]:
    """For each delivery its mail address or telephone number, or an empty one, or why it does not open now.

    A patient's is opened through the door of their dossier, which remembers it; staff's, and what is
    held beside the address in force, under a house key. Must be called outside a transaction: the door
    owns its own.
    """
    patients = [one for one in deliveries if one.held is None and one.account.role == Account.Role.PATIENT]
    found = _patients(patients)
    open_sealed = opener("contact")
    for one in deliveries:
        if one.pk not in found:
            try:
                found[one.pk] = one.held.opened(open_sealed) if one.held else _of_staff(one, open_sealed)
            except (Unreadable, ValueError):
                found[one.pk] = TryAgain(_NOT_NOW)
    return found


def _patients(deliveries: Sequence[Delivery]) -> dict[UUID, Found]:
    accounts = {delivery.account_id for delivery in deliveries}
    if not accounts:
        return {}
    with declared():
        known = Dossier.objects.filter(id__in=find(Lookup.ACCOUNT, *accounts), account_id__in=accounts)
        rows = known.filter(closed_at=None).exclude(sealed_contact=b"")
        dossiers = dict(rows.values_list("account_id", "id"))
    contacts = open_contacts(actor=Actor.system(SystemTask.LETTERS), dossier_ids=dossiers.values()) if dossiers else {}
    of = {account: contacts.get(dossier) for account, dossier in dossiers.items()}
    return {one.pk: _on(of.get(one.account_id), one.channel) for one in deliveries}


def _on(contact: Contact | Unreadable | None, channel: str) -> Found:
    if isinstance(contact, Unreadable):
        return TryAgain(_NOT_NOW)
    if contact is None:
        return Held("")
    return Held(contact.email if channel == Channel.MAIL else contact.phone)


def _of_staff(delivery: Delivery, open_sealed: Callable[[UUID, bytes], bytes]) -> Held:
    account = delivery.account
    if delivery.channel != Channel.MAIL or not account.sealed_contact:
        return Held("")
    return Held(open_sealed(account.pk, bytes(account.sealed_contact)).decode())
