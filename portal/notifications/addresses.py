"""Where a letter to a person goes: opened for one sending, kept nowhere."""

from __future__ import annotations

from audit.actor import Actor, SystemTask
from portal.accounts.models import Account
from portal.notifications.channels.outcomes import TryAgain
from portal.notifications.kinds import Channel
from records.house import open_for_house
from records.identity import Unknown, open_contact
from records.models import Dossier
from records.vault.cipher import Unreadable


def address_of(account: Account, channel: Channel) -> str:
    """The mail address or telephone number of a person, or nothing.

    A patient's is opened through the door of their dossier, which remembers it; staff's under a
    house key. Must be called outside a transaction: the door owns its own.

    Raises:
        TryAgain: the sealed address does not open now (a keyring that is away, a key that is destroyed).
    """
    try:
        return _patients(account, channel) if account.role == Account.Role.PATIENT else _of_staff(account, channel)
    except (Unreadable, ValueError):
        raise TryAgain("address_unreadable") from None


def _patients(account: Account, channel: Channel) -> str:
    dossier = Dossier.objects.filter(account=account).exclude(sealed_contact=b"").first()
    if dossier is None:
        return ""
    try:
        contact = open_contact(actor=Actor.system(SystemTask.LETTERS), dossier_id=dossier.id)
    except Unknown:
        return ""
    return contact.email if channel is Channel.MAIL else contact.phone


def _of_staff(account: Account, channel: Channel) -> str:
    if channel is not Channel.MAIL or not account.sealed_contact:
        return ""
    return open_for_house("contact", account.pk, bytes(account.sealed_contact)).decode()
