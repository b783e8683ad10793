"""The chart of accesses per hour and the words for it (pure)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.reviewing import HourCount
from portal.ui.charts import bars
from portal.ui.formatting import clock, long_day, number

# An hour stands out when it has this many times the mean of the hours that saw anything, and is not tiny.
_UNUSUAL = 3
_TINY = 12


def hours_chart(hours: Sequence[HourCount], day: date) -> dict[str, Any]:
    """The chart and its total, for the page of the log; refused attempts count as accesses."""
    counts = [hour.count + hour.refused for hour in hours]
    total = sum(counts)
    busy = [count for count in counts if count]
    mean = total / len(busy) if busy else 0
    peaks = frozenset(i for i, count in enumerate(counts) if count >= _TINY and count > _UNUSUAL * mean)
    description = ngettext("%(num)s access in all.", "%(num)s accesses in all.", total) % {"num": number(total)}
    if busy:
        most = counts.index(max(counts))
        description += " " + _("Most of them around %(hour)s: %(count)s.") % {
            "hour": clock(hours[most].hour),
            "count": number(counts[most]),
        }
    chart = bars(
        [(clock(hour.hour), count) for hour, count in zip(hours, counts, strict=True)],
        title=_("Accesses per hour, %(day)s") % {"day": long_day(day)},
        description=description,
        peaks=peaks,
    )
    return {"chart": chart, "total": total}
