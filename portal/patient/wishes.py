"""What the patient wishes for documents and people to come, for emergencies, for results; and discretion."""

from __future__ import annotations

from collections.abc import Callable, Set
from functools import partial

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
from consent.granting import Wanted
from consent.models import WishKind
from consent.professions import Profession
from consent.representing import SHAREABLE
from consent.rights import Right
from consent.wished import Wished, newcomer_choices, read_wishes
from portal.accounts.proving import grow_stale
from portal.accounts.stepup import fresh_proof, proven_first
from portal.acting import Visit
from portal.audiences import only_for
from records.identity import find_own
from records.on_behalf import find_dossier

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
@only_for(Role.PATIENT, on_behalf=True)
def wishes(request: Visit) -> HttpResponse:
    """All wishes on one page, each part with its own button."""
    ref = find_dossier(request.actor)
    sharing = read_sharing(actor=request.actor, ref=ref)
    wished = read_wishes(actor=request.actor, ref=ref)
    context = {
        "wished": wished,
        "doctors": [each.person for each in sharing.professionals if each.person.profession == Profession.DOCTOR],
        "shareable": [category for category in wished.decided if category in SHAREABLE],
        "results": [category for category in RESULTS if category in wished.decided],
        "own": request.actor.on_behalf_of is None,
        "when": WHEN,
    }
    return render(request, "patient/wishes.html", context)


@require_POST
@only_for(Role.PATIENT, on_behalf=True)
def save(request: Visit, part: str) -> HttpResponse:
    """Makes what one part of the page asks; what is so already is left alone."""
    if part not in _PARTS:
        raise Http404
    ref = find_dossier(request.actor)
    before = read_wishes(actor=request.actor, ref=ref)
    return proven_first(request, partial(_save, request, part, ref, before), needed=_opens(request, part, before))


def _save(request: Visit, part: str, ref: DossierRef, before: Wished) -> HttpResponse:
    changed = _PARTS[part](request, ref, before)
    if changed:
        messages.success(request, _("Your wish is recorded. It holds from the next page that is opened."))
    else:
        messages.info(request, _("Nothing to change: this is already what you wish."))
    return redirect("patient:wishes")


def _opens(request: Visit, part: str, before: Wished) -> bool:
    """Whether somebody would see more than before: to close needs no proof."""
    asked = request.POST.getlist
    if part == "new":
        return (before.hide_new and "on" not in request.POST) or bool(before.hidden_when_new - set(asked("hidden")))
    if part == "newcomers":
        return bool(before.newcomers - set(asked("closed")))
    # When results come is about one's own screens; to name a treating doctor opens nothing.
    return part == "emergencies" and any(not getattr(before, name) for name in _SWITCHES if name in asked("open"))


def _new(request: Visit, ref: DossierRef, before: Wished) -> int:
    """Everything new, or what is new in some categories."""
    asked = {category for category in SHAREABLE if category.value in request.POST.getlist("hidden")}
    wanted: set[wishing.Wanted] = {(WishKind.HIDE_NEW, category) for category in asked}
    held: set[wishing.Wanted] = {(WishKind.HIDE_NEW, category) for category in before.hidden_when_new}
    if "on" in request.POST:
        wanted.add((WishKind.HIDE_NEW, None))
    if before.hide_new:
        held.add((WishKind.HIDE_NEW, None))
    return _turn(request.actor, ref, held, wanted)


def _emergencies(request: Visit, ref: DossierRef, before: Wished) -> int:
    """Some switches are kept as what the patient does not want: the absence of a wish is the default."""
    asked = set(request.POST.getlist("open"))
    kinds = {kind: name for name, kind in _SWITCHES.items()}
    held = {(kind, None) for kind, name in kinds.items() if getattr(before, name) != (kind in _OFF)}
    wanted = {(kind, None) for kind, name in kinds.items() if (name in asked) != (kind in _OFF)}
    return _turn(request.actor, ref, held, wanted)


def _turn(actor: Actor, ref: DossierRef, held: Set[wishing.Wanted], wanted: Set[wishing.Wanted]) -> int:
    """What a part of the page changes, as one act."""
    if held == wanted:
        return 0
    return wishing.wish_many(actor=actor, ref=ref, wished=wanted - held, withdrawn=held - wanted)


def _newcomers(request: Visit, ref: DossierRef, before: Wished) -> int:
    asked = {category for category in SHAREABLE if category.value in request.POST.getlist("closed")}
    current = newcomer_choices(ref, now())
    wanted = [Wanted(category, Right.READ, False, newcomers=True) for category in asked - before.newcomers]
    withdrawn = [current[category].id for category in before.newcomers - asked if category in current]
    if not (wanted or withdrawn):
        return 0
    return granting.choose_many(actor=request.actor, ref=ref, wanted=wanted, withdrawn=withdrawn)


def _results(request: Visit, ref: DossierRef, before: Wished) -> int:
    held: set[wishing.Wanted] = {(kind, category) for category, kind in before.results.items()}
    wanted: set[wishing.Wanted] = set()
    for category in RESULTS:
        asked = request.POST.get(category.value, "")
        if asked and asked in dict(WHEN):
            wanted.add((WishKind(asked), category))
    return _turn(request.actor, ref, held, wanted)


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
        asked: set[wishing.Wanted] = {
            (WishKind.DISCREET, category) for category in Category if category.value in request.POST.getlist("hidden")
        }
        _turn(request.actor, ref, {(WishKind.DISCREET, category) for category in wished.discreet}, asked)
        return redirect("patient:discretion")
    return render(request, "patient/discretion.html", {"wished": wished, "categories": list(Category)})


@require_POST
@only_for(Role.PATIENT)
def cover(request: Visit) -> HttpResponse:
    """Hides again at once what the fresh proof shows."""
    grow_stale(request)
    return redirect("patient:home")
