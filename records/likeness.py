"""Whether a professional and a patient are close: one name, one address, one person, or two colleagues.

Everything is compared by keyed digests (HMAC-SHA256): whoever asks learns that two things are alike, never what they
are. Digests of a patient are made where the identity is written; those of staff when their employer declares them.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hmac import compare_digest
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit.actor import Actor, SystemTask
from audit.events import Event
from audit.log import append
from consent.declaring import Lookup, declare, declared, find, over_every_dossier
from consent.models import Membership, Professional
from records.dossiers import Unknown, unseal_identity
from records.house import digester, lookup_digest
from records.ins import spell_ins
from records.models import Dossier, Likeness, PatientKey, StaffLikeness
from records.patient_keys import PatientKeys
from records.people import Identity

_DECLARERS = frozenset({SystemTask.IMPORT, SystemTask.SEED})


class Close(StrEnum):
    """In what way they are close."""

    ONESELF = "treating_oneself"
    COLLEAGUE = "colleague"
    SURNAME = "same_surname"
    ADDRESS = "same_address"


@dataclass(frozen=True, slots=True)
class Pair:
    """A professional's account and the pseudonym of a dossier that they looked into."""

    actor: UUID
    dossier: UUID


def keep_likeness(dossier_id: UUID, identity: Identity) -> None:
    """Keep the digests of an identity that is being written, in its open transaction."""
    kept = likeness_of(digester("likeness"), dossier_id, identity)
    Likeness.objects.update_or_create(dossier_id=dossier_id, defaults=kept)


def likeness_of(digest: Callable[[str], bytes], dossier_id: UUID, identity: Identity) -> dict[str, bytes]:
    """The columns of one :class:`Likeness`; ``digest`` is ``digester("likeness")``."""
    return {
        name: _bound(digest, dossier_id, digest(f"{kind}:{plain}")) if plain else b""
        for name, kind, plain in (
            ("surname", "surname", spell_name(identity.family)),
            ("used_name", "surname", spell_name(identity.used_name)),
            ("address", "address", spell_address(identity.address)),
        )
    }


def declare_staff(*, actor: Actor, account_id: UUID, address: str = "", ins: str = "") -> None:
    """Door: keep the digests of a professional's own address and national health number. Import and seed only.

    Raises:
        Unknown: this actor may not.
        Invalid: the national health number is wrong.
    """
    if actor.task not in _DECLARERS:
        raise Unknown
    spelled = spell_address(address)
    kept = {
        "address": digester("likeness")(f"address:{spelled}") if spelled else b"",
        "ins_digest": lookup_digest("ins", spell_ins(ins)) if ins else b"",
    }
    with transaction.atomic(durable=True):
        StaffLikeness.objects.update_or_create(account_id=account_id, defaults=kept)
        append(Event.LIKENESS_KEPT, actor=actor, facts={"account": account_id})


def keep_missing(*, actor: Actor, limit: int = 500) -> int:
    """Door: make the digests of dossiers whose identity was written before there were any; how many.

    Raises:
        Unknown: this actor may not.
        Unreadable: an identity does not open.
    """
    if actor.task not in {*_DECLARERS, SystemTask.SWEEP}:
        raise Unknown
    with transaction.atomic(durable=True):
        with over_every_dossier():
            missing = list(Dossier.objects.filter(likeness=None, closed_at=None).order_by("id")[:limit])
        declare(*(dossier.id for dossier in missing))
        for dossier in missing:
            keys = PatientKeys(dossier.id, PatientKey.objects.filter(dossier_id=dossier.id))
            identity = unseal_identity(keys, dossier.identity_revision, bytes(dossier.sealed_identity))
            keep_likeness(dossier.id, identity)
        if missing:
            append(Event.LIKENESS_KEPT, actor=actor, facts={"dossiers": len(missing)})
    return len(missing)


def alike(pairs: Iterable[Pair]) -> dict[Pair, Close]:
    """Those of these pairs that are close, each with the closest way (a plain function: it opens nothing)."""
    asked = list(pairs)
    known = _Known(asked)
    found = {pair: known.closest(pair) for pair in asked}
    return {pair: close for pair, close in found.items() if close}


def spell_name(name: str) -> str:
    """A surname in its one spelling: letters alone, without case or accents."""
    return "".join(char for char in _plain(name) if char.isalpha())


def spell_address(address: str) -> str:
    """An address in its one spelling: letters and digits alone, without case or accents."""
    return "".join(char for char in _plain(address) if char.isalnum())


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def _bound(digest: Callable[[str], bytes], dossier_id: UUID, plain_digest: bytes) -> bytes:
    return digest(f"{dossier_id}:{plain_digest.hex()}")


class _Known:
    """What is known of the people of some pairs, in a handful of queries."""

    def __init__(self, pairs: Sequence[Pair]) -> None:
        self._digest = digester("likeness")
        fields = ("id", "pseudonym", "account_id", "ins_digest", "likeness")
        with declared():
            found = find(Lookup.PSEUDONYM, *{pair.dossier for pair in pairs})
            dossiers = Dossier.objects.filter(id__in=found).select_related("likeness").only(*fields)
            self._dossiers = {dossier.pseudonym: dossier for dossier in dossiers}
        actors = {pair.actor for pair in pairs}
        self._names = dict(Professional.objects.filter(account_id__in=actors).values_list("account_id", "family"))
        self._staff = {row.account_id: row for row in StaffLikeness.objects.filter(account_id__in=actors)}
        numbers = {bytes(dossier.ins_digest) for dossier in self._dossiers.values() if dossier.ins_digest}
        same = StaffLikeness.objects.filter(ins_digest__in=numbers) if numbers else StaffLikeness.objects.none()
        self._staff_by_number = {bytes(row.ins_digest): row.account_id for row in same}
        self._places = self._places_of(actors | set(self._staff_by_number.values()))

    @staticmethod
    def _places_of(accounts: set[UUID]) -> dict[UUID, set[UUID]]:
        live: QuerySet[Membership] = Membership.objects.live(timezone.now())
        places: dict[UUID, set[UUID]] = defaultdict(set)
        rows = live.filter(professional__account_id__in=accounts)
        for account, place in rows.values_list("professional__account_id", "organisation_id"):
            places[account].add(place)
        return places

    def closest(self, pair: Pair) -> Close | None:
        dossier = self._dossiers.get(pair.dossier)
        if dossier is None:
            return None
        owner = self._staff_by_number.get(bytes(dossier.ins_digest)) if dossier.ins_digest else None
        if pair.actor in {dossier.account_id, owner}:
            return Close.ONESELF
        if owner and self._places[owner] & self._places[pair.actor]:
            return Close.COLLEAGUE
        likeness = getattr(dossier, "likeness", None)
        return self._by_digest(pair, dossier.id, likeness) if likeness else None

    def _by_digest(self, pair: Pair, dossier_id: UUID, likeness: Likeness) -> Close | None:
        staff = self._staff.get(pair.actor)
        if staff and staff.address and self._same(dossier_id, bytes(staff.address), likeness.address):
            return Close.ADDRESS
        spelled = spell_name(self._names.get(pair.actor, ""))
        name = self._digest(f"surname:{spelled}") if spelled else b""
        if name and any(self._same(dossier_id, name, kept) for kept in (likeness.surname, likeness.used_name)):
            return Close.SURNAME
        return None

    def _same(self, dossier_id: UUID, digest: bytes, kept: bytes | memoryview) -> bool:
        return compare_digest(_bound(self._digest, dossier_id, digest), bytes(kept))
