"""What a mail or an SMS says: neutral words, no link but the bare address of the house."""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from portal.accounts.models import Account
from portal.notifications.kinds import Channel, Message
from portal.notifications.models import Letter


def compose(channel: Channel, letters: Sequence[Letter], account: Account) -> Message:
    """One message for these letters of one person, in the language of the account."""
    with translation.override(account.language):
        sentences = "\n".join(letter.sentence for letter in letters)
        return Message(
            subject=_("A letter from Carnet") if channel is Channel.MAIL else "",
            text=f"{sentences}\n\n{settings.SITE_URL}\n",
        )
