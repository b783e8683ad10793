"""Figures that can be published hide what is small, and what would give it away."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from audit.events import Event, Outcome
from portal.oversight.figures import Group, median_days, publishable
from portal.oversight.models import Case
from tests.audit.acts import remember
from tests.portal.ward import a_carer, acts, an_account, browser_of

PAGE = "/administration/figures/"


@pytest.mark.parametrize(
    ("total", "parts", "shown"),
    [
        (0, (0, 0), Group(0, (0, 0))),
        (10, (10, 0), Group(None, (None, None))),
        (40, (30, 10), Group(40, (None, None))),
        (40, (29, 11), Group(40, (29, 11))),
        (40, (40, 0), Group(40, (40, 0))),
    ],
)
def test_small_counts_and_what_gives_them_away_are_hidden(total, parts, shown):
    assert publishable(total, parts) == shown


def test_no_group_can_be_completed_by_subtraction():
    for total in range(60):
        for first in range(total + 1):
            group = publishable(total, (first, total - first))
            hidden = [part for part in group.parts if part is None]
            assert len(hidden) in {0, 2}
            assert all(part is None or part == 0 or part > 10 for part in (group.total, *group.parts))


def test_a_median_of_few_is_not_told():
    days = [timedelta(days=day) for day in range(1, 12)]
    assert median_days(days[:10]) is None
    assert median_days(days) == 6


def test_the_page_counts_a_year(db):
    remember(12, event=Event.EMERGENCY_OPENED)
    remember(3, event=Event.EMERGENCY_OPENED, outcome=Outcome.REFUSED)
    now = timezone.now()
    for number in range(24):
        Case.objects.create(
            entry=uuid4(), entry_at=now, event="record.read", dossier=uuid4(), pseudonym=uuid4(), actor=uuid4(),
            opened_at=now - timedelta(days=4), due_at=now, answered_at=now - timedelta(days=1), code="care",
            conclusion="justified" if number < 12 else "unjustified", concluded_by=uuid4(), concluded_at=now,
        )  # fmt: skip
    admin = an_account("administrator")
    page = browser_of(admin).get(PAGE, {"year": (now - timedelta(days=4)).year}).content.decode()
    emergencies, cases = (page.split(f'id="{name}"')[1].split("</table>")[0] for name in ("emergencies", "cases"))
    assert "15" in emergencies
    assert emergencies.count("not shown") == 2
    assert "50 %" in cases
    assert "3 days" in cases
    assert acts(admin)[-1] == ("figures.read", "done")


def test_only_years_that_came_and_only_administrators(db):
    browser = browser_of(an_account("administrator"))
    assert [browser.get(PAGE, {"year": year}).status_code for year in ("x", "1999", "2999", "²025")] == [404] * 4
    assert browser_of(a_carer().account).get(PAGE).status_code == 403
