"""Everything that must be told: the act is done through its own door, and its letter is there for whom it concerns."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from audit.actor import Actor, SystemTask
from audit.events import Event
from audit.log import append
from audit.pseudonyms import shown
from audit.sequencing import sequence_once
from consent.categories import Category
from consent.models import Choice, TreatingDoctor
from portal.accounts.models import Passkey
from portal.notifications.announcing import announce_due
from portal.notifications.following import follow_log
from portal.notifications.kinds import Channel, Kind, Urgency
from portal.notifications.models import Delivery, Letter, Switch
from portal.oversight.models import Case, Unsealing
from portal.welcoming.directing import Act, direct
from records import copying, rotation
from records.asking_papers import ask_paper, brought, decline
from records.correcting import Unknown, answer, ask_correction
from records.formats.fhir.bundle import exact, to_json
from records.formats.fhir.heading import header_of
from records.formats.fhir.references import References
from records.writing import deposit
from tests.portal.ward import (
    a_carer,
    a_patient,
    a_result,
    an_account,
    browser_of,
    closed,
    filed,
    history,
    in_care,
    prove_again,
)  # fmt: skip

PASSWORD = "un long chemin calme 27"
HOUSE = Actor.system(SystemTask.ROTATION)


@pytest.fixture
def scene(db):
    patient, carer = a_patient(), a_carer()
    in_care(patient, carer)
    return patient, carer


def told(account) -> list[str]:
    """The kinds of letters of this person, once everything in the log was followed."""
    while sequence_once():
        pass
    while follow_log():
        pass
    return list(Letter.objects.filter(account=account).order_by("entry_index").values_list("kind", flat=True))


def opens(patient, carer) -> None:
    browser_of(carer.account).get(f"/pro/patients/{patient.ref.id}/")


def test_the_first_access_and_each_one_if_wished(scene) -> None:
    patient, carer = scene
    opens(patient, carer)
    opens(patient, carer)
    assert told(patient.account) == [Kind.FIRST_ACCESS]
    Switch.objects.create(account=patient.account, kind=Kind.ACCESS, channel=Channel.MAIL, is_on=True)
    opens(patient, carer)
    assert told(patient.account) == [Kind.FIRST_ACCESS, Kind.ACCESS]


def test_an_emergency_to_the_patient_and_the_treating_doctor_at_once(scene) -> None:
    patient, carer = scene
    since = timezone.now() - timedelta(days=1)
    TreatingDoctor.objects.create(dossier=patient.ref.id, professional=carer.person, during=(since, None))
    other = a_carer(family="Marchand", given="Hélène")
    with transaction.atomic():
        append(Event.EMERGENCY_OPENED, actor=other.actor, dossier=patient.ref.pseudonym)
    assert (told(patient.account), told(carer.account)) == ([Kind.EMERGENCY], [Kind.EMERGENCY_OF_PATIENT])
    now = Delivery.objects.filter(next_try__lte=timezone.now(), urgency=Urgency.EMERGENCY)
    assert set(now.values_list("account", "channel")) == {
        (account.pk, way) for account in (patient.account, carer.account) for way in ("mail", "sms")
    }


def test_a_new_document_and_a_request_from_a_professional(scene) -> None:
    patient, carer = scene
    record = filed(patient, Category.LABORATORY, a_result())
    with transaction.atomic():
        append(Event.RECORD_CREATED, actor=carer.actor, dossier=patient.ref.pseudonym, object_id=record)
    closed(patient, carer, Category.LABORATORY)
    asked = {"category": "laboratory", "purpose": "follow_up"}
    assert browser_of(carer.account).post(f"/pro/patients/{patient.ref.id}/request/", asked).status_code == 302
    assert set(told(patient.account)) >= {Kind.NEW_DOCUMENT, Kind.ACCESS_REQUESTED}


def test_a_consent_about_to_end_and_the_statement_of_a_month(scene, owner) -> None:
    patient, carer = scene
    Choice.objects.create(
        dossier=patient.ref.id, professional=carer.person, category="laboratory", right="read", allowed=True,
        during=(timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=2)),
    )  # fmt: skip
    owner.execute("UPDATE records_dossier SET created_on = created_on - 40 WHERE id = %s", [patient.ref.id])
    announce_due()
    assert told(patient.account) == [Kind.CONSENT_ENDING, Kind.STATEMENT]


def test_the_copy_of_a_record_tells_who_asked_for_it(scene) -> None:
    patient, _carer = scene
    copy = copying.ask(actor=replace(patient.actor, fresh=True), dossier_id=patient.ref.id, language="fr")
    house = Actor.system(SystemTask.EXPORT)
    order = copying.begin_making(actor=house, copy_id=copy, total=1)
    copying.finish(actor=house, order=order, size=1)
    assert told(patient.account) == [Kind.EXPORT_READY]


def test_a_key_that_turned(scene) -> None:
    patient, _carer = scene
    rotation.begin(actor=HOUSE, dossier_id=patient.ref.id)
    after = None
    while (done := rotation.reseal_batch(actor=HOUSE, dossier_id=patient.ref.id, after=after)).after is not None:
        after = done.after
    rotation.finish(actor=HOUSE, dossier_id=patient.ref.id)
    assert told(patient.account) == [Kind.KEY_TURNED]


def test_an_access_that_is_questioned_and_its_deadline(scene) -> None:
    """The professional is told, whatever they switched off; then before the deadline, and once it is over."""
    patient, carer = scene
    opens(patient, carer)
    line = next(entry for entry in history(patient) if entry.actor == carer.account.pk)
    browser_of(patient.account).post(f"/accesses/questions/{line.id}/")
    case = Case.objects.get()
    assert told(carer.account) == [Kind.CASE_OPENED]
    assert Kind.CASE_OPENED not in told(patient.account)
    # Two beats, at four moments: one reminder each for the last two.
    for before in (timedelta(days=5), timedelta(days=2), timedelta(days=1), -timedelta(days=1)):
        announce_due(case.due_at - before)
        announce_due(case.due_at - before)
    assert told(carer.account) == [Kind.CASE_OPENED, Kind.CASE_DUE, Kind.CASE_DUE]
    assert "Explain it" in browser_of(carer.account).get("/letters/").content.decode()


def test_no_reminder_of_what_was_explained(scene) -> None:
    patient, carer = scene
    opens(patient, carer)
    line = next(entry for entry in history(patient) if entry.actor == carer.account.pk)
    browser_of(patient.account).post(f"/accesses/questions/{line.id}/")
    case = Case.objects.get()
    browser_of(carer.account).post(f"/pro/questions/{case.id}/", {"code": "duty", "words": "Je remplaçais."})
    announce_due(case.due_at + timedelta(days=1))
    assert told(carer.account) == [Kind.CASE_OPENED]


def wrote(patient, carer):
    """A result that this professional filed."""
    resource = exact(a_result())
    header = header_of(resource, References())
    return deposit(
        actor=carer.actor,
        dossier_id=patient.ref.id,
        category=Category.LABORATORY,
        header=header,
        resource=to_json(resource),
    )


@pytest.mark.parametrize("done", [True, False])
def test_a_correction_that_is_asked_and_its_answer(scene, done) -> None:
    """Its author is told that it is asked, the patient that it is answered: put right, or refused with a reason."""
    patient, carer = scene
    record = wrote(patient, carer)
    asked = ask_correction(actor=patient.actor, record_id=record, words="Ce n’est pas mon résultat.")
    assert told(carer.account) == [Kind.CORRECTION_ASKED]
    before = told(patient.account)
    assert Kind.CORRECTION_ANSWERED not in before
    answer(actor=carer.actor, correction_id=asked, done=done, words="Vérifié.", title="HbA1c", text="Vérifié.")
    assert told(patient.account) == [*before, Kind.CORRECTION_ANSWERED]
    assert told(carer.account) == [Kind.CORRECTION_ASKED]
    assert reverse("correcting:list") in browser_of(carer.account).get("/letters/").content.decode()
    assert reverse("corrections:list") in browser_of(patient.account).get("/letters/").content.decode()


def test_a_refused_request_for_a_correction_tells_nobody(scene) -> None:
    patient, carer = scene
    record = wrote(patient, carer)
    with pytest.raises(Unknown):
        ask_correction(actor=a_patient().actor, record_id=record, words="Rien.")
    assert told(carer.account) == []


@pytest.mark.parametrize("given", [brought, decline])
def test_a_document_that_is_asked_for_and_its_answer(scene, given) -> None:
    patient, carer = scene
    asked = ask_paper(actor=carer.actor, dossier_id=patient.ref.id, category=Category.LABORATORY, words="Le bilan.")
    assert Kind.ACCESS_REQUESTED in told(patient.account)
    assert told(carer.account) == []
    given(actor=patient.actor, request_id=asked)
    assert told(carer.account) == [Kind.REQUEST_ANSWERED]
    assert Kind.REQUEST_ANSWERED not in told(patient.account)


def test_a_case_that_was_concluded(scene) -> None:
    patient, carer = scene
    opens(patient, carer)
    line = next(entry for entry in history(patient) if entry.actor == carer.account.pk)
    browser_of(patient.account).post(f"/accesses/questions/{line.id}/")
    case = Case.objects.get()
    browser_of(carer.account).post(f"/pro/questions/{case.id}/", {"code": "duty", "words": "Je remplaçais."})
    page = f"/administration/questions/{case.id}/"
    browser_of(an_account("administrator")).post(page, {"conclusion": "justified"})
    assert told(patient.account)[-1] == Kind.CASE_CONCLUDED


@pytest.mark.parametrize("whose", ["record", "account"])
def test_an_unsealing_tells_whose_name_it_was(scene, whose) -> None:
    patient, carer = scene
    one, other = an_account("administrator"), an_account("administrator")
    pseudonym = shown("P", patient.ref.pseudonym) if whose == "record" else shown("A", carer.account.pk)
    browser_of(one).post("/administration/names/ask/", {"pseudonym": pseudonym, "reason": "confirmed"})
    browser_of(other).post(f"/administration/names/{Unsealing.objects.get().id}/agree/")
    expected, not_told = (patient, carer) if whose == "record" else (carer, patient)
    assert told(expected.account) == [Kind.UNSEALING]
    assert told(not_told.account) == []


def test_what_an_administrator_does_to_somebody_s_factors_is_told_to_them_and_not_to_the_administrator(scene) -> None:
    _patient, carer = scene
    administrator = an_account("administrator")
    browser = browser_of(administrator)
    actor = browser.get("/security/").wsgi_request.actor
    direct(actor=actor, account=carer.account, act=Act.FREE)
    assert (told(carer.account), told(administrator)) == ([Kind.SECURITY_CHANGED], [])


@pytest.mark.asvs("v5.0.0-6.3.7")
def test_a_factor_that_was_removed(scene) -> None:
    _patient, carer = scene
    browser = browser_of(carer.account)
    where = f"/security/passkeys/{Passkey.objects.get(user=carer.account).pk}/remove/"
    browser.post(where, {"remove": "yes"})
    assert told(carer.account) == [Kind.SECURITY_CHANGED]


@pytest.mark.asvs("v5.0.0-6.3.7")
def test_a_password_that_changed(scene) -> None:
    patient, _carer = scene
    patient.account.set_password(PASSWORD)
    patient.account.save(update_fields=["password"])
    browser = browser_of(patient.account)
    prove_again(browser)
    browser.post("/security/password/", {"current": PASSWORD, "new": "sept lanternes au bord du canal"})
    assert told(patient.account) == [Kind.SECURITY_CHANGED]
