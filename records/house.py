"""What belongs to no patient: staff factors and addresses, recovery codes, keyed look-ups.

One house key per purpose, made on first use, wrapped by the keyring, versioned. A purpose opens
nothing of another.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable
from hashlib import sha256
from uuid import UUID, uuid5

from django.db import transaction

from audit.actor import Actor, SystemTask
from audit.events import Event
from audit.log import append
from records.models import HouseKey, KeyState
from records.unlocking import make_key, unlock
from records.vault.cipher import Flaw, Subkeys, Unreadable, key_version_of, open_
from records.vault.envelope import Place, subkey

PURPOSES = frozenset({"factor", "contact", "lookup", "recovery", "outbox"})
LOOKUPS = frozenset({"login", "ins", "source", "session", "code", "device", "likeness"})

# Fixed for ever: wrapped house keys are bound to identifiers derived from it.
_NAMESPACE = UUID("0f8c6a52-7f0b-5d6f-9a43-2d1c5b7e9e10")
_KIND = "house"


def seal_for_house(purpose: str, owner: UUID, plaintext: bytes) -> bytes:
    """Seal something of the house so that it opens for that purpose and owner only.

    Raises:
        ValueError: the purpose is not in :data:`PURPOSES`.
    """
    row = _active(purpose)
    return _subkeys(purpose, row).seal(_place(purpose, owner), plaintext)


def open_for_house(purpose: str, owner: UUID, blob: bytes) -> bytes:
    """Open what :func:`seal_for_house` sealed.

    Raises:
        Unreadable: it belongs to another purpose or owner, was changed, or its key is destroyed.
        ValueError: the purpose is not in :data:`PURPOSES`.
    """
    sealed = bytes(blob)
    rows = HouseKey.objects.filter(purpose=_known(purpose), version=key_version_of(sealed))
    row = rows.first()
    if row is None:
        raise Unreadable(Flaw.UNKNOWN_KEY)
    return open_(lambda _: _subkeys(purpose, row), _place(purpose, owner), sealed)


def opener(purpose: str) -> Callable[[UUID, bytes], bytes]:
    """As :func:`open_for_house`, for many things with one look at the keys; keep it for one batch only.

    Raises:
        ValueError: the purpose is not in :data:`PURPOSES`.
    """
    rows = {row.version: row for row in HouseKey.objects.filter(purpose=_known(purpose))}
    known: dict[int, Subkeys] = {}

    def subkeys(version: int) -> Subkeys:
        if version not in rows:
            raise Unreadable(Flaw.UNKNOWN_KEY)
        if version not in known:
            known[version] = _subkeys(purpose, rows[version])
        return known[version]

    return lambda owner, blob: open_(subkeys, _place(purpose, owner), bytes(blob))


def lookup_digest(kind: str, value: str) -> bytes:
    """The 32 bytes under which a value is found again without being kept (HMAC-SHA256).

    The caller brings the value to its one spelling first. Kinds do not find each other.

    Raises:
        ValueError: the kind is not in :data:`LOOKUPS`.
    """
    return digester(kind)(value)


def digester(kind: str) -> Callable[[str], bytes]:
    """As :func:`lookup_digest`, for many values with one look at the key.

    Raises:
        ValueError: the kind is not in :data:`LOOKUPS`.
    """
    if kind not in LOOKUPS:
        raise ValueError(f"kind={kind!r}: expected one of {sorted(LOOKUPS)}")
    key = subkey(unlock(owner_of("lookup"), _active("lookup")), f"lookup-{kind}")
    return lambda value: hmac.digest(key, value.encode(), sha256)


def source_digester(dossier_id: UUID) -> Callable[[bytes], bytes]:
    """How the sources of one dossier are digested: the same source elsewhere has another digest."""
    digest = digester("source")
    return lambda source: digest(f"{dossier_id}:{sha256(source).hexdigest()}")


def _active(purpose: str) -> HouseKey:
    known = HouseKey.objects.filter(purpose=_known(purpose), state=KeyState.ACTIVE)
    return known.first() or _first_key(purpose)


def _first_key(purpose: str) -> HouseKey:
    new = make_key(owner_of(purpose), 1)
    made = HouseKey(purpose=purpose, kek_id=new.kek_id, wrapped=new.wrapped, check_value=new.check_value)
    with transaction.atomic():
        # Two processes may come here at once: one row wins, and both use it.
        HouseKey.objects.bulk_create([made], ignore_conflicts=True)
        row = HouseKey.objects.get(purpose=purpose, state=KeyState.ACTIVE)
        if row.id == made.id:
            append(Event.HOUSE_KEY_CREATED, actor=Actor.system(SystemTask.ROTATION), key_version=1)
    return row


def _subkeys(purpose: str, row: HouseKey) -> Subkeys:
    return Subkeys.derive(unlock(owner_of(purpose), row), row.version, _KIND, purpose)


def _place(purpose: str, owner: UUID) -> Place:
    return Place(_KIND, owner_of(purpose), purpose, owner, 0)


def owner_of(purpose: str) -> UUID:
    """The identifier that stands for the house in what is bound to that purpose."""
    return uuid5(_NAMESPACE, purpose)


def _known(purpose: str) -> str:
    if purpose not in PURPOSES:
        raise ValueError(f"purpose={purpose!r}: expected one of {sorted(PURPOSES)}")
    return purpose
