"""Dates, numbers and lists as a person of the language in force writes them (CLDR, through Babel)."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.lists import format_list
from babel.numbers import format_decimal, get_decimal_symbol, get_group_symbol
from django.utils import timezone
from django.utils.translation import get_language, gettext

# English here is that of Europe: day before month, 24 hours.
_LOCALES = {"fr": Locale("fr", "FR"), "en": Locale("en", "GB")}
_MONTHS = {each: each.months["format"]["abbreviated"] for each in _LOCALES.values()}
_SIGNS = {each: (get_decimal_symbol(each), get_group_symbol(each)) for each in _LOCALES.values()}


def current_locale() -> Locale:
    """The Babel locale of the language in force."""
    return _LOCALES[(get_language() or "fr").split("-")[0]]


def _local(value: date | datetime) -> date | datetime:
    """A moment in the time zone in force; a plain date as it is."""
    if isinstance(value, datetime) and timezone.is_aware(value):
        return timezone.localtime(value)
    return value


def day(value: date | datetime) -> str:
    """A date with its year: ``20 Nov 2026``."""
    # A list has one per row, and Babel reads its pattern anew for each.
    local = _local(value)
    return f"{local.day} {_MONTHS[current_locale()][local.month]} {local.year}"


def last_day(end: datetime) -> str:
    """The last day of a range that ends before this instant: until midnight is until the day before."""
    return day(end - timedelta(microseconds=1))


def short_day(value: date | datetime) -> str:
    """A date without its year: ``20 Nov``."""
    return format_date(_local(value), "d MMM", locale=current_locale())


def long_day(value: date | datetime) -> str:
    """A whole date: ``Monday 23 November 2026``, with a capital at its head."""
    text = format_date(_local(value), "EEEE d MMMM y", locale=current_locale())
    return text[:1].upper() + text[1:]


def month(value: date | datetime) -> str:
    """A month and its year: ``November 2026``."""
    return format_skeleton("yMMMM", _noon(value), locale=current_locale())


def short_month(value: date | datetime) -> str:
    """A month and its year, cut short: ``Nov 2026``."""
    return format_skeleton("yMMM", _noon(value), locale=current_locale())


def clock(value: datetime) -> str:
    """The hour and minute: ``22:14``."""
    return format_time(timezone.localtime(value), "HH:mm", locale=current_locale())


def moment(value: datetime) -> str:
    """A date and its hour: ``20 Nov 2026 at 22:14``."""
    return gettext("%(day)s at %(clock)s") % {"day": day(value), "clock": clock(value)}


def number(value: Decimal | int | float) -> str:
    """A number with the separators of the language; the digits of a Decimal are kept."""
    if isinstance(value, Decimal) and value.is_finite():
        # Babel reads its pattern anew for each number: these are its signs, put in by hand.
        point, group = _SIGNS[current_locale()]
        return f"{value:,f}".translate({ord("."): point, ord(","): group})
    return format_decimal(value, locale=current_locale())


def fingerprint(value: bytes) -> str:
    """The two ends of a hash in base64, enough to compare by eye: ``7Qn3…kV0=``."""
    text = b64encode(value).decode()
    return f"{text[:4]}…{text[-4:]}"


def listing(values: Iterable[object]) -> str:
    """Names in a row: ``a, b and c``."""
    return format_list([str(value) for value in values], locale=current_locale())


def _noon(value: date | datetime) -> datetime:
    """A moment of that day, for the formats that only take moments."""
    local = _local(value)
    return datetime(local.year, local.month, local.day, 12)
