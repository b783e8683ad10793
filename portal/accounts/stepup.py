"""Step-up: before an act that matters, the person proves again who they are.

One mechanism for every audience. A view behind :func:`fresh_proof` is only reached with a proof of the
last minutes; without one the same address answers with a page that asks for it, a passkey first. What
was being sent is carried by that page and goes on after the proof: nothing that was typed is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from audit.actor import Role
from portal.accounts import enrolment, proving
from portal.accounts.entering import Answer
from portal.accounts.forms import PasskeyForm, ProveEitherForm, ProveForm
from portal.accounts.views import NOT_RIGHT, refused
from portal.acting import Visit

View = TypeVar("View", bound=Callable[..., HttpResponse])
NO_PASSKEY_PROOF = _("Your passkey proved nothing this time. Nothing was changed. Please try again.")
# Names of this page's own fields; everything else that was posted is carried.
_OWN = frozenset({"csrfmiddlewaretoken", ProveForm.FIELD, PasskeyForm.FIELD, "prove"})
_MOST_CARRIED = 200


def fresh_proof(
    *,
    staff_passkey: bool = False,
    only_if: Callable[[Visit], bool] | None = None,
    or_new: bool = False,
    carry: bool = True,
    or_recovery: bool = False,
    back: Callable[[Visit], str] | None = None,
) -> Callable[[View], View]:
    """Closes a view to everybody who has not proven again, moments ago, who they are.

    Args:
        staff_passkey: professionals and administrators prove it with a passkey and nothing less.
        only_if: asks only for some requests, such as those that share more widely.
        or_new: a sign-in of the last minutes counts too.
        carry: whether what was posted goes on after the proof; not for pages where passwords are typed.
        or_recovery: a recovery code is a proof too, for whoever lost the telephone whose factor they replace.
        back: for files: where the proof leads, the page with their button; a file leaves the proof's page standing.
    """

    def close(view: View) -> View:
        @wraps(view)
        def opened(request: Visit, *args: Any, **kwargs: Any) -> HttpResponse:
            if only_if is not None and not only_if(request):
                return view(request, *args, **kwargs)
            by_passkey = staff_passkey and request.actor.role is not Role.PATIENT
            if proving.is_fresh(request, by_passkey=by_passkey, or_new=or_new):
                return view(request, *args, **kwargs)
            page = _ask(request, by_passkey=by_passkey, carry=carry, or_recovery=or_recovery)
            if page is not None:
                return page
            if back is not None:
                messages.success(request, _("Thank you. You can take the file now."))
                return redirect(back(request))
            # The proof came with what was posted before: it goes on as if it had been sent now.
            return view(request, *args, **kwargs) if _is_act(request, carry) else redirect(request.get_full_path())

        opened.asks_again = True  # type: ignore[attr-defined]
        return cast(View, opened)

    return close


def proven_first(request: Visit, act: Callable[[], HttpResponse], *, needed: bool) -> HttpResponse:
    """What ``act`` answers, after a fresh proof when ``needed``: for pages that find out on the way what would open."""
    return fresh_proof(only_if=lambda _request: needed)(lambda _request: act())(request)


def _ask(request: Visit, *, by_passkey: bool, carry: bool, or_recovery: bool) -> HttpResponse | None:
    """The page that asks for a proof; ``None`` once it was given."""
    sent = request.POST if "prove" in request.POST else None
    kind = ProveEitherForm if or_recovery else ProveForm
    form = kind(sent if sent and ProveForm.FIELD in sent else None)
    context = {
        "carried": _carried(request, carry),
        "act": "act" if _is_act(request, carry) else "look",
        "has_passkey": enrolment.has_passkey(request.user),
        "takes_code": not by_passkey,
        "told": "",
    }
    if sent is None:
        return render(request, "accounts/prove.html", {"form": form, **context})
    typed = sent.get(PasskeyForm.FIELD, "")
    if typed:
        if proving.prove_by_passkey(request, typed).accepted:
            return None
        return render(request, "accounts/prove.html", {"form": form, **context, "told": NO_PASSKEY_PROOF}, status=422)
    if by_passkey or not form.is_valid():
        return render(request, "accounts/prove.html", {"form": form, **context}, status=422)
    answer: Answer = proving.prove_again(request, form.cleaned_data[ProveForm.FIELD], or_recovery=or_recovery)
    if answer.accepted:
        return None
    return refused(request, "accounts/prove.html", form, answer, str(NOT_RIGHT), **context)


def _is_act(request: Visit, carry: bool) -> bool:
    """Whether something was being sent, rather than a page asked for."""
    return carry and request.method == "POST" and request.POST.get("prove", "act") == "act"


def _carried(request: Visit, carry: bool) -> list[tuple[str, str]]:
    """What was posted beside the proof, field by field."""
    if not carry:
        return []
    pairs = [(name, value) for name in request.POST if name not in _OWN for value in request.POST.getlist(name)]
    return pairs[:_MOST_CARRIED]
