"""What stands out, in words, and the rhythm of the week."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from babel import Locale
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from audit.actor import Role
from audit.alerting import Kind
from audit.pseudonyms import shown
from portal.acting import Visit
from portal.audiences import only_for
from portal.oversight.alerts import LONGEST, Standing, read_alerts, review_alert
from portal.oversight.models import AlertConclusion, AlertState
from portal.ui.formatting import current_locale

PERIODS = (7, LONGEST)
_TONES = {AlertState.TAKEN: "", AlertState.EXPLAINED: "ok", AlertState.CONFIRMED: "danger"}
_TITLES = {
    Kind.EMERGENCY_WITHOUT_SEQUEL: gettext_lazy("Emergency without sequel"),
    Kind.NO_RELATIONSHIP: gettext_lazy("No care relationship"),
    Kind.REFUSED_IN_A_ROW: gettext_lazy("Refused attempts in a row"),
    Kind.BULK_READING: gettext_lazy("Many records in one day"),
    Kind.UNUSUAL_HOUR: gettext_lazy("Unusual hour"),
    Kind.ONESELF: gettext_lazy("Treating oneself"),
    Kind.COLLEAGUE: gettext_lazy("Record of a colleague"),
    Kind.SAME_SURNAME: gettext_lazy("Same surname"),
    Kind.SAME_ADDRESS: gettext_lazy("Same address"),
}
_REASONS = {
    Kind.EMERGENCY_WITHOUT_SEQUEL: gettext_lazy(
        "An emergency access was opened, and nothing was read or written in the two hours that followed."
    ),
    Kind.NO_RELATIONSHIP: gettext_lazy(
        "This person tried %(count)s times to open the record of somebody who is not in their care."
    ),
    Kind.REFUSED_IN_A_ROW: gettext_lazy("%(count)s attempts of this person were refused within ten minutes."),
    Kind.BULK_READING: gettext_lazy(
        "This person opened %(count)s records in one day; the mean of their days before is %(usual)s."
    ),
    Kind.UNUSUAL_HOUR: gettext_lazy(
        "%(count)s accesses at an hour when this person was never at work in the month before (%(usual)s accesses)."
    ),
    Kind.ONESELF: gettext_lazy(
        "This person looked %(count)s times into their own record with their professional card."
    ),
    Kind.COLLEAGUE: gettext_lazy(
        "This person looked %(count)s times into the record of somebody who works in the same organisation."
    ),
    Kind.SAME_SURNAME: gettext_lazy(
        "This person looked %(count)s times into the record of somebody who bears the same surname."
    ),
    Kind.SAME_ADDRESS: gettext_lazy(
        "This person looked %(count)s times into the record of somebody who lives at the same address."
    ),
}


@dataclass(frozen=True, slots=True)
class ShownAlert:
    """One alert as the page tells it."""

    key: str
    title: str
    reason: str
    at: datetime
    actor: str
    dossier: str
    state: str
    tone: str
    assignee: str
    conclusion: str


@dataclass(frozen=True, slots=True)
class Beat:
    """One cell of the rhythm: where it is drawn, how dark, and how many."""

    x: int
    y: int
    opacity: float
    count: int


@only_for(Role.ADMINISTRATOR)
@require_safe
def alerts(request: Visit) -> HttpResponse:
    """What waits and what was concluded, of the last week or month."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(period) for period in PERIODS} else PERIODS[0]
    queue = read_alerts(actor=request.actor, days=days)
    context = {
        "waiting": [_shown(standing) for standing in queue.waiting],
        "concluded": [_shown(standing) for standing in queue.concluded],
        "conclusions": AlertConclusion.choices,
        "days": days,
        "until": queue.until,
        "periods": PERIODS,
        **_rhythm(queue.beats),
    }
    return render(request, "administration/alerts.html", context)


@only_for(Role.ADMINISTRATOR)
@require_POST
def review(request: Visit, key: str) -> HttpResponse:
    """Take one alert, or say what became of it."""
    review_alert(actor=request.actor, key=key, verdict=request.POST.get("verdict", ""))
    messages.success(request, _("Your word on this alert is kept, and written in the log."))
    return redirect("administration:alerts")


def _shown(standing: Standing) -> ShownAlert:
    alert = standing.alert
    return ShownAlert(
        key=alert.key,
        title=str(_TITLES[alert.kind]),
        reason=str(_REASONS[alert.kind]) % {"count": alert.count, "usual": alert.usual},
        at=alert.at,
        actor=shown("A", alert.actor),
        dossier=shown("P", alert.dossier) if alert.dossier else "",
        state=str(AlertState(standing.state).label) if standing.state else "",
        tone=_TONES[AlertState(standing.state)] if standing.state else "warn",
        conclusion=str(AlertConclusion(standing.conclusion).label) if standing.conclusion else "",
        assignee=shown("A", standing.assignee) if standing.assignee else "",
    )


def _rhythm(beats: dict[tuple[int, int], int]) -> dict[str, Any]:
    """The grid of the week: a row per day, a column per hour; the darkest cell is the busiest hour."""
    names = Locale.parse(str(current_locale())).days["format"]["abbreviated"]
    most = max(beats.values(), default=0) or 1
    week = [
        (
            names[day],
            [
                Beat(
                    36 + 22 * hour,
                    22 * day - 4,
                    round(beats.get((day + 1, hour), 0) / most, 2),
                    beats.get((day + 1, hour), 0),
                )
                for hour in range(24)
            ],
        )
        for day in range(7)
    ]
    busiest = max(beats.items(), key=lambda item: item[1])[0] if beats else None
    return {
        "week": week,
        "busiest": (names[busiest[0] - 1], busiest[1]) if busiest else None,
        "total": sum(beats.values()),
    }
