"""A parent acts for a child in a session of theirs: what they decide, what stays closed, and what the log says."""

import io
import zipfile
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.utils import timezone

from consent import granting
from consent.categories import Category
from consent.decisions import RepresentativeKind, Right
from consent.models import AccessRequest, Choice, Representation
from consent.representing import SHAREABLE, add_representative
from portal.accounts.entering import Answer
from portal.patient import copies, representatives
from portal.takeaway import making
from records.copy_models import Copy
from records.dossiers import aged_ref
from tests.portal.ward import (
    SEED,
    a_carer,
    a_patient,
    a_result,
    browser_of,
    closed,
    filed,
    freshly_proven,
    history,
    in_care,
)

LAB, INTIMATE = Category.LABORATORY, Category.MATERNITY_SEXUAL_HEALTH


def born(years: int) -> date:
    return date.today() - timedelta(days=int(years * 365.25) + 40)


def represented(years: int, kind=RepresentativeKind.PARENT):
    child, parent = a_patient("Moreau", "Lucas", born(years)), a_patient("Moreau", "Camille")
    add_representative(
        actor=SEED, ref=aged_ref(child.ref.id), account=parent.account.pk, kind=kind, categories=SHAREABLE
    )
    return child, parent


@pytest.fixture
def child_and_parent(db):
    return represented(6)


def acting(child, parent):
    browser = freshly_proven(parent.account)
    assert browser.post(f"/for/{child.ref.id}/act/").status_code == 302
    return browser


def post(browser, child, address, fields):
    return browser.post(address, {**fields, "acting_for": str(child.ref.id)})


def test_a_parent_opens_and_closes_in_the_name_of_a_small_child(child_and_parent):
    child, parent = child_and_parent
    doctor = a_carer()
    browser = acting(child, parent)
    page = browser.get("/sharing/").content.decode()
    assert "You act for Lucas Moreau." in page
    assert f'name="acting_for" value="{child.ref.id}"' in page
    post(browser, child, f"/sharing/add/{doctor.person.id}/", {"length": ""})
    code = f"{doctor.person.id}:{LAB.value}:close"
    answer = post(browser, child, "/sharing/confirm/", {"change": code, "length": ""})
    assert answer.status_code == 302
    made = Choice.objects.get(dossier=child.ref.id)
    assert (made.category, made.allowed, made.professional_id) == (LAB.value, False, doctor.person.id)
    lines = [each for each in history(child) if each.event in ("relationship.opened", "choice.made")]
    assert {each.on_behalf_of for each in lines} == {child.ref.pseudonym}
    assert {each.actor for each in lines} == {parent.account.pk}
    assert {each.ground for each in lines} == {"representative"}
    assert not [each for each in history(parent) if each.event == "choice.made"]


def test_nothing_of_a_guarded_category_shows_on_their_pages(child_and_parent):
    child, parent = child_and_parent
    doctor = a_carer("midwife")
    in_care(child, doctor)
    closed(child, doctor, INTIMATE)
    AccessRequest.objects.create(
        dossier=child.ref.id,
        professional=doctor.person,
        category=INTIMATE,
        purpose="follow_up",
        asked_at=timezone.now(),
    )
    browser = acting(child, parent)
    for address in ("/sharing/", f"/sharing/{doctor.person.id}/", f"/sharing/as/?who={doctor.person.id}"):
        page = browser.get(address)
        assert page.status_code == 200
        assert INTIMATE.label not in page.content.decode(), address
    ref = aged_ref(child.ref.id)
    actor = replace(parent.actor, on_behalf_of=ref.pseudonym)
    with pytest.raises(granting.Invalid):
        granting.withdraw_choice(actor=actor, ref=ref, choice_id=Choice.objects.get().id)
    with pytest.raises(granting.Invalid):
        granting.answer_request(actor=actor, ref=ref, request_id=AccessRequest.objects.get().id, allowed=True)


@pytest.mark.parametrize("years", [15, 17])
def test_from_fifteen_on_the_minor_decides_alone(db, years):
    child, parent = represented(years)
    browser = acting(child, parent)
    assert "for the person themselves to say" in browser.get(f"/for/{child.ref.id}/").content.decode()
    assert browser.get("/sharing/").status_code == 403
    doctor = a_carer()
    assert post(browser, child, f"/sharing/add/{doctor.person.id}/", {"length": ""}).status_code == 403
    assert [each.outcome for each in history(child) if each.event == "relationship.opened"] == ["refused"]


def test_who_acts_for_somebody_takes_away_what_they_see(child_and_parent, monkeypatch):
    child, parent = child_and_parent
    filed(child, LAB, a_result("Ferritinémie"))
    filed(child, INTIMATE, a_result("Secret"))
    monkeypatch.setattr(copies, "_send", lambda copy_id: None)
    monkeypatch.setattr(making, "wait_until_covered", lambda *_, **__: True)
    browser = acting(child, parent)
    assert "/record/keeping/copy/" in browser.get(f"/for/{child.ref.id}/").content.decode()
    page = browser.get("/record/keeping/copy/").content.decode()
    assert "Take a copy away" in page
    assert "hide from my own screens" not in page
    assert post(browser, child, "/record/keeping/copy/", {}).status_code == 302
    copy = Copy.objects.get()
    assert (copy.dossier_id, copy.asked_by) == (child.ref.id, parent.account.pk)
    assert making.make_copy(copy.id)
    answer = post(browser, child, f"/record/keeping/copy/{copy.id}/file/", {"take": "yes"})
    summary = zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))).read("summary.html").decode()
    assert "Ferritinémie" in summary
    assert "Secret" not in summary
    lines = [each for each in history(child) if each.event in ("export.asked", "export.taken")]
    assert {(each.actor, each.on_behalf_of) for each in lines} == {(parent.account.pk, child.ref.pseudonym)}
    # The other pages that keep or close a record stay the patient's own.
    assert "Close my record" not in browser.get("/record/keeping/").content.decode()


def test_a_carer_of_an_adult_reads_and_decides_nothing(db):
    adult, carer = represented(40, RepresentativeKind.CARER)
    browser = acting(adult, carer)
    assert browser.get(f"/for/{adult.ref.id}/").status_code == 200
    assert browser.get("/sharing/").status_code == 403


def test_the_second_parent_is_added_by_the_first(child_and_parent, monkeypatch):
    child, parent = child_and_parent
    other = a_patient("Moreau", "Alix")
    monkeypatch.setattr(representatives, "digest_of", lambda login: bytes(other.account.login_digest))
    browser = acting(child, parent)
    fields = {"login": "alix@example.org", "kind_of": "parent", "categories": ["laboratory"], "length": ""}
    assert post(browser, child, "/sharing/representatives/", fields).status_code == 302
    added = Representation.objects.get(account=other.account)
    assert (added.kind, added.categories) == ("parent", ["laboratory"])
    again = post(browser, child, "/sharing/representatives/", fields).content.decode()
    assert "This person already acts for the patient." in again
    line = next(each for each in reversed(history(child)) if each.event == "representative.added")
    assert line.on_behalf_of == child.ref.pseudonym
    # One parent does not end the other.
    ended = post(browser, child, f"/sharing/representatives/{added.id}/end/", {})
    assert ended.status_code == 403
    assert Representation.objects.get(id=added.id).during.upper is None


def test_a_form_of_another_tab_changes_nothing(child_and_parent):
    child, parent = child_and_parent
    doctor = a_carer()
    own_page = browser_of(parent.account)
    browser = acting(child, parent)
    # Made before the parent began to act for the child: it carries no name.
    assert browser.post(f"/sharing/add/{doctor.person.id}/", {"length": ""}).status_code == 409
    browser.post("/for/nobody/")
    stale = post(browser, child, f"/sharing/add/{doctor.person.id}/", {"length": ""})
    assert stale.status_code == 409
    assert own_page.get("/sharing/").status_code == 200
    assert not [each for each in history(child) + history(parent) if each.event == "relationship.opened"]


def test_pages_about_oneself_are_closed_meanwhile(child_and_parent):
    child, parent = child_and_parent
    filed(child, LAB, a_result())
    browser = acting(child, parent)
    assert browser.get("/home/").headers["Location"] == f"/for/{child.ref.id}/"
    page = browser.get("/sharing/screens/")
    assert page.status_code == 403
    assert "This page is about yourself" in page.content.decode()
    browser.post("/for/nobody/")
    assert browser.get("/home/").status_code == 200


def test_when_it_ends_nothing_more_is_done(child_and_parent):
    child, parent = child_and_parent
    doctor = a_carer()
    browser = acting(child, parent)
    held = Representation.objects.get(dossier=child.ref.id)
    held.during = (held.during.lower, timezone.now())
    held.save()
    answer = post(browser, child, f"/sharing/add/{doctor.person.id}/", {"length": ""})
    assert answer.headers["Location"] == "/for/"
    assert not [each for each in history(child) + history(parent) if each.event == "relationship.opened"]


def test_nobody_acts_for_somebody_else(db):
    child, _ = represented(6)
    stranger = a_patient("Autre", "Personne")
    browser = browser_of(stranger.account)
    assert browser.post(f"/for/{child.ref.id}/act/").status_code == 404
    assert browser.get("/sharing/").status_code == 200


def test_without_saying_so_first_a_parent_decides_nothing(child_and_parent):
    """Each entry tells on whose behalf: who does not say so is refused."""
    child, parent = child_and_parent
    with pytest.raises(granting.Refused):
        granting.choose(
            actor=parent.actor, ref=aged_ref(child.ref.id), profession="nurse", category=LAB, right=Right.READ,
            allowed=False,
        )  # fmt: skip


def test_a_parent_wishes_for_a_small_child_but_hides_nothing_from_themselves(child_and_parent):
    child, parent = child_and_parent
    browser = acting(child, parent)
    page = browser.get("/sharing/wishes/").content.decode()
    assert "Hide everything new" not in page
    assert INTIMATE.label not in page
    post(browser, child, "/sharing/wishes/emergencies/", {"open": ["regulator", "others", "masked"]})
    post(browser, child, "/sharing/wishes/results/", {"laboratory": "at_visit"})
    made = [(each.category, each.on_behalf_of) for each in history(child) if each.event == "wish.made"]
    assert made == [("", child.ref.pseudonym), ("laboratory", child.ref.pseudonym)]
    assert post(browser, child, "/sharing/wishes/new/", {"on": "yes"}).status_code == 400
    assert len([each for each in history(child) if each.event == "wish.made"]) == 2


@pytest.mark.parametrize(("years", "named"), [(8, True), (16, False)])
def test_the_history_tells_a_parent_who_opened_the_record_until_fifteen(db, years, named):
    child, parent = represented(years)
    midwife = a_carer("midwife", family="Diop", given="Aïssatou")
    in_care(child, midwife)
    filed(child, LAB, a_result())
    reader = browser_of(midwife.account)
    reader.get(f"/pro/patients/{child.ref.id}/")
    reader.get(f"/pro/patients/{child.ref.id}/{INTIMATE.value}/")
    page = acting(child, parent).get("/accesses/").content.decode()
    assert ("Aïssatou Diop" in page) == named
    assert INTIMATE.label not in page.split("<main")[1].split("<form")[0] + page.split("</form>")[-1]
    assert ("history.read", child.ref.pseudonym) in [(each.event, each.on_behalf_of) for each in history(child)]


def test_an_act_that_goes_on_after_a_fresh_proof_stays_with_the_child(child_and_parent, monkeypatch):
    """The proof reads anew who acts: without this, the act would land in the parent's own record."""
    child, parent = child_and_parent
    doctor = a_carer()
    browser = browser_of(parent.account)
    assert browser.post(f"/for/{child.ref.id}/act/").status_code == 302
    address, sent = f"/sharing/add/{doctor.person.id}/", {"length": "", "acting_for": str(child.ref.id)}
    asked = browser.post(address, sent).content.decode()
    assert "Is it you?" in asked
    assert f'name="acting_for" value="{child.ref.id}"' in asked
    monkeypatch.setattr(
        "portal.accounts.entering.check_code", lambda request, _code: (Answer(accepted=True), request.user.otp_device)
    )
    done = browser.post(address, sent | {"prove": "act", "proof_code": "123456"})
    assert done.status_code == 302, done.content.decode()[-500:]
    opened = [each for each in history(child) + history(parent) if each.event == "relationship.opened"]
    assert [(each.dossier, each.on_behalf_of, each.outcome) for each in opened] == [
        (child.ref.pseudonym, child.ref.pseudonym, "done")
    ]
