"""The second statement of the rules stands on its own: lives written by hand, and nothing of the house in it."""

import ast
from pathlib import Path

import pytest

from tests.consent import restatement
from tests.consent.restatement import answer

DOCTOR = {
    "kind": "professional", "task": None, "owner": False, "fresh": False, "person": "lefevre", "delegate": None,
    "profession": "doctor", "cells": {"laboratory": "write", "genetics": "on_consent", "reimbursement": "read"},
}  # fmt: skip
PERSON = DOCTOR | {"kind": "patient", "person": None, "profession": "", "cells": {}}
NOW, ALWAYS, OVER = 10, [0, None], [0, 10]
DOCUMENT = {
    "author": "other", "masked": False, "shown": False, "filed_at": 5, "held_until": None, "secret": False,
    "opened": False,
}  # fmt: skip


def world(reader=DOCTOR, category="laboratory", right="read", document=None, **more):
    return {
        "at": NOW, "reader": reader, "regulator": {"laboratory": "read", "genetics": "none"}, "age": "adult",
        "care": [ALWAYS], "delegations": [], "representations": [], "oppositions": [], "emergencies": [],
        "switches": {"regulator": True, "others": True, "masked": False}, "choices": [], "hidden_new": [],
        "discreet": [], "category": category, "right": right, "document": document,
    } | more  # fmt: skip


def choice(target, allowed, category="laboratory", during=ALWAYS):
    return {"id": 1, "target": target, "category": category, "right": "read", "allowed": allowed, "during": during}


def opposition(author=None, organisation=False):
    return {"id": 2, "organisation": organisation, "author": author, "during": ALWAYS}


def represented(kind, age, categories=("laboratory", "maternity_sexual_health", "mental_health"), **more):
    given = {"id": 3, "kind": kind, "categories": categories, "during": ALWAYS}
    return world(PERSON, **({"age": age, "representations": [given], "care": []} | more))


OWNER, GLASS = PERSON | {"owner": True}, {"emergencies": [{"id": 4, "during": ALWAYS}], "care": []}
SECRETARY = DOCTOR | {"delegate": "secretary"}
LAB = {"id": 5, "categories": ["laboratory"], "during": ALWAYS}
NEW = {"hidden_new": [{"id": 6, "category": None, "during": [3, None]}]}
LIVES = [
    (world(), "default_open"),
    (world(right="deposit"), "default_open"),
    (world(right="export"), "export_patient_only"),
    (world(category="genetics"), "on_consent"),
    (world(category="mental_health"), "matrix_never"),
    (world(category="reimbursement", right="deposit"), "matrix_read_only"),
    (world(care=[OVER]), "no_relationship"),
    (world(choices=[choice("person", False)]), "choice_person_closed"),
    (world(choices=[choice("team", False), choice("person", True)]), "choice_person_open"),
    (world(choices=[choice("person", False, during=OVER)]), "default_open"),
    (world(choices=[choice("person", True, "genetics")], category="genetics", care=[]), "no_relationship"),
    (world(choices=[choice("newcomer", False)]), "choice_newcomer_closed"),
    (world(choices=[choice("newcomer", False, during=[1, None])]), "default_open"),
    (world(oppositions=[opposition()]), "opposed_person"),
    (world(oppositions=[opposition("other")]), "default_open"),
    (world(oppositions=[opposition("other")], document=DOCUMENT), "opposed_author"),
    (world(document=DOCUMENT | {"masked": True}), "masked"),
    (world(document=DOCUMENT | {"masked": True, "author": "lefevre"}), "default_open"),
    (world(document=DOCUMENT, **NEW), "hidden_new"),
    (world(document=DOCUMENT | {"shown": True}, **NEW), "default_open"),
    (world(document=DOCUMENT | {"filed_at": 2}, **NEW), "default_open"),
    (world(**GLASS), "emergency"),
    (world(**GLASS, category="genetics"), "no_relationship"),
    (world(**GLASS, right="deposit"), "no_relationship"),
    (world(**GLASS, oppositions=[opposition(organisation=True)]), "opposed_organisation"),
    (world(**GLASS, switches={"regulator": True, "others": False, "masked": True}), "no_relationship"),
    (world(**GLASS, document=DOCUMENT | {"masked": True}), "masked"),
    (world(**GLASS, document=DOCUMENT | {"masked": True},
           switches={"regulator": False, "others": True, "masked": True}), "emergency"),
    (world(SECRETARY), "delegation_over"),
    (world(SECRETARY, delegations=[LAB]), "default_open"),
    (world(SECRETARY, delegations=[LAB], category="genetics"), "delegation_scope"),
    (world(SECRETARY, delegations=[LAB], **GLASS), "no_relationship"),
    (world(SECRETARY, delegations=[LAB], document=DOCUMENT | {"masked": True, "author": "lefevre"}), "default_open"),
    (world(SECRETARY, delegations=[LAB], document=DOCUMENT | {"masked": True, "author": "secretary"}), "masked"),
    (world(OWNER), "own_dossier"),
    (world(OWNER, document=DOCUMENT | {"held_until": 11}), "held"),
    (world(OWNER, document=DOCUMENT | {"held_until": 10}), "own_dossier"),
    (world(OWNER, document=DOCUMENT | {"held_until": 11}, right="deposit"), "own_dossier"),
    (world(OWNER, discreet=["laboratory"]), "discreet"),
    (world(OWNER | {"fresh": True}, discreet=["laboratory"]), "own_dossier"),
    (world(PERSON), "not_owner"),
    (world(PERSON, category="personal_notes"), "patient_only"),
    (represented("parent", "under_15"), "representative"),
    (represented("parent", "adult"), "representation_age"),
    (represented("parent", "unknown"), "representation_age"),
    (represented("carer", "adult", right="export"), "representative"),
    (represented("carer", "from_15"), "representation_age"),
    (represented("carer", "adult", category="imaging"), "representation_scope"),
    (represented("parent", "under_15", category="maternity_sexual_health"), "representative_opened"),
    (represented("parent", "under_15", category="maternity_sexual_health", right="deposit"), "minor_secret"),
    (represented("parent", "under_15", category="mental_health", document=DOCUMENT), "representative"),
    (represented("parent", "from_15", category="mental_health", document=DOCUMENT), "minor_secret"),
    (represented("parent", "from_15", category="mental_health", document=DOCUMENT | {"opened": True}),
     "representative_opened"),
    (represented("guardian", "under_15", document=DOCUMENT | {"secret": True}), "minor_secret"),
    (represented("carer", "adult", document=DOCUMENT | {"secret": True}), "representative"),
    (represented("carer", "adult", document=DOCUMENT | {"masked": True}), "masked"),
    (represented("carer", "adult", document=DOCUMENT, **NEW), "hidden_new"),
    (represented("carer", "adult", document=DOCUMENT | {"held_until": 11}), "held"),
    (represented("carer", "adult", category="personal_notes"), "patient_only"),
]  # fmt: skip


@pytest.mark.asvs("v5.0.0-8.3.1")
@pytest.mark.parametrize(("life", "ground"), LIVES)
def test_a_life_has_its_answer(life, ground):
    assert answer(life)[2] == ground


def test_it_imports_nothing_at_all():
    tree = ast.parse(Path(restatement.__file__).read_text())
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
