"""What a password may not be, beyond Django's own list of common ones (ASVS 5.0, 6.2)."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

# Long enough for any passphrase; without an end, one request could hash megabytes.
MOST_CHARACTERS = 256

_HOUSE_WORDS = frozenset({"carnet", "portal", "portail", "sante", "santé", "health", "clinic", "clinique", "patient"})
# What must be left once the expected words are taken away (ASVS 6.2.11 asks to refuse context words).
_LEAST_LEFT = 8


class ContextWordsValidator:
    """Refuses a password made mostly of words that an attacker would try here first.

    ``words`` are further expected words, such as the parts of the sign-in address.
    """

    def __init__(self, words: tuple[str, ...] = ()) -> None:
        self._words = _HOUSE_WORDS | {word.casefold() for word in words if len(word) >= 3}

    def validate(self, password: str, _user: object = None) -> None:
        """Raises :class:`ValidationError` with one sentence."""
        left = password.casefold()
        for word in sorted(self._words, key=len, reverse=True):
            left = left.replace(word, "")
        if len(left) < _LEAST_LEFT:
            raise ValidationError(self.get_help_text(), code="password_expected_words")

    def get_help_text(self) -> str:
        """The sentence shown beside the field."""
        return _("Use words that nobody would expect here: not your address, nor the name of this service.")


def words_of_login(login: str) -> tuple[str, ...]:
    """The parts of a sign-in address that a password should not be made of."""
    return tuple(part for part in re.split(r"[^\w]+", login.casefold()) if len(part) >= 3)
