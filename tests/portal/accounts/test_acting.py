"""From the session to the actor: profession and organisation come from the directory, today's."""

from django.utils import timezone

from consent.models import Membership, Organisation
from tests.portal.accounts.conftest import events, sign_in


def actor(client):
    return client.get("/security/").wsgi_request.actor


def test_a_professional_acts_for_the_place_of_their_membership(people, browser):
    person = people("professional")
    sign_in(browser, person)
    membership = Membership.objects.get()
    found = actor(browser)
    assert (found.professional, found.organisation) == (membership.professional_id, membership.organisation_id)
    assert found.profession == "nurse"


def test_with_several_places_the_session_chooses(people, browser):
    person = people("professional", memberships=2)
    sign_in(browser, person)
    first, second = Organisation.objects.order_by("name")
    assert actor(browser).organisation == first.id
    assert "Where you work today" in browser.get("/security/").content.decode()
    browser.post("/security/organisation/", {"organisation": str(second.id)})
    assert actor(browser).organisation == second.id
    browser.post("/security/organisation/", {"organisation": "00000000-0000-0000-0000-000000000000"})
    assert actor(browser).organisation == second.id


def test_an_ended_membership_ends_the_access_at_the_next_request(people, browser):
    person = people("professional", memberships=2)
    sign_in(browser, person)
    first, second = Membership.objects.order_by("during")
    now = timezone.now()
    Membership.objects.filter(pk=first.pk).update(during=(first.during.lower, now))
    assert actor(browser).organisation == second.organisation_id
    Membership.objects.filter(pk=second.pk).update(during=(second.during.lower, now))
    page = browser.get("/security/")
    assert page.status_code == 403
    assert "You are not in the directory today" in page.content.decode()
    assert browser.post("/signout/")["Location"] == "/signin/"


def test_a_professional_without_an_entry_gets_a_clear_sentence(people, browser):
    person = people("professional", memberships=0)
    assert sign_in(browser, person).status_code == 302
    page = browser.get("/", follow=True)
    assert page.status_code == 403
    assert "the directory of professionals has no entry for you" in page.content.decode()
    assert events(person.account.id)[-1] == "account.signed_in"


def test_each_request_has_its_own_number(people, browser):
    person = people()
    sign_in(browser, person)
    assert actor(browser).request != actor(browser).request
    assert actor(browser).session == actor(browser).session != ""
