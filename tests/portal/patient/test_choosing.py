"""Choices for a team, a profession, adding apart, with a last day; oppositions; who could; where blanks are."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from consent import blanks, granting
from consent.acting import now
from consent.categories import Category
from consent.decisions import RepresentativeKind
from consent.delegating import DelegationKind
from consent.granting import Wanted
from consent.models import Blank, Choice, Delegation, Membership, Opposition, TeamCare, Wish
from consent.representing import SHAREABLE, add_representative
from consent.rights import Right
from records.dossiers import aged_ref
from tests.portal.ward import a_carer, a_patient, a_result, browser_of, filed, freshly_proven, history, in_care

LAB, GENETICS = Category.LABORATORY, Category.GENETICS
CHOICES = "/sharing/choices/"


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
    return freshly_proven(patient.account)


def text_of(page) -> str:
    assert page.status_code == 200, page.content.decode()[-600:]
    return page.content.decode()


def day(days):
    return (timezone.localdate() + timedelta(days=days)).isoformat()


@pytest.mark.parametrize(("target", "column"), [("profession", "profession"), ("team", "organisation")])
def test_a_profession_or_a_team_is_closed_after_a_preview_that_counts(patient, doctor, browser, target, column):
    filed(patient, LAB, a_result())
    whom = "doctor" if target == "profession" else str(doctor.organisation.id)
    fields = {"whom": whom, "right": "read", "state-laboratory": "closed", "length": "", "day": ""}
    preview = text_of(browser.post(CHOICES, fields))
    assert "1 document now, 0 documents then" in preview
    assert not Choice.objects.exists(), "looking changes nothing"
    saved = browser.post(CHOICES, fields | {"save": "yes"})
    assert saved.status_code == 302
    made = Choice.objects.get()
    assert (made.category, made.allowed, getattr(made, f"{column}_id" if column == "organisation" else column)) == (
        "laboratory", False, doctor.organisation.id if column == "organisation" else "doctor",
    )  # fmt: skip
    assert browser_of(doctor.account).get(f"/pro/patients/{patient.ref.id}/laboratory/").status_code == 403
    # Back to the default: the choice is withdrawn, and the next read is allowed.
    browser.post(CHOICES, fields | {"state-laboratory": "", "save": "yes"})
    assert browser_of(doctor.account).get(f"/pro/patients/{patient.ref.id}/laboratory/").status_code == 200


def test_reading_and_adding_are_chosen_apart_and_end_on_a_day(patient, doctor, browser):
    whom = str(doctor.person.id)
    fields = {"whom": whom, "right": "deposit", "state-laboratory": "closed", "save": "yes"}
    assert browser.post(CHOICES, fields).status_code == 302
    fields = {"whom": whom, "right": "read", "state-genetics": "open", "day": day(10), "save": "yes"}
    assert browser.post(CHOICES, fields).status_code == 302
    made = {(each.category, each.right): each for each in Choice.objects.all()}
    assert set(made) == {("laboratory", "deposit"), ("genetics", "read")}
    end = timezone.localtime(made["genetics", "read"].during.upper)
    assert (end.date().isoformat(), end.hour) == (day(11), 0), "the last day counts whole"
    read = browser_of(doctor.account).get(f"/pro/patients/{patient.ref.id}/laboratory/")
    assert read.status_code == 200, "closing the adding does not close the reading"


def test_a_day_that_is_over_is_said_and_changes_nothing(patient, doctor, browser):
    fields = {"whom": str(doctor.person.id), "right": "read", "state-genetics": "open", "day": day(-1), "save": "yes"}
    assert "The end date is already past." in text_of(browser.post(CHOICES, fields))
    assert not Choice.objects.exists()


def test_several_choices_are_one_act_or_none(patient, doctor):
    """One of them cannot be: the sentence says which, and none is made."""
    home = {"actor": patient.actor, "ref": patient.ref}
    close = Wanted(LAB, Right.READ, False, professional=doctor.person.id)
    for impossible, sentence in (
        (Wanted(Category.PERSONAL_NOTES, Right.READ, True, professional=doctor.person.id), "yours alone"),
        (Wanted(LAB, Right.EXPORT, True, professional=doctor.person.id), "Only you can take your record away"),
        (Wanted(GENETICS, Right.READ, True, timezone.now() - timedelta(days=1), doctor.person.id), "already past"),
        (Wanted(GENETICS, Right.READ, True), "Choose one person"),
    ):
        with pytest.raises(granting.Invalid, match=sentence) as caught:
            granting.choose_many(**home, wanted=[close, impossible])
        assert impossible.category.label in caught.value.sentence
        assert not Choice.objects.exists()
    assert not [each for each in history(patient) if each.event == "choice.made"]
    opening = Wanted(GENETICS, Right.READ, True, professional=doctor.person.id)
    assert granting.choose_many(**home, wanted=[close, opening]) == 2
    assert granting.choose_many(**home, wanted=[close, opening]) == 0, "what is so already is left alone"
    assert len([each for each in history(patient) if each.event == "choice.made"]) == 2


def test_the_preview_of_the_switches_is_confirmed_as_one_act(patient, doctor, browser):
    codes = [f"{doctor.person.id}:laboratory:close", f"{doctor.person.id}:imaging:close"]
    browser.post("/sharing/confirm/", {"change": codes, "length": ""})
    assert Choice.objects.filter(allowed=False).count() == 2
    wrong = browser.post("/sharing/confirm/", {"change": [codes[0].replace("close", "open")], "day": day(-3)})
    assert wrong.status_code == 400
    assert Choice.objects.filter(allowed=True).count() == 0


@pytest.mark.parametrize("organisation", [False, True])
def test_what_an_author_wrote_is_kept_from_a_person_or_a_whole_place(patient, doctor, browser, organisation):
    author = a_carer(family="Autrice", given="Zoé")
    page = text_of(browser.post(f"/sharing/oppose/?author={author.person.id}", {"name": "lefev"}))
    assert f"/sharing/oppose/{doctor.person.id}/?author={author.person.id}" in page
    address = f"/sharing/oppose/{doctor.person.id}/?author={author.person.id}"
    assert "Only what Dr Zoé Autrice wrote" in text_of(browser.get(address))
    who = str(doctor.organisation.id) if organisation else "person"
    fields = {"who": who, "author": str(author.person.id)}
    assert browser.post(address, fields).status_code == 302
    made = Opposition.objects.get()
    assert (made.author_id, made.organisation_id, made.professional_id) == (
        author.person.id,
        doctor.organisation.id if organisation else None,
        None if organisation else doctor.person.id,
    )
    assert "This opposition is already recorded." in text_of(browser.post(address, fields))
    listed = text_of(browser.get("/sharing/"))
    assert "for what Dr Zoé Autrice wrote" in listed
    assert "An author always sees" in text_of(
        browser.post(f"/sharing/oppose/{doctor.person.id}/?author={doctor.person.id}",
                     {"who": "person", "author": str(doctor.person.id)})
    )  # fmt: skip


def test_who_can_see_names_delegates_and_those_who_act_for_the_patient(patient, doctor, browser):
    replacement = a_carer(family="Durand", given="Paul")
    Delegation.objects.create(
        professional=doctor.person, delegate=replacement.person, kind=DelegationKind.REPLACEMENT,
        categories=["laboratory"], during=(timezone.now() - timedelta(hours=1), timezone.now() + timedelta(days=2)),
    )  # fmt: skip
    carer = a_patient("Aidante", "Rose")
    add_representative(
        actor=patient.actor, ref=aged_ref(patient.ref.id), account=carer.account.pk, kind=RepresentativeKind.CARER,
        categories=SHAREABLE - {GENETICS},
    )  # fmt: skip
    page = text_of(browser.get("/sharing/who/", {"category": "laboratory"}))
    assert "Paul Durand" in page
    assert "in the name of Dr Nadia Lefèvre" in page
    assert "acts for you since" in page
    page = text_of(browser.get("/sharing/who/", {"category": "imaging"}))
    assert "Paul Durand" not in page
    page = text_of(browser.get("/sharing/who/", {"category": "genetics"}))
    assert "acts for you since" not in page


def test_why_one_person_can_or_cannot_now_and_on_a_day(patient, doctor, browser):
    who = "/sharing/who/"
    asked = {"category": "laboratory", "person": str(doctor.person.id)}
    assert "can see it. This person takes care of you" in text_of(browser.get(who, asked))
    browser.post(f"/sharing/{doctor.person.id}/opposition/")
    assert "cannot see it. You are opposed to this person" in text_of(browser.get(who, asked))
    yesterday = text_of(browser.get(who, asked | {"day": day(-2)}))
    assert "cannot see it. This person does not take care of you." in yesterday
    assert "nobody knows what you will decide" in text_of(browser.get(who, asked | {"day": day(1)}))


def test_the_patient_lets_a_professional_know_where_something_is_missing(patient, doctor, browser):
    page = browser_of(doctor.account)
    record = f"/pro/patients/{patient.ref.id}/"
    told = "This person lets you know that something is missing here."
    assert told not in text_of(page.get(record))
    address = f"/sharing/{doctor.person.id}/blanks/"
    browser.post(address, {"told": ["genetics", "laboratory"]})
    assert text_of(page.get(record)).count(told) == 2
    assert told in text_of(page.get(record + "laboratory/"))
    assert told not in text_of(page.get(record + "imaging/"))
    browser.post(address, {"told": ["laboratory"]})
    assert text_of(page.get(record)).count(told) == 1
    assert Blank.objects.about(patient.ref.id).live(now()).count() == 1
    assert len([each for each in history(patient) if each.event == "blanks.told"]) == 3
    stranger = a_carer(family="Loin")
    with pytest.raises(blanks.Invalid):
        blanks.tell_blanks(actor=patient.actor, ref=patient.ref, professional=stranger.person.id, categories=[LAB])
    with pytest.raises(blanks.Invalid):
        blanks.tell_blanks(
            actor=patient.actor, ref=patient.ref, professional=doctor.person.id, categories=[Category.PERSONAL_NOTES]
        )


def test_nothing_on_the_pages_of_sharing_tells_of_a_category_hidden_from_the_screens(patient, doctor):
    # Nobody has just proven who they are: what is hidden stays hidden.
    browser = browser_of(patient.account)
    """A choice, a request, a wish, a preview: each looks as if nothing had ever been said of it."""
    address = f"/sharing/{doctor.person.id}/"
    pages = ["/sharing/", address, f"{CHOICES}?whom={doctor.person.id}", f"{CHOICES}?whom=doctor", "/sharing/wishes/",
             f"/sharing/as/?who={doctor.person.id}", "/sharing/who/?category=genetics",
             f"/sharing/who/?category=genetics&person={doctor.person.id}"]  # fmt: skip
    start = timezone.now() - timedelta(minutes=1)
    Wish.objects.create(dossier=patient.ref.id, kind="discreet", category="genetics", during=(start, None))
    before = [as_shown(browser, page) for page in pages]
    for chosen in ({"professional": doctor.person}, {"profession": "doctor"}, {"newcomers": True}):
        Choice.objects.create(
            dossier=patient.ref.id, category="genetics", right="read", allowed="newcomers" not in chosen,
            during=(start, None), **chosen,
        )  # fmt: skip
    Wish.objects.create(dossier=patient.ref.id, kind="at_once", category="genetics", during=(start, None))
    Blank.objects.create(dossier=patient.ref.id, professional=doctor.person, category="genetics", during=(start, None))
    after = [as_shown(browser, page) for page in pages]
    for page, one, other in zip(pages, before, after, strict=True):
        assert one == other, page
    # To take consents away asks for a proof, which shows what is hidden.
    asked = browser.post("/sharing/consents/").content.decode()
    assert "Is it you?" in asked
    assert "genetics" not in asked


def as_shown(browser, address):
    """The page without what differs each time: the token of the form, the nonce of the scripts."""
    text = re.sub(r'nonce="[A-Z]{28}"', "", text_of(browser.get(address)))
    return "".join(part.split('"', 1)[1] for part in ('x"' + text).split('name="csrfmiddlewaretoken" value="'))


def test_a_team_in_care_lets_its_members_add(patient, browser):
    member = a_carer(family="Équipe")
    TeamCare.objects.create(
        dossier=patient.ref.id, organisation=member.organisation, during=(timezone.now() - timedelta(hours=1), None)
    )
    assert Membership.objects.filter(professional=member.person).exists()
    page = text_of(browser_of(member.account).get(f"/pro/patients/{patient.ref.id}/"))
    assert "/deposit/" in page
