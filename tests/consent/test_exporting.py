"""Consents as FHIR R4 Consent resources."""

import pytest

from consent.categories import Category
from consent.decisions import Refused, Right
from consent.exporting import export_consents
from consent.granting import choose, oppose
from consent.naming import open_team_care
from tests.consent.conftest import strangers, tomorrow


def test_what_is_in_force_is_taken_away_as_consent_resources(practice):
    doctor, nurse = practice.hire("Lefevre", cares=True), practice.hire("Petit", "nurse", at="Maison")
    home = {"actor": practice.patient, "ref": practice.ref}
    lab = {"category": Category.LABORATORY, "right": Right.READ}
    open_team_care(**home, organisation=practice.places["Maison"].id)
    choose(**home, professional=doctor.id, **lab, allowed=False)
    choose(**home, professional=doctor.id, **lab, allowed=True, until=tomorrow())
    choose(**home, profession="nurse", **lab, allowed=False)
    oppose(**home, professional=nurse.id, author=doctor.id)
    bundle = export_consents(**home)
    resources = [entry["resource"] for entry in bundle["entry"]]
    assert [each["resourceType"] for each in resources] == ["Consent"] * 5, "what is over is left out"
    for each in resources:
        # Elements that R4 requires, and invariant ppc-1: a policy or a policy rule.
        assert {"status", "scope", "category", "patient", "policyRule"} <= set(each)
        assert each["provision"]["type"] in {"permit", "deny"}
        assert each["provision"]["period"]["start"].endswith("Z")
    (opened,) = [each for each in resources if "end" in each["provision"]["period"]]
    assert opened["provision"]["action"][0]["coding"][0]["code"] == "access"
    assert opened["provision"]["code"][0]["coding"][0]["code"] == "laboratory"
    assert opened["provision"]["actor"][0]["reference"]["display"] == doctor.name
    assert sorted(each["provision"]["type"] for each in resources) == ["deny", "deny", "permit", "permit", "permit"]
    assert practice.last().event == "consents.exported"


def test_nobody_else_takes_them_away(practice):
    for actor in strangers(practice):
        with pytest.raises(Refused):
            export_consents(actor=actor, ref=practice.ref)
