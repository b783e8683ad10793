"""Finding a dossier, and standing before it: who it is about, its keys, what consent says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.utils import timezone

from audit.actor import Actor, Role
from audit.prepared import models_of
from consent.ages import age_on
from consent.categories import Category
from consent.decisions import Decision, Facts, Ground, Right, decide
from consent.declaring import Lookup, declared, find
from consent.dossiers import DossierRef
from consent.facts import load_facts
from consent.thresholds import decide_opening
from records.models import Dossier, PatientKey
from records.patient_keys import Blob, PatientKeys
from records.people import Contact, Identity
from records.vault.cipher import Flaw, Unreadable


class Unknown(Exception):
    """Nothing is here for this actor: unknown and forbidden answer alike."""

    def __init__(self) -> None:
        super().__init__("Nothing is here.")


class NoDossier(Exception):
    """This account has no health record yet."""

    def __init__(self) -> None:
        super().__init__("This account has no health record.")


class Closed(NoDossier):
    """The health record of this account is closed: it opens to nobody, its patient included."""


@dataclass(frozen=True, slots=True, repr=False)
class Entered:
    """A dossier whose row and keys are loaded and on which consent has spoken. Nothing is open yet."""

    ref: DossierRef
    keys: PatientKeys
    facts: Facts
    opening: Decision
    sealed_identity: bytes
    identity_revision: int

    def __repr__(self) -> str:
        return "<Entered>"

    @property
    def may_read(self) -> bool:
        """Whether the dossier exists for this reader. The house files; it does not read."""
        return self.opening.allowed and self.facts.role is not Role.SYSTEM

    def reading(self, category: Category) -> Decision:
        """What consent says of reading a drawer."""
        return decide(self.facts, category=category, right=Right.READ)

    def as_shown(self, decision: Decision) -> Decision:
        """The decision as this reader may see it: a drawer that they hid from their own screens is an empty one."""
        if decision.ground is not Ground.DISCREET:
            return decision
        return replace(decision, allowed=True, ground=Ground.OWN_DOSSIER, trace=())

    def identity(self) -> Identity:
        """Unseal who the dossier is about.

        Raises:
            Unreadable: the identity does not open.
        """
        return unseal_identity(self.keys, self.identity_revision, self.sealed_identity)


def ref_of(dossier_id: UUID) -> DossierRef:
    """What the rooms below are told of a dossier.

    Raises:
        Unknown: there is none, or it is closed.
    """
    with declared(dossier_id):
        dossier = Dossier.objects.filter(id=dossier_id, closed_at=None).only("id", "pseudonym", "account_id").first()
    if dossier is None:
        raise Unknown
    return dossier.ref


def find_own(actor: Actor) -> DossierRef:
    """The dossier of the patient who acts.

    Raises:
        NoDossier: they have none, or are no patient.
        Closed: they closed it.
    """
    if actor.role is not Role.PATIENT:
        raise NoDossier
    with declared():
        find(Lookup.ACCOUNT, actor.id)
        own = models_of(Dossier, "found.account_id = %s", (actor.id,))
    if not own:
        raise NoDossier
    if own[0].closed_at is not None:
        raise Closed
    return own[0].ref


def enter(actor: Actor, dossier_id: UUID) -> Entered | None:
    """Stand before a dossier, in two queries; ``None`` when there is none, or it is closed.

    The open transaction, if there is one, is about this dossier from now on.
    """
    with declared(dossier_id):
        return _enter(actor, dossier_id)


def _enter(actor: Actor, dossier_id: UUID) -> Entered | None:
    rows = models_of(PatientKey, "found.dossier_id = %s", (dossier_id,), together="dossier")
    if not rows or rows[0].dossier.closed_at is not None:
        return None
    dossier = rows[0].dossier
    ref, keys = dossier.ref, PatientKeys(dossier.id, rows)
    facts = load_facts(actor, ref)
    if facts.represents:
        # No stored date reveals a birthday: the bracket is computed here, for those who act for the patient.
        born = unseal_identity(keys, dossier.identity_revision, dossier.sealed_identity).birth_date
        ref = replace(ref, age=age_on(born, timezone.localdate(facts.at)))
        facts = replace(facts, age=ref.age)
    return Entered(
        ref=ref,
        keys=keys,
        facts=facts,
        opening=decide_opening(facts),
        sealed_identity=bytes(dossier.sealed_identity),
        identity_revision=dossier.identity_revision,
    )


def aged_ref(dossier_id: UUID) -> DossierRef:
    """What the rooms below are told of a dossier where the patient's age matters: naming a representative.

    Raises:
        Unknown: there is none, or it is closed.
        Unreadable: its identity does not open.
    """
    with declared(dossier_id):
        rows = list(PatientKey.objects.filter(dossier_id=dossier_id).select_related("dossier"))
    if not rows or rows[0].dossier.closed_at is not None:
        raise Unknown
    dossier = rows[0].dossier
    born = unseal_identity(PatientKeys(dossier.id, rows), dossier.identity_revision, dossier.sealed_identity).birth_date
    return replace(dossier.ref, age=age_on(born, timezone.localdate()))


def unseal_identity(keys: PatientKeys, revision: int, blob: Blob) -> Identity:
    """Open a sealed identity.

    Raises:
        Unreadable: it belongs elsewhere, was changed, or is of an unknown version.
    """
    try:
        return Identity.from_bytes(keys.open_("identity", keys.dossier_id, revision, blob))
    except ValueError:
        raise Unreadable(Flaw.CONTENT) from None


def unseal_contact(keys: PatientKeys, revision: int, blob: Blob) -> Contact:
    """Open a sealed address; empty when none was ever given.

    Raises:
        Unreadable: it belongs elsewhere, was changed, or is of an unknown version.
    """
    if not blob:
        return Contact()
    try:
        return Contact.from_bytes(keys.open_("contact", keys.dossier_id, revision, blob))
    except ValueError:
        raise Unreadable(Flaw.CONTENT) from None
