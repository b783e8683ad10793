"""Questions about a dossier as a whole."""

from dataclasses import replace

import pytest

from audit.actor import Role, SystemTask
from consent.ages import Age
from consent.categories import Category
from consent.decisions import Facts, Ground, RepresentativeKind
from consent.thresholds import decide_emergency, decide_opening, decide_requesting, decide_sharing
from tests.consent.worlds import NOW, OVER, emergency, opposition, patient, professional, representative, system

ADMINISTRATOR = Facts(at=NOW, role=Role.ADMINISTRATOR)
VISITOR = Facts(at=NOW, role=Role.ANONYMOUS)
STRANGER = professional(relationships=())
CARER = professional()
PARENT, GUARDIAN, CARER_OF = RepresentativeKind.PARENT, RepresentativeKind.GUARDIAN, RepresentativeKind.CARER
INTIMATE = Category.MATERNITY_SEXUAL_HEALTH


def sharing_laboratory(facts):
    return decide_sharing(facts, category=Category.LABORATORY)


def sharing_intimate(facts):
    return decide_sharing(facts, category=INTIMATE)


def requesting(facts):
    return decide_requesting(facts, category=Category.LABORATORY)


@pytest.mark.parametrize(
    ("question", "facts", "allowed", "ground"),
    [
        (decide_opening, patient(), True, Ground.OWN_DOSSIER),
        (decide_opening, patient(own=False), False, Ground.NOT_OWNER),
        (decide_opening, CARER, True, Ground.RELATIONSHIP),
        (decide_opening, STRANGER, False, Ground.NO_RELATIONSHIP),
        (decide_opening, professional(relationships=(OVER,)), False, Ground.NO_RELATIONSHIP),
        (decide_opening, replace(STRANGER, emergencies=(emergency(),)), True, Ground.EMERGENCY),
        (decide_opening, replace(STRANGER, emergencies=(emergency(OVER),)), False, Ground.NO_RELATIONSHIP),
        (decide_opening, ADMINISTRATOR, False, Ground.ADMINISTRATOR),
        (decide_opening, VISITOR, False, Ground.NOT_SIGNED_IN),
        (decide_opening, system(SystemTask.IMPORT), True, Ground.SYSTEM_DEPOSIT),
        (decide_opening, system(SystemTask.LETTERS), False, Ground.SYSTEM_REFUSED),
        (requesting, CARER, True, Ground.RELATIONSHIP),
        (requesting, replace(STRANGER, emergencies=(emergency(),)), False, Ground.NO_RELATIONSHIP),
        (requesting, patient(), False, Ground.NOT_OWNER),
        (requesting, ADMINISTRATOR, False, Ground.ADMINISTRATOR),
        (requesting, VISITOR, False, Ground.NOT_SIGNED_IN),
        (requesting, system(SystemTask.SEED), False, Ground.SYSTEM_REFUSED),
        (decide_emergency, STRANGER, True, Ground.EMERGENCY),
        (decide_emergency, professional("emergency_regulator", relationships=()), True, Ground.EMERGENCY),
        (decide_emergency, replace(STRANGER, oppositions=(opposition(),)), False, Ground.OPPOSED_PERSON),
        (decide_emergency, replace(STRANGER, oppositions=(opposition(during=OVER),)), True, Ground.EMERGENCY),
        (decide_emergency, professional("occupational_physician"), False, Ground.EMERGENCY_CLOSED),
        (decide_emergency, professional("astrologer"), False, Ground.EMERGENCY_CLOSED),
        (decide_emergency, patient(), False, Ground.NOT_OWNER),
        (decide_emergency, ADMINISTRATOR, False, Ground.ADMINISTRATOR),
        (decide_emergency, system(SystemTask.SEED), False, Ground.SYSTEM_REFUSED),
        (decide_sharing, patient(), True, Ground.OWN_DOSSIER),
        (decide_sharing, patient(own=False), False, Ground.NOT_OWNER),
        (decide_sharing, replace(CARER, own=True), False, Ground.NOT_OWNER),
        (decide_sharing, representative(PARENT, Age.UNDER_15), True, Ground.REPRESENTATIVE),
        (decide_sharing, representative(GUARDIAN, Age.UNDER_15), True, Ground.REPRESENTATIVE),
        (decide_sharing, representative(PARENT, Age.FROM_15), False, Ground.NOT_OWNER),
        (decide_sharing, representative(PARENT, Age.UNKNOWN), False, Ground.NOT_OWNER),
        (decide_sharing, representative(CARER_OF, Age.ADULT), False, Ground.NOT_OWNER),
        (decide_sharing, representative(CARER_OF, Age.UNDER_15), False, Ground.NOT_OWNER),
        (sharing_laboratory, representative(PARENT, Age.UNDER_15), True, Ground.REPRESENTATIVE),
        (sharing_laboratory, representative(PARENT, Age.UNDER_15, INTIMATE), False, Ground.REPRESENTATION_SCOPE),
        (sharing_intimate, representative(PARENT, Age.UNDER_15, INTIMATE), False, Ground.MINOR_SECRET),
        (sharing_intimate, patient(), True, Ground.OWN_DOSSIER),
        (decide_sharing, ADMINISTRATOR, False, Ground.NOT_OWNER),
        (decide_sharing, system(SystemTask.SEED), False, Ground.NOT_OWNER),
    ],
)
def test_who_may(question, facts, allowed, ground):
    decision = question(facts)
    assert (decision.allowed, decision.ground) == (allowed, ground)
    assert decision.trace[-1].ground is ground
