"""What the patient wishes for documents and people to come, for emergencies, for results; and discretion."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.actor import Actor, Role
from consent import granting, naming, wishing
from consent.acting import now
from consent.categories import Category
from consent.dossiers import DossierRef
from consent.explaining import read_sharing
from consent.models import WishKind
from consent.professions import Profession
from consent.representing import SHAREABLE
from consent.rights import Right
from consent.wished import Wished, newcomer_choices, read_wishes
from portal.accounts.proving import grow_stale
from portal.accounts.stepup import fresh_proof
from portal.acting import Visit
from portal.audiences import only_for
from records.identity import find_own

# The categories in which results come, in the order of the page.
RESULTS = (Category.LABORATORY, Category.IMAGING, Category.GENETICS)
WHEN = [
    ("", gettext_lazy("As the professional decides")),
    (WishKind.AT_ONCE.value, gettext_lazy("At once")),
    (WishKind.AFTER_COMMENT.value, gettext_lazy("After a professional's comment")),
    (WishKind.AT_VISIT.value, gettext_lazy("At the visit")),
]
_SWITCHES = {"regulator": WishKind.NO_REGULATOR, "others": WishKind.NO_OTHERS, "masked": WishKind.SHOW_MASKED}
_OFF = frozenset({WishKind.NO_REGULATOR, WishKind.NO_OTHERS})


@require_safe
@only_for(Role.PATIENT)
def wishes(request: Visit) -> HttpResponse:
    """All wishes on one page, each part with its own button."""
    ref = find_own(request.actor)
    sharing = read_sharing(actor=request.actor, ref=ref)
    context = {
        "wished": read_wishes(actor=request.actor, ref=ref),
        "doctors": [each.person for each in sharing.professionals if each.person.profession == Profession.DOCTOR],
        "shareable": [category for category in Category if category in SHAREABLE],
        "results": RESULTS,
        "when": WHEN,
    }
    return render(request, "patient/wishes.html", context)


@require_POST
@only_for(Role.PATIENT)
def save(request: Visit, part: str) -> HttpResponse:
    """Makes what one part of the page asks; what is so already is left alone."""
    if part not in _PARTS:
        raise Http404
    ref = find_own(request.actor)
    before = read_wishes(actor=request.actor, ref=ref)
    changed = _PARTS[part](request, ref, before)
    if changed:
        messages.success(request, _("Your wish is recorded. It holds from the next page that is opened."))
    else:
        messages.info(request, _("Nothing to change: this is already what you wish."))
    return redirect("patient:wishes")


def _new(request: Visit, ref: DossierRef, before: Wished) -> int:
    return _turn(request.actor, ref, WishKind.HIDE_NEW, before.hide_new, "on" in request.POST)


def _emergencies(request: Visit, ref: DossierRef, before: Wished) -> int:
    """Some switches are kept as what the patient does not want: the absence of a wish is the default."""
    asked = set(request.POST.getlist("open"))
    return sum(
        _turn(request.actor, ref, kind, getattr(before, name) != (kind in _OFF), (name in asked) != (kind in _OFF))
        for name, kind in _SWITCHES.items()
    )


def _turn(actor: Actor, ref: DossierRef, kind: WishKind, held: bool, asked: bool) -> int:
    if held == asked:
        return 0
    door = wishing.wish if asked else wishing.withdraw_wish
    door(actor=actor, ref=ref, kind=kind)
    return 1


def _newcomers(request: Visit, ref: DossierRef, before: Wished) -> int:
    asked = {category for category in SHAREABLE if category.value in request.POST.getlist("closed")}
    for category in asked - before.newcomers:
        granting.choose(
            actor=request.actor, ref=ref, newcomers=True, category=category, right=Right.READ, allowed=False
        )
    current = newcomer_choices(ref, now())
    for category in before.newcomers - asked:
        granting.withdraw_choice(actor=request.actor, ref=ref, choice_id=current[category].id)
    return len(asked ^ before.newcomers)


def _results(request: Visit, ref: DossierRef, before: Wished) -> int:
    changed = 0
    for category in RESULTS:
        asked, held = request.POST.get(category.value, ""), before.results.get(category)
        if asked == (held or "") or asked not in dict(WHEN):
            continue
        if asked:
            wishing.wish(actor=request.actor, ref=ref, kind=WishKind(asked), category=category)
        elif held is not None:
            wishing.withdraw_wish(actor=request.actor, ref=ref, kind=held, category=category)
        changed += 1
    return changed


def _treating(request: Visit, ref: DossierRef, before: Wished) -> int:
    asked = request.POST.get("doctor", "")
    held = str(before.treating.id) if before.treating else ""
    if asked == held:
        return 0
    if not asked:
        naming.end_treating_doctor(actor=request.actor, ref=ref)
        return 1
    doctors = {str(each.person.id): each.person for each in read_sharing(actor=request.actor, ref=ref).professionals}
    if asked not in doctors:
        raise granting.Invalid(_("This professional is not in the directory. Search again by name."))
    naming.name_treating_doctor(actor=request.actor, ref=ref, professional=doctors[asked].id)
    return 1


_PARTS: dict[str, Callable[[Visit, DossierRef, Wished], int]] = {
    "new": _new,
    "newcomers": _newcomers,
    "emergencies": _emergencies,
    "results": _results,
    "treating": _treating,
}


@require_http_methods(["GET", "HEAD", "POST"])
@only_for(Role.PATIENT)
@fresh_proof()
def discretion(request: Visit) -> HttpResponse:
    """Asks for a proof first, always; then shows which categories are hidden from these screens."""
    ref = find_own(request.actor)
    wished = read_wishes(actor=request.actor, ref=ref)
    if request.method == "POST" and "save" in request.POST:
        asked = {category for category in Category if category.value in request.POST.getlist("hidden")}
        for category in asked ^ wished.discreet:
            door = wishing.wish if category in asked else wishing.withdraw_wish
            door(actor=request.actor, ref=ref, kind=WishKind.DISCREET, category=category)
        return redirect("patient:discretion")
    return render(request, "patient/discretion.html", {"wished": wished, "categories": list(Category)})


@require_POST
@only_for(Role.PATIENT)
def cover(request: Visit) -> HttpResponse:
    """Hides again at once what the fresh proof shows."""
    grow_stale(request)
    return redirect("patient:home")
