"""Wishes, discretion, see as, who, codes, representatives: with forms alone."""

import json
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from audit.actor import Actor
from consent import disclosing, granting, naming
from consent.categories import Category
from consent.decisions import RepresentativeKind
from consent.representing import add_representative
from portal.acting import FRESH_KEY
from records.dossiers import aged_ref
from tests.portal.ward import (
    a_carer,
    a_patient,
    a_result,
    browser_of,
    filed,
    history,
    in_care,
)

LAB = Category.LABORATORY


@pytest.fixture
def patient(db):
    return a_patient()


@pytest.fixture
def doctor(patient):
    carer = a_carer(family="Lefèvre", given="Nadia")
    in_care(patient, carer)
    return carer


@pytest.fixture
def browser(patient):
    return browser_of(patient.account)


def text_of(page) -> str:
    assert page.status_code == 200, page.content.decode()[-600:]
    return page.content.decode()


def fresh(browser):
    session = browser.session
    session[FRESH_KEY] = time.time()
    session.save()


def test_each_wish_is_saved_by_its_own_button(patient, doctor, browser):
    fresh(browser)
    save = "/sharing/wishes/{}/".format
    browser.post(save("treating"), {"doctor": str(doctor.person.id)})
    browser.post(save("new"), {"on": "yes"})
    browser.post(save("newcomers"), {"closed": ["genetics", "mental_health"]})
    browser.post(save("emergencies"), {"open": ["regulator", "masked"]})
    browser.post(save("results"), {"laboratory": "at_visit", "imaging": "", "genetics": "at_once"})
    page = text_of(browser.get("/sharing/wishes/"))
    checked = {part.split('"')[0] for part in page.split('value="') if "checked" in part.split(">")[0]}
    assert checked == {"yes", "genetics", "mental_health", "regulator", "masked"}
    assert {part.split('"')[0] for part in page.split('value="') if "selected" in part.split(">")[0]} >= {
        str(doctor.person.id),
        "at_visit",
        "at_once",
    }
    browser.post(save("new"), {})
    browser.post(save("newcomers"), {"closed": ["genetics"]})
    browser.post(save("emergencies"), {"open": ["regulator", "others"]})
    browser.post(save("results"), {"laboratory": "", "imaging": "", "genetics": "at_once"})
    browser.post(save("treating"), {"doctor": ""})
    page = text_of(browser.get("/sharing/wishes/"))
    checked = {part.split('"')[0] for part in page.split('value="') if "checked" in part.split(">")[0]}
    assert checked == {"genetics", "regulator", "others"}
    assert "Nothing to change" in text_of(browser.post(save("new"), {}, follow=True))
    assert browser.post(save("gossip"), {}).status_code == 404


def test_a_category_hidden_from_ones_own_screens_needs_a_code_and_leaves_no_trace(patient, doctor, browser):
    filed(patient, LAB, a_result())
    assert "Is it you?" in text_of(browser.get("/sharing/screens/"))
    assert browser.post("/sharing/screens/", {"prove": "look", "proof_code": "000000"}).status_code == 422
    fresh(browser)
    browser.post("/sharing/screens/", {"save": "yes", "hidden": ["laboratory"]})
    assert "Ferritinémie" in text_of(browser.get("/record/laboratory/"))
    browser.post("/sharing/screens/cover/")
    hidden, empty = (text_of(browser.get(f"/record/{name}/")) for name in ("laboratory", "genetics"))
    assert hidden.replace("Laboratory results", "Genetics").count("Nothing here yet") == empty.count("Nothing here yet")
    assert "Ferritinémie" not in text_of(browser.get("/home/"))
    assert "hidden from" not in text_of(browser.get("/accesses/?show=all"))
    assert "discretion.changed" in {entry.event for entry in history(patient)}


def test_see_as_somebody_leaves_no_line_in_their_name(patient, doctor, browser):
    filed(patient, LAB, a_result())
    for who, words in (
        (str(doctor.person.id), "1 document"),
        ("nurse", "1 document"),
        ("regulator", "An emergency access was open"),
        ("carer", "acts in the patient"),
    ):
        assert words in text_of(browser.get("/sharing/as/", {"who": who}))
    assert {entry.actor for entry in history(patient)} & {doctor.account.id} == set()
    assert "1 document" not in text_of(browser.get("/sharing/as/", {"who": "nobody"}))


def test_before_a_choice_is_saved_counts_are_told(patient, doctor, browser):
    filed(patient, LAB, a_result())
    page = text_of(browser.post("/sharing/changes/", {"about": str(doctor.person.id), "open": []}))
    assert "Laboratory results: 1 document now, 0 documents then." in page


def test_who_can_see_and_who_could(patient, doctor, browser):
    page = text_of(browser.get("/sharing/who/", {"category": "laboratory", "day": ""}))
    assert "Dr Nadia Lefèvre" in page
    long_ago = timezone.localdate() - timedelta(days=90)
    assert "Nobody but you" in text_of(browser.get("/sharing/who/", {"category": "laboratory", "day": long_ago}))
    to_come = timezone.localdate() + timedelta(days=2)
    assert "already begun" in text_of(browser.get("/sharing/who/", {"category": "laboratory", "day": to_come}))


def test_a_code_is_shown_on_the_phone_and_typed_by_a_professional(patient, browser):
    fresh(browser)
    nurse = a_carer("nurse", family="Petit", given="Léa")
    assert "big-code" not in text_of(browser.get("/sharing/code/"))
    page = text_of(browser.post("/sharing/code/new/"))
    code = page.split("<strong>")[1].split("</strong>")[0]
    theirs = browser_of(nurse.account)
    assert "not good" in theirs.post("/pro/code/", {"code": "0000-0000"}).content.decode()
    answer = theirs.post("/pro/code/", {"code": code})
    assert answer["Location"] == f"/pro/patients/{patient.ref.id}/"
    assert "Quintrec" in text_of(theirs.get(answer["Location"]))
    assert "not good" in theirs.post("/pro/code/", {"code": code}).content.decode()


def test_whole_teams_and_who_joined_since(patient, browser):
    fresh(browser)
    nurse = a_carer("nurse", family="Petit", given="Léa")
    browser.post(f"/sharing/teams/{nurse.organisation.id}/")
    assert "Léa Petit" in text_of(browser.get("/sharing/"))
    assert text_of(browser_of(nurse.account).get(f"/pro/patients/{patient.ref.id}/"))
    browser.post(f"/sharing/teams/{nurse.organisation.id}/end/")
    assert browser_of(nurse.account).get(f"/pro/patients/{patient.ref.id}/").status_code == 404


def test_a_carer_is_added_sees_and_is_ended(patient, browser):
    carer = a_patient(family="Kerdoncuff", given="Anna")
    filed(patient, LAB, a_result())
    add_representative(
        actor=patient.actor, ref=aged_ref(patient.ref.id), account=carer.account.id, kind=RepresentativeKind.CARER,
        categories=[LAB],
    )  # fmt: skip
    theirs = browser_of(carer.account)
    assert "Maëlys Quintrec" in text_of(theirs.get("/for/"))
    page = text_of(theirs.get(f"/for/{patient.ref.id}/"))
    assert ("Laboratory results" in page, "Genetics" in page) == (True, False)
    drawer = text_of(theirs.get(f"/for/{patient.ref.id}/laboratory/"))
    record_id = drawer.split("/for/items/")[1].split("/")[0]
    assert "Ferritinémie" in text_of(theirs.get(f"/for/items/{record_id}/"))
    assert theirs.get(f"/for/{patient.ref.id}/genetics/").status_code == 403
    page = text_of(browser.get("/sharing/representatives/"))
    ending = page.split('action="/sharing/representatives/')[1].split('"')[0]
    browser.post(f"/sharing/representatives/{ending}")
    assert theirs.get(f"/for/{patient.ref.id}/").status_code == 404
    fresh(browser)
    unknown = browser.post(
        "/sharing/representatives/", {"login": "nobody@example.org", "categories": ["laboratory"], "length": ""}
    )
    assert "No patient of Carnet signs in with this address." in unknown.content.decode()


def test_a_minor_opens_a_document_to_guardians_for_good(db):
    minor = a_patient(given="Zoé", birth_date=timezone.localdate() - timedelta(days=365 * 16))
    parent = a_patient(given="Paul")
    record_id = filed(minor, Category.MATERNITY_SEXUAL_HEALTH, a_result("Chlamydia"))
    add_representative(
        actor=Actor.system("seed"), ref=aged_ref(minor.ref.id), account=parent.account.id,
        kind=RepresentativeKind.PARENT, categories=[Category.MATERNITY_SEXUAL_HEALTH],
    )  # fmt: skip
    theirs, mine = browser_of(parent.account), browser_of(minor.account)
    drawer = f"/for/{minor.ref.id}/maternity_sexual_health/"
    assert "Chlamydia" not in text_of(theirs.get(drawer))
    assert "cannot be undone" in text_of(mine.get(f"/record/item/{record_id}/"))
    assert mine.post(f"/record/item/{record_id}/guardians/", {}).status_code == 400
    fresh(mine)
    mine.post(f"/record/item/{record_id}/guardians/", {"confirmed": "on"})
    assert "Chlamydia" in text_of(theirs.get(drawer))


def test_what_was_told_is_read_and_consents_are_taken_away(patient, doctor, browser):
    fresh(browser)
    disclosing.disclose(actor=doctor.actor, ref=patient.ref, basis="notifiable_measles", fields=["disease", "age"])
    page = text_of(browser.get("/sharing/told/"))
    assert "Dr Nadia Lefèvre told the regional health agency: the age and the disease." in page
    granting.choose(
        actor=patient.actor, ref=patient.ref, professional=doctor.person.id, category=LAB, right=granting.Right.READ,
        allowed=False,
    )  # fmt: skip
    naming.open_team_care(actor=patient.actor, ref=patient.ref, organisation=doctor.organisation.id)
    bundle = json.loads(browser.post("/sharing/consents/").content)
    assert {entry["resource"]["resourceType"] for entry in bundle["entry"]} == {"Consent"}


def test_what_is_new_is_hidden_in_some_categories_only(patient, doctor, browser):
    fresh(browser)
    browser.post("/sharing/wishes/new/", {"hidden": ["laboratory"]})
    result, other = filed(patient, LAB, a_result()), filed(patient, Category.IMAGING, a_result("Scanner"))
    page = browser_of(doctor.account)
    assert page.get(f"/pro/items/{result}/").status_code == 404
    assert page.get(f"/pro/items/{other}/").status_code == 200
    assert "checked" in text_of(browser.get("/sharing/wishes/")).split('value="laboratory"')[1].split(">")[0]
    browser.post("/sharing/wishes/new/", {})
    assert page.get(f"/pro/items/{result}/").status_code == 200
    changed = [each for each in history(patient) if each.event in ("wish.made", "wish.withdrawn")]
    assert [(each.event, each.category) for each in changed] == [
        ("wish.made", "laboratory"), ("wish.withdrawn", "laboratory"),
    ]  # fmt: skip
