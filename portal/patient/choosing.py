"""Choices with an end date for a person, a team or a profession: reading and adding apart, seen before saving."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from audit.actor import Role
from consent.acting import now
from consent.choosing import find_audience
from consent.dossiers import DossierRef
from consent.explaining import Sharing, read_sharing
from consent.granting import Wanted, choose_many
from consent.models import Membership
from consent.placed import Placed, read_placed
from consent.previewing import known_professions
from consent.professions import Profession, profession_label
from consent.rights import Right
from consent.world import Target
from portal.accounts.stepup import proven_first
from portal.acting import Visit
from portal.audiences import only_for
from portal.patient.forms import EndForm
from records.on_behalf import find_dossier
from records.previewing import Line, Proposal, Viewer, see_as

STATES = [
    ("", gettext_lazy("As by default")),
    ("open", gettext_lazy("Open")),
    ("closed", gettext_lazy("Closed")),
]
RIGHTS = [(Right.READ.value, gettext_lazy("Reading")), (Right.DEPOSIT.value, gettext_lazy("Adding documents"))]


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom choices are about: a person, a team or a profession; ``people`` in care are concerned by a team's."""

    value: str
    label: str
    professional: UUID | None = None
    organisation: UUID | None = None
    profession: str = ""
    people: dict[UUID, str] = field(default_factory=dict)


def audiences(sharing: Sharing) -> list[Whom]:
    """Those who take care of the patient, the places where they work, and every profession of the matrix."""
    people = [Whom(str(each.person.id), each.person.name, each.person.id) for each in sharing.professionals]
    names = {each.person.id: each.person.name for each in sharing.professionals}
    teams: dict[UUID, Whom] = {
        each.organisation_id: Whom(str(each.organisation_id), each.organisation, organisation=each.organisation_id)
        for each in sharing.teams
    }
    working = Membership.objects.live(now()).filter(professional__in=names).select_related("organisation")
    for each in working.order_by("organisation__name"):
        id_ = each.organisation_id
        team = teams.setdefault(id_, Whom(str(id_), each.organisation.name, organisation=id_))
        team.people[each.professional_id] = names[each.professional_id]
    trades = [
        Whom(code, profession_label(code), profession=code)
        for code in known_professions(sharing.at)
        if code != Profession.EMERGENCY_REGULATOR
    ]
    return [*people, *teams.values(), *sorted(trades, key=lambda each: each.label)]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the form asks, compared with what is in force."""

    opened: list[Placed]
    closed: list[Placed]
    cleared: list[Placed]

    @property
    def count(self) -> int:
        """How many categories would change."""
        return len(self.opened) + len(self.closed) + len(self.cleared)

    @property
    def opens(self) -> bool:
        """Whether something opens, or might because it is no longer closed: to close needs no proof."""
        return bool(self.opened) or any(each.state == "closed" for each in self.cleared)


def asked_of(placed: tuple[Placed, ...], typed: QueryDict, until: datetime | None) -> Asked:
    """The categories whose state is another than the one in force; an open one also when its end is another."""
    asked = Asked([], [], [])
    for each in placed:
        state = typed.get(f"state-{each.category.value}", each.state)
        if not each.possible or (state == each.state and (state != "open" or each.until == until)):
            continue
        {"open": asked.opened, "closed": asked.closed}.get(state, asked.cleared).append(each)
    return asked


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT, on_behalf=True)
def choices(request: Visit) -> HttpResponse:
    """Whom and which right, what is open to them, what would change; then all of it is saved as one act, or nothing."""
    ref = find_dossier(request.actor)
    known = audiences(read_sharing(actor=request.actor, ref=ref))
    given = request.POST if request.method == "POST" else request.GET
    whom = next((each for each in known if each.value == given.get("whom")), None)
    right = Right.DEPOSIT if given.get("right") == Right.DEPOSIT.value else Right.READ
    context: dict[str, object] = {
        "known": known,
        "whom": whom,
        "right": right.value,
        "rights": RIGHTS,
        "states": STATES,
    }
    if whom is None:
        return render(request, "patient/choices.html", context)
    form = EndForm(request.POST if request.method == "POST" else None)
    audience = find_audience(whom.professional, whom.organisation, whom.profession)
    placed = read_placed(actor=request.actor, ref=ref, audience=audience, right=right)
    context |= {"form": form, "placed": placed}
    if not (form.is_bound and form.is_valid()):
        return render(request, "patient/choices.html", context)
    asked = asked_of(placed, request.POST, form.until)
    if "save" in request.POST and asked.count:
        save = partial(_save, request, ref, whom, right, asked, form.until)
        return proven_first(request, save, needed=asked.opens)
    context |= {"asked": asked, "effects": _effects(request, ref, whom, right, asked), "typed": request.POST}
    return render(request, "patient/choices.html", context)


def _save(
    request: Visit, ref: DossierRef, whom: Whom, right: Right, asked: Asked, until: datetime | None
) -> HttpResponse:
    wanted = [
        Wanted(each.category, right, allowed, until if allowed else None, whom.professional, whom.organisation,
               whom.profession)
        for allowed, group in ((True, asked.opened), (False, asked.closed))
        for each in group
    ]  # fmt: skip
    withdrawn = [each.choice.id for each in asked.cleared if each.choice is not None]
    done = choose_many(actor=request.actor, ref=ref, wanted=wanted, withdrawn=withdrawn)
    messages.success(request, ngettext("%(num)s change made.", "%(num)s changes made.", done) % {"num": done})
    return redirect(f"{reverse('patient:choices')}?{urlencode({'whom': whom.value, 'right': right.value})}")


def _effects(request: Visit, ref: DossierRef, whom: Whom, right: Right, asked: Asked) -> list[tuple[str, Line]]:
    """For reading: to whom how many documents open or close, said by the real engine on the proposed facts."""
    if right is not Right.READ or not asked.count:
        return []
    proposal = Proposal(
        opened=frozenset(each.category for each in asked.opened),
        closed=frozenset(each.category for each in asked.closed),
        target=Target.TEAM if whom.organisation else None,
        withdrawn=frozenset(each.choice.id for each in asked.cleared if each.choice is not None),
    )
    viewers = [(name, Viewer(professional=id_)) for id_, name in whom.people.items()]
    if whom.professional is not None:
        viewers = [(whom.label, Viewer(professional=whom.professional))]
    elif whom.profession:
        viewers = [(_("Somebody of this profession who is new to you"), Viewer(profession=whom.profession))]
    return [
        (name, line)
        for name, viewer in viewers
        for line in see_as(actor=request.actor, dossier_id=ref.id, viewer=viewer, proposal=proposal).changed
    ]
