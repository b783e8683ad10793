"""Who stands in for whom in the demo town: a parent, a carer, a treating doctor, a lawful disclosure."""

from __future__ import annotations

from consent.categories import Category
from consent.decisions import RepresentativeKind
from consent.disclosing import disclose, read_disclosures
from consent.naming import name_treating_doctor
from consent.representing import SHAREABLE, add_representative
from portal.demo.founding import SEED
from portal.demo.living import DOCTOR, MIDWIFE, Town, once
from portal.demo.people import CAMILLE
from records.dossiers import aged_ref

_CHILD, _OLD_FRIEND = "lucas.bernard", "simone.petit"


def stand_in(town: Town) -> None:
    """Camille is the parent of Lucas and helps Simone; her own doctor is named; a birth was declared."""
    camille, ref = town.patients[CAMILLE]
    once(
        add_representative,
        actor=SEED,
        ref=aged_ref(town.dossier(_CHILD)),
        account=camille.id,
        kind=RepresentativeKind.PARENT,
        categories=SHAREABLE,
    )
    once(
        add_representative,
        actor=town.patients[_OLD_FRIEND][0],
        ref=aged_ref(town.dossier(_OLD_FRIEND)),
        account=camille.id,
        kind=RepresentativeKind.CARER,
        categories=(Category.MEDICAL_SUMMARY, Category.PRESCRIPTION, Category.CARE_PLAN),
        until=town.later(days=200),
    )
    once(name_treating_doctor, actor=camille, ref=ref, professional=town.person(DOCTOR))
    if not read_disclosures(actor=camille, ref=ref):
        disclose(
            actor=town.staff[MIDWIFE],
            ref=ref,
            basis="birth",
            fields=("date", "place", "sex"),
        )
