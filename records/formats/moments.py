"""Moments as HL7 writes them (TS of CDA R2, DTM of HL7 v2): ``YYYY[MM[DD[HH[MM[SS[.S…]]]]]][±ZZZZ]``.

Both are made into the dates of FHIR R4, as precise as they came and never more.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

# Files of French software leave the offset out: the hour is the one on the wall of the laboratory.
_HERE = ZoneInfo("Europe/Paris")
_MOMENT = re.compile(
    r"(\d{4})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:(\d{2})(?:\.\d{1,9})?)?)?)?)?)?(?:([+-])(\d{2})(\d{2}))?"
)


def fhir_date(text: str) -> str:
    """``text`` as a FHIR date or dateTime; empty when it is no moment of our calendar."""
    found = _MOMENT.fullmatch(text.strip())
    if found is None or found[1] == "0000":
        return ""
    year, month, day, hour, minute, second = found.groups()[:6]
    try:
        if month is None:
            return year
        if day is None:
            return f"{date(int(year), int(month), 1):%Y-%m}".zfill(7)
        whole = date(int(year), int(month), int(day))
        if hour is None:
            return whole.isoformat()
        moment = datetime(whole.year, whole.month, whole.day, int(hour), int(minute or 0), int(second or 0))
        return moment.replace(tzinfo=_zone(found[7], found[8], found[9])).isoformat()
    except (ValueError, OverflowError):
        return ""


def fhir_day(text: str) -> str:
    """The day of a moment (a birth date), empty unless it is whole."""
    return made if len(made := fhir_date(text.strip()[:8])) == 10 else ""


def fhir_instant(text: str) -> str:
    """A moment to the second, midnight in France for a whole day; empty for anything less precise."""
    made = fhir_date(text)
    if len(made) == 10:
        return datetime.fromisoformat(made).replace(tzinfo=_HERE).isoformat()
    return made if len(made) > 10 else ""


def _zone(sign: str | None, hours: str, minutes: str) -> timezone | ZoneInfo:
    if sign is None:
        return _HERE
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    if int(minutes) > 59 or offset > timedelta(hours=14):
        raise ValueError(f"offset={sign}{hours}{minutes}: expected at most 14 hours")
    return timezone(offset if sign == "+" else -offset)
