"""Why a letter did not leave, in words for those who run the house (pure): never what a server said."""

from __future__ import annotations

import re

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

_WORDS = {
    "mail_bad_address": _("The mail address is not one that can be written to."),
    "mail_550": _("The mailbox does not exist, or refuses us."),
    "mail_551": _("The mailbox has moved away."),
    "mail_552": _("The mailbox is full."),
    "mail_553": _("The mail address is refused."),
    "mail_554": _("The mail was refused."),
    "mail_sign_in": _("The mail relay does not accept our sign-in. Check its password."),
    "mail_not_supported": _("The mail relay does not do what the settings ask for."),
    "mail_disconnected": _("The mail relay hung up, again and again."),
    "mail_timeout": _("The mail relay did not answer in time, again and again."),
    "mail_unreachable": _("The mail relay could not be reached for days."),
    "sms_bad_number": _("The telephone number is none."),
    "sms_number_refused": _("The SMS provider refuses the number."),
    "sms_not_taken": _("The SMS provider took nothing over."),
    "sms_unreachable": _("The SMS provider could not be reached for days."),
    "sms_no_answer": _("The SMS provider did not answer."),
    "address_unreadable": _("The sealed address does not open. Check the keyring."),
    "unclear_twice": _("Handed over twice without an answer: a third time could be a third message."),
    "crashed": _("Processes died over it, again and again."),
    "fault": _("Carnet could not make it: a fault of ours. The log of the worker tells where."),
    "too_old": _("It waited too long."),
}
_CODE = re.compile(r"(mail|mail_server|sms)_([0-9]{3})")
_WITH_CODE = {
    "mail": _("The mail relay answered %(code)s about the recipient or the message."),
    "mail_server": _("The mail relay answered %(code)s about itself or about us, for days."),
    "sms": _("The SMS provider answered %(code)s."),
}


def reason_words(token: str) -> str:
    """The reason in the language in force; a token without words is shown as it is, nothing disappears."""
    if token in _WORDS:
        return str(_WORDS[token])
    found = _CODE.fullmatch(token)
    if found is not None:
        return str(_WITH_CODE[found[1]]) % {"code": found[2]}
    return token or gettext("No reason was kept.")
