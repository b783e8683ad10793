"""Initial consent by a code: the patient shows it on their phone, a professional types it, care begins.

A code lasts a few minutes, is good once, and is kept as a keyed digest only; who types too many wrong ones waits.
Plain functions inside the open transaction of the doors of records (``records.care_codes``), which own the key of
the digest.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils.translation import gettext as _

from audit.actor import Actor, Role
from audit.events import Event, Outcome
from audit.log import append
from consent.acting import Invalid, ended, may_share, moment_fact, period, take_turn
from consent.choosing import find_professional
from consent.decisions import Decision, Ground
from consent.declaring import Lookup, find
from consent.dossiers import DossierRef
from consent.models import CareCode, CareRelationship, CodeTry
from consent.models.code import LONGEST
from consent.professions import Profession

MINUTES = 5
TRIES = 5
TRIES_WITHIN = timedelta(minutes=15)


def begin_code(*, actor: Actor, ref: DossierRef, digest: bytes) -> tuple[Decision, datetime | None]:
    """Let a code hold from now on, and end the one before. Returns the decision, and until when the code holds.

    Minutes are the setting ``CARE_CODE_MINUTES`` (5), never more than the hard limit. A refusal is remembered; the
    caller commits, then raises.
    """
    decision = may_share(actor, ref, Event.CODE_SHOWN)
    if not decision.allowed:
        return decision, None
    at = take_turn(ref)
    for earlier in CareCode.objects.about(ref.id).live(at).filter(used_at=None):
        earlier.during = ended(earlier.during, at)
        earlier.save(update_fields=["during"])
    until = at + min(timedelta(minutes=int(getattr(settings, "CARE_CODE_MINUTES", MINUTES))), LONGEST)
    code = CareCode.objects.create(dossier=ref.id, digest=digest, during=period(at, until))
    append(
        Event.CODE_SHOWN,
        actor=actor,
        dossier=ref.pseudonym,
        object_id=code.id,
        ground=decision.ground,
        facts={"until": moment_fact(until)},
    )
    return decision, until


def find_code(*, actor: Actor, digest: bytes, at: datetime) -> CareCode | Invalid:
    """The code of that digest, locked; or what to tell the professional. A wrong one is counted and remembered.

    Wrong, late and used codes answer alike: nobody learns that a code was nearly good. The caller commits, then
    raises what is returned.
    """
    if actor.role is not Role.PROFESSIONAL or actor.professional is None or actor.on_behalf_of is not None:
        return Invalid(_("Only a professional opens a care relationship with a code."))
    if CodeTry.objects.filter(professional=actor.professional, at__gt=at - TRIES_WITHIN).count() >= TRIES:
        append(Event.CODE_REFUSED, actor=actor, outcome=Outcome.REFUSED, facts={"reason": "too_many"})
        return Invalid(_("Too many codes were wrong. Wait a quarter of an hour, then ask for a new code."))
    find(Lookup.CARE_CODE, digest)
    live = CareCode.objects.select_for_update().live(at)
    code = live.filter(digest=digest, used_at=None).first()
    if code is None:
        CodeTry.objects.create(professional_id=actor.professional, at=at)
        append(Event.CODE_REFUSED, actor=actor, outcome=Outcome.REFUSED, facts={"reason": "wrong"})
        return Invalid(_("This code is not good, or no longer. Ask the patient to show a new one."))
    return code


def use_code(*, actor: Actor, ref: DossierRef, code: CareCode, at: datetime) -> UUID:
    """Use the code up and open the care relationship. Returns its id.

    Raises:
        Invalid: a profession that reaches records in emergencies only, or care is open already.
    """
    person = find_professional(actor.professional or UUID(int=0))
    if person.profession == Profession.EMERGENCY_REGULATOR:
        raise Invalid(_("Your profession reaches a record only in an emergency."))
    take_turn(ref)
    if CareRelationship.objects.about(ref.id).live(at).filter(professional=person).exists():
        raise Invalid(_("You already take care of this patient."))
    code.used_by, code.used_at = person, at
    code.save(update_fields=["used_by", "used_at"])
    opened = CareRelationship.objects.create(dossier=ref.id, professional=person, during=period(at, None))
    append(
        Event.CODE_USED,
        actor=actor,
        dossier=ref.pseudonym,
        object_id=opened.id,
        ground=Ground.RELATIONSHIP,
        facts={"professional": person.id},
    )
    return opened.id
