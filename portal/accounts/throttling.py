"""Slow down guessing without ever locking the owner out.

Failures are counted in the database (a cache may be lost) under three keyed digests:

- the *pair* of account and address prefix is the only one that makes anybody wait;
- the *account* and the *prefix* alone are shared with strangers: they never refuse, they only
  shorten the number of free tries of each pair.

So somebody who guesses from many addresses gets two tries from each, and the owner, at an address
of their own, still comes in. At an address that they share with whoever guesses, a device on which
they came in before is counted by itself instead of with the network, and keeps its free tries.
Unknown accounts are counted like known ones: nothing can be learnt.
"""

from __future__ import annotations

import ipaddress
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from portal.accounts.models import Attempts

FREE_TRIES = 5
FREE_TRIES_UNDER_ATTACK = 2
ACCOUNT_UNDER_ATTACK = 30
PREFIX_UNDER_ATTACK = 100
LONGEST_WAIT_SECONDS = 300
FORGOTTEN_AFTER = timedelta(hours=1)
_SWEPT_AT_ONCE = 20


def take_turn(login_digest: bytes, address: str, device: str = "") -> int:
    """Counts one try, or says how many seconds this pair has to wait first (0: go on).

    ``device`` is what :func:`portal.accounts.devices.known_to` says: it takes the place of the network in the pair.

    The try is counted before the password is checked, so that many parallel guesses cannot all
    pass before the first failure is written. :func:`forgive` takes it back.
    """
    pair, account, prefix = keys = _keys(login_digest, address, device)
    now = timezone.now()
    with transaction.atomic(durable=True):
        _sweep(now)
        Attempts.objects.bulk_create(
            (Attempts(digest=key, failures=0, last_failed_at=now) for key in sorted(keys)), ignore_conflicts=True
        )
        # Always locked in the same order: two tries at once would otherwise wait for each other.
        rows = {
            bytes(row.digest): row for row in Attempts.objects.filter(pk__in=keys).order_by("pk").select_for_update()
        }
        under_attack = rows[account].failures >= ACCOUNT_UNDER_ATTACK or rows[prefix].failures >= PREFIX_UNDER_ATTACK
        few = under_attack and not device
        wait = _seconds_left(rows[pair], now, FREE_TRIES_UNDER_ATTACK if few else FREE_TRIES)
        if wait == 0:
            Attempts.objects.filter(pk__in=keys).update(failures=F("failures") + 1, last_failed_at=now)
    return wait


def take_place(purpose: str, address: str, *, most: int, during: timedelta) -> int:
    """Counts one use of an open page by this address prefix, or says how many seconds it has to wait (0: go on)."""
    value = f"{purpose}:{prefix_of(address)}"
    digest = salted_hmac("accounts.attempts", value, algorithm="sha256").digest()
    now = timezone.now()
    with transaction.atomic(durable=True):
        Attempts.objects.bulk_create([Attempts(digest=digest, last_failed_at=now)], ignore_conflicts=True)
        row = Attempts.objects.select_for_update().get(pk=digest)
        if row.last_failed_at < now - during:
            row.failures = 0
        if row.failures >= most:
            return max(1, int((row.last_failed_at + during - now).total_seconds()))
        Attempts.objects.filter(pk=digest).update(failures=row.failures + 1, last_failed_at=now)
    return 0


def forgive(login_digest: bytes, address: str, device: str = "") -> None:
    """The password was right: the pair starts afresh, the shared counters lose this one try."""
    pair, account, prefix = _keys(login_digest, address, device)
    Attempts.objects.filter(pk=pair).delete()
    for key in sorted((account, prefix)):
        Attempts.objects.filter(pk=key, failures__gt=0).update(failures=F("failures") - 1)


def address_of(request: HttpRequest) -> str:
    """Where a request comes from: the other end of the connection, or what our own proxy says of its other end.

    A proxy appends to ``X-Forwarded-For``: what stands before the last comma was written by the visitor. Without
    this everybody behind the proxy would share one prefix, and a stranger could make an owner wait.
    """
    told = request.headers.get("X-Forwarded-For", "") if settings.BEHIND_PROXY else ""
    return told.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))


def prefix_of(address: str) -> str:
    """The network of an address: /24 for IPv4, /56 for IPv6 (what one household is usually given)."""
    try:
        parsed = ipaddress.ip_address(address.split("%", 1)[0])
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    length = 24 if parsed.version == 4 else 56
    return str(ipaddress.ip_network((parsed, length), strict=False))


def _keys(login_digest: bytes, address: str, device: str) -> tuple[bytes, bytes, bytes]:
    """Digests of pair, account and prefix: the table names neither accounts nor addresses."""
    prefix, login = prefix_of(address), login_digest.hex()
    pair_of = f"known:{login}:{device}" if device else f"pair:{login}:{prefix}"
    values = (pair_of, f"account:{login}", f"prefix:{prefix}")
    pair, account, network = (salted_hmac("accounts.attempts", value, algorithm="sha256").digest() for value in values)
    return pair, account, network


def _seconds_left(row: Attempts, now: datetime, free: int) -> int:
    """What is left of 1, 2, 4… seconds after the last of the free tries."""
    if row.failures < free:
        return 0
    # Bounded before the power: a counter is only bounded by the size of its column.
    whole = min(2 ** min(row.failures - free, 12), LONGEST_WAIT_SECONDS)
    left = (row.last_failed_at + timedelta(seconds=whole) - now).total_seconds()
    return max(0, -int(-left // 1))


def _sweep(now: datetime) -> None:
    """Forgets a few counters that have been quiet, so that the table stays small."""
    quiet = Attempts.objects.filter(last_failed_at__lt=now - FORGOTTEN_AFTER).select_for_update(skip_locked=True)
    Attempts.objects.filter(pk__in=[row.pk for row in quiet.only("pk")[:_SWEPT_AT_ONCE]]).delete()
