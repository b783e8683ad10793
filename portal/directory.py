"""The public directory of professionals, searched by name."""

from __future__ import annotations

from django.db.models import Func, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Lower
from django.utils import timezone

from consent.models import Membership, Professional

_SHOWN = 20
# People type names without their accents: "lefevre" finds Lefèvre.
_ACCENTS, _PLAIN = "àâäãçéèêëîïíñôöóùûüúÿ", "aaaaceeeeiiinooouuuuy"


def search(name: str) -> list[Professional]:
    """Professionals who work somewhere today and whose names hold each word of ``name``."""
    found = working().alias(plain_family=_plain("family"), plain_given=_plain("given"))
    for word in name.lower().translate(str.maketrans(_ACCENTS, _PLAIN)).split():
        found = found.filter(Q(plain_family__contains=word) | Q(plain_given__contains=word))
    return list(found[:_SHOWN])


def _plain(field: str) -> Func:
    return Func(Lower(field), Value(_ACCENTS), Value(_PLAIN), function="translate")


def working() -> QuerySet[Professional]:
    """The professionals with a place of work today, each with ``places`` (a list of memberships)."""
    live = Membership.objects.live(timezone.now()).select_related("organisation")
    here = Professional.objects.filter(memberships__in=live).distinct()
    return here.prefetch_related(Prefetch("memberships", queryset=live, to_attr="places"))
