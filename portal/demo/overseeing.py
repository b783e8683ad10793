"""What watches over the demo town: a reviewing doctor at the hospital, a declared address, an access in question."""

from __future__ import annotations

from audit.actor import Role
from audit.events import Event
from audit.models import Entry
from consent.models import Membership
from consent.reviewers import name_reviewer
from portal.demo.founding import SEED
from portal.demo.living import CARDIOLOGIST, NURSE, PHARMACIST, Town, once
from portal.demo.people import CAMILLE, PATIENTS
from portal.oversight.cases import open_case
from records.likeness import declare_staff

_NEIGHBOUR = "simone.petit"


def oversee(town: Town) -> None:
    """The cardiologist reviews the emergencies of the hospital; the nurse lives where a patient does; Camille does not
    recognise an access of the pharmacist.
    """
    place = Membership.objects.get(professional=town.person(CARDIOLOGIST)).organisation_id
    once(name_reviewer, actor=SEED, professional=town.person(CARDIOLOGIST), organisation=place)
    address = next(patient.address for patient in PATIENTS if patient.key == _NEIGHBOUR)
    declare_staff(actor=SEED, account_id=town.staff[NURSE].id, address=address)
    camille, ref = town.patients[CAMILLE]
    looks = Entry.objects.about(ref.pseudonym).by(town.staff[PHARMACIST].id).filter(role=Role.PROFESSIONAL.value)
    look = looks.filter(event=Event.CATEGORY_READ.dotted).newest_first().last()
    if look is not None:
        once(open_case, actor=camille, entry_id=look.id)
