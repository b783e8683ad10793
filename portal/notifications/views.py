"""The letters of a person, in the portal: reading them, and choosing which leave it and when."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.acting import Visit
from portal.notifications.forms import WishesForm, kinds_for
from portal.notifications.kinds import Channel, Kind
from portal.notifications.models import Letter
from portal.notifications.preferences import Wishes, keep_wishes, wishes_of
from portal.notifications.wording import Topic, said_in_portal
from portal.notifications.wording import render as worded
from portal.notifications.words import draw_again, three_words

SHOWN = 50
_UNREAD = "unread"


@require_safe
def letters(request: Visit) -> HttpResponse:
    """The newest letters, all or the unread ones; opening the page changes nothing."""
    own = Letter.objects.addressed_to(request.user.pk)
    only_unread = request.GET.get("show") == _UNREAD
    wanted = own.unread() if only_unread else own
    before = request.GET.get("before", "")
    if before:
        if not before.isdecimal() or len(before) > len(str(2**63 - 1)) - 1:
            raise Http404
        wanted = wanted.filter(entry_index__lt=int(before))
    page = list(wanted[: SHOWN + 1])
    context = {
        "letters": page[:SHOWN],
        "older": page[SHOWN - 1].entry_index if len(page) > SHOWN else None,
        "only_unread": only_unread,
        "unread": own.unread().count(),
        "said": said_in_portal,
    }
    return render(request, "notifications/letters.html", context)


@require_POST
def mark_read(request: Visit, letter_id: UUID | None = None) -> HttpResponse:
    """Mark one letter as read, or all of them."""
    own = Letter.objects.addressed_to(request.user.pk)
    if letter_id is not None:
        own = own.filter(pk=get_object_or_404(own, pk=letter_id).pk)
    own.mark_read()
    only_unread = letter_id is not None and request.POST.get("show") == _UNREAD
    return redirect(f"{reverse('notifications:letters')}{f'?show={_UNREAD}' if only_unread else ''}")


@require_http_methods(["GET", "HEAD", "POST"])
def preferences(request: Visit) -> HttpResponse:
    """Which letters leave the portal, by which way, and when."""
    wishes = wishes_of([request.user.pk]).get(request.user.pk, Wishes())
    form = WishesForm(request.POST or None, role=request.actor.role, wishes=wishes)
    if request.method == "POST" and form.is_valid():
        keep_wishes(actor=request.actor, wishes=form.wishes)
        messages.success(request, _("Your choices are kept. They count from the next letter."))
        return redirect("notifications:preferences")
    context = {"form": form, "words": three_words(request.user.pk)}
    return render(request, "notifications/preferences.html", context, status=422 if form.errors else 200)


@require_safe
def preview(request: Visit, kind: str) -> HttpResponse:
    """One letter as it will look, by each way, with the reader's own three words."""
    if kind not in kinds_for(request.actor.role):
        raise Http404
    topics = [Topic(Kind(kind))]
    words = three_words(request.user.pk)
    context = {
        "kind": Kind(kind),
        "mail": worded(Channel.MAIL, topics, request.user.language, words),
        "sms": worded(Channel.SMS, topics, request.user.language, words),
    }
    return render(request, "notifications/preview.html", context)


@require_POST
def other_words(request: Visit) -> HttpResponse:
    """Draw three other words."""
    draw_again(actor=request.actor)
    messages.success(request, _("These are your words from the next letter on."))
    return redirect(f"{reverse('notifications:preferences')}#words")
