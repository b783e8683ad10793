"""What a password may not be: too easy to guess, made of expected words, or known from a leak (ASVS 5.0, 6.2).

No rule of composition and no calendar: length and surprise are all that counts. Strength is the number
of guesses an attacker needs, as zxcvbn estimates it, in bits: 50 where attempts are limited, as they are
at our sign-in page, 80 where they are not (CNIL, deliberation 2022-100 of 21 July 2022).
"""

from __future__ import annotations

import math
import re

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from zxcvbn import zxcvbn

from portal.accounts import leaks

# Long enough for any passphrase; without an end, one request could hash megabytes.
MOST_CHARACTERS = 256
LIMITED_BITS, UNLIMITED_BITS = 50, 80
# The estimate costs the square of the length: 3 ms for 20 characters, 69 ms for 128.
_MOST_ESTIMATED = 72

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


class StrengthValidator:
    """Refuses what is guessed too soon; ``attempts_limited`` tells whether guessing is slowed down."""

    def __init__(self, *, attempts_limited: bool = True, words: tuple[str, ...] = ()) -> None:
        self._bits = LIMITED_BITS if attempts_limited else UNLIMITED_BITS
        self._words = [*_HOUSE_WORDS, *words]

    def validate(self, password: str, _user: object = None) -> None:
        """Raises :class:`ValidationError` with one sentence."""
        if bits_of(password, self._words) < self._bits:
            raise ValidationError(self.get_help_text(), code="password_guessable")

    def get_help_text(self) -> str:
        """The sentence shown beside the field."""
        return _("Four or five words that have nothing to do with each other are hard to guess and easy to keep.")


class LeakValidator:
    """Refuses a password that is known from a leak, by the sets that the operator has chosen."""

    def validate(self, password: str, _user: object = None) -> None:
        """Raises :class:`ValidationError` with one sentence."""
        if leaks.is_known(password) or (settings.PASSWORD_RANGE_URL and leaks.is_known_elsewhere(password)):
            raise ValidationError(
                _("This password stands in lists that attackers use. Choose another one, for every place you use it."),
                code="password_leaked",
            )

    def get_help_text(self) -> str:
        """Nothing to say before: no one can know it."""
        return ""


def bits_of(password: str, words: list[str] | None = None) -> float:
    """The estimated number of guesses, in bits; only the first 72 characters are looked at."""
    guesses = zxcvbn(password[:_MOST_ESTIMATED], user_inputs=words or [], max_length=_MOST_ESTIMATED)["guesses"]
    return math.log2(guesses)


def words_of_login(login: str) -> tuple[str, ...]:
    """The parts of a sign-in address that a password should not be made of."""
    return tuple(part for part in re.split(r"[^\w]+", login.casefold()) if len(part) >= 3)
