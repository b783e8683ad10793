"""What the patient wishes about their whole record or one category.

Documents to come, emergencies, when results appear, discretion.

A wish holds from now until it is withdrawn. Each door belongs to the patient; ``Invalid`` says a sentence and changes
nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext as _

from audit.actor import Actor
from audit.events import Event
from audit.log import append
from consent.acting import Invalid, ended, ground_of, period, reaches, share
from consent.categories import Category
from consent.declaring import declared
from consent.dossiers import DossierRef
from consent.models.wish import PER_CATEGORY, RESULTS, Wish, WishKind

_THEIR_OWN = frozenset({WishKind.DISCREET, WishKind.HIDE_NEW})

# A kind, and the category it is about, if any.
Wanted = tuple[WishKind, Category | None]

__all__ = ["Invalid", "WishKind", "result_wish", "wish", "wish_many", "withdraw_wish"]


def wish(*, actor: Actor, ref: DossierRef, kind: WishKind, category: Category | None = None) -> UUID:
    """Door: let a wish hold from now on. Returns its id.

    Of the three wishes about when results appear, the last one made for a category holds.

    Raises:
        Refused: the actor is not the patient.
        Invalid: the wish needs a category or takes none; or it holds already.
    """
    _check_category(kind, category)
    _check_whose(actor, kind)
    return share(actor, ref, _event(kind, Event.WISH_MADE), lambda at: _wish(actor, ref, kind, category, at), category)


def _wish(actor: Actor, ref: DossierRef, kind: WishKind, category: Category | None, at: datetime) -> UUID:
    live = Wish.objects.about(ref.id).live(at)
    if live.filter(kind=kind, category=category or "").exists():
        raise Invalid(_("This is already what you wish. Nothing was changed."))
    if kind in RESULTS:
        for other in live.filter(kind__in=[each.value for each in RESULTS], category=category or ""):
            _end(other, at)
    made = Wish.objects.create(dossier=ref.id, kind=kind, category=category or "", during=period(at, None))
    _remember(Event.WISH_MADE, actor, ref, made)
    return made.id


def withdraw_wish(*, actor: Actor, ref: DossierRef, kind: WishKind, category: Category | None = None) -> None:
    """Door: a wish holds no longer.

    Raises:
        Refused: the actor is not the patient.
        Invalid: it does not hold; or it is discretion and the patient has not just proved who they are.
    """
    _check_category(kind, category)
    if kind is WishKind.DISCREET and not actor.fresh:
        raise Invalid(_("Confirm first who you are."))
    _check_whose(actor, kind)
    event = _event(kind, Event.WISH_WITHDRAWN)
    share(actor, ref, event, lambda at: _withdraw(actor, ref, kind, category, at), category)


def _withdraw(actor: Actor, ref: DossierRef, kind: WishKind, category: Category | None, at: datetime) -> None:
    held = Wish.objects.about(ref.id).live(at).filter(kind=kind, category=category or "").first()
    if held is None:
        raise Invalid(_("This wish is no longer in force. Nothing was changed."))
    _end(held, at)
    _remember(Event.WISH_WITHDRAWN, actor, ref, held)


def wish_many(
    *, actor: Actor, ref: DossierRef, wished: Collection[Wanted] = (), withdrawn: Collection[Wanted] = ()
) -> int:
    """Door: several wishes as one act: all, or none. Returns how many changed; what is so already is left alone.

    Raises:
        Refused: the actor may not say who sees this dossier.
        Invalid: one of them makes no sense, or a category is not the actor's to decide. Nothing was changed.
    """
    for kind, category in (*wished, *withdrawn):
        _check_category(kind, category)
        _check_whose(actor, kind)
    if any(kind is WishKind.DISCREET for kind, _category in withdrawn) and not actor.fresh:
        raise Invalid(_("Confirm first who you are."))
    return share(actor, ref, Event.WISH_MADE, lambda at: _wish_many(actor, ref, wished, withdrawn, at))


def _wish_many(
    actor: Actor, ref: DossierRef, wished: Collection[Wanted], withdrawn: Collection[Wanted], at: datetime
) -> int:
    if not all(reaches(actor, ref, category) for _kind, category in (*wished, *withdrawn) if category is not None):
        raise Invalid(_("Choose a category."))
    held = set(Wish.objects.about(ref.id).live(at).values_list("kind", "category"))
    ending = [(kind, category) for kind, category in withdrawn if (kind.value, category or "") in held]
    beginning = [(kind, category) for kind, category in wished if (kind.value, category or "") not in held]
    for kind, category in ending:
        _withdraw(actor, ref, kind, category, at)
    for kind, category in beginning:
        _wish(actor, ref, kind, category, at)
    return len(ending) + len(beginning)


def result_wish(ref: DossierRef, category: Category, at: datetime) -> WishKind | None:
    """When the patient wishes new results of a category to appear; ``None`` when they never said. Plain function."""
    live = Wish.objects.about(ref.id).live(at).filter(kind__in=[each.value for each in RESULTS], category=category)
    with declared(ref.id):
        kind = live.values_list("kind", flat=True).first()
    return WishKind(kind) if kind else None


def _check_category(kind: WishKind, category: Category | None) -> None:
    if kind in PER_CATEGORY and category is None:
        raise Invalid(_("Choose a category."))
    if category is not None and kind not in PER_CATEGORY and kind is not WishKind.HIDE_NEW:
        raise Invalid(_("This wish is about the whole record."))


def _check_whose(actor: Actor, kind: WishKind) -> None:
    """What hides from those who act for the patient is not theirs to wish: they would hide it from themselves."""
    if actor.on_behalf_of is not None and kind in _THEIR_OWN:
        raise Invalid(_("Only the patient can wish this."))


def _event(kind: WishKind, event: Event) -> Event:
    """Discretion has an event of its own, so that it can be left out of what it hides from."""
    return Event.DISCRETION_CHANGED if kind is WishKind.DISCREET else event


def _end(held: Wish, at: datetime) -> None:
    held.during = ended(held.during, at)
    held.save(update_fields=["during"])


def _remember(event: Event, actor: Actor, ref: DossierRef, held: Wish) -> None:
    kind = WishKind(held.kind)
    append(
        _event(kind, event),
        actor=actor,
        dossier=ref.pseudonym,
        category=held.category,
        object_id=held.id,
        ground=ground_of(actor),
        facts={"kind": kind, "state": "on" if event is Event.WISH_MADE else "off"},
    )
