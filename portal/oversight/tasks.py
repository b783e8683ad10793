"""Background work of oversight: started twice at once, the second run finds the cursor held and leaves it alone."""

from __future__ import annotations

from celery import shared_task

from portal.oversight.following import follow_alerts


@shared_task(name="oversight.follow_alerts", recurring=True, autoretry_for=(), soft_time_limit=240, time_limit=300)
def follow_the_alerts() -> int:
    """Keep the alerts that the log calls for since the last run; how many numbers were followed."""
    return follow_alerts()
