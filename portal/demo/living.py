"""What the people of the demo do in Carnet: let in, keep out, write, read, ask, and are sometimes refused.

Each act goes through the door that a page would call. A refusal is made by really knocking.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from audit.actor import Actor
from consent.categories import Category
from consent.decisions import Refused, Right
from consent.dossiers import DossierRef
from consent.emergencies import end as end_emergency
from consent.granting import (
    Invalid,
    answer_request,
    choose,
    end_relationship,
    open_relationship,
    oppose,
    request_access,
    withdraw_choice,
)
from consent.professions import Profession
from portal.demo.founding import professional_id
from portal.demo.people import CAMILLE, PATIENTS
from portal.demo.sheet import Sheet
from records.breaking_glass import break_glass
from records.formats.fhir.bundle import to_json
from records.formats.fhir.mapping import Landed, land
from records.formats.fhir.references import References
from records.reading import Unknown, open_category, open_overview, open_record
from records.writing import deposit, mask

DOCTOR, NURSE, PHARMACIST = "nadia.lefevre", "claire.roy", "julien.berger"
MIDWIFE, CARDIOLOGIST, BIOLOGIST = "aissatou.diop", "helene.marchand", "sophie.garnier"
EMERGENCY_DOCTOR, HOSPITAL_NURSE = "ousmane.ndiaye", "karim.benali"
PHYSIOTHERAPIST, PSYCHOLOGIST = "thomas.picard", "lea.fontaine"

# Who takes care of whom, besides Dr Lefèvre, who takes care of everybody.
_CARED_FOR = {
    CAMILLE: (PHARMACIST, NURSE, MIDWIFE, CARDIOLOGIST, BIOLOGIST),
    "ange.casanova": (PHARMACIST, CARDIOLOGIST, BIOLOGIST),
    "fatou.sarr": (MIDWIFE, BIOLOGIST),
    "marguerite.lopez": (NURSE, PHARMACIST),
    "antoine.girard": (PSYCHOLOGIST, PHARMACIST),
    "yasmine.haddad": (PHARMACIST,),
    "paul.nguyen": (CARDIOLOGIST, PHARMACIST, PHYSIOTHERAPIST),
    "elodie.rousseau": (CARDIOLOGIST, BIOLOGIST),
    "mehdi.belkacem": (PHYSIOTHERAPIST,),
    "angele.santoni": (PHARMACIST, BIOLOGIST),
    "simone.petit": (NURSE, PHARMACIST, BIOLOGIST),
}


@dataclass(frozen=True, slots=True)
class Town:
    """Everybody who can act, and the instant it is."""

    staff: dict[str, Actor]
    patients: dict[str, tuple[Actor, DossierRef]]
    now: datetime

    def patient(self, key: str) -> dict[str, Any]:
        """``actor`` and ``ref`` of a patient, as the doors of consent take them."""
        actor, ref = self.patients[key]
        return {"actor": actor, "ref": ref}

    def dossier(self, key: str) -> UUID:
        """The identifier of a patient's dossier."""
        return self.patients[key][1].id

    def person(self, key: str) -> UUID:
        """The directory's identifier of a professional."""
        return professional_id(self.staff[key])

    def later(self, *, days: int) -> datetime:
        """So many days from now, at the end of the day."""
        return (self.now + timedelta(days=days)).replace(hour=22, minute=59, second=0, microsecond=0)


def let_in(town: Town) -> None:
    """Care relationships: most without end, some with one, one already over."""
    ends = {(CAMILLE, DOCTOR): 120, (CAMILLE, PHARMACIST): 6, ("mehdi.belkacem", PHYSIOTHERAPIST): 45}
    for patient in PATIENTS:
        for key in (DOCTOR, *_CARED_FOR.get(patient.key, ())):
            days = ends.get((patient.key, key))
            until = town.later(days=days) if days is not None else None
            once(open_relationship, **town.patient(patient.key), professional=town.person(key), until=until)
    for patient_key, key in ((CAMILLE, PSYCHOLOGIST), ("theo.lambert", PHYSIOTHERAPIST)):
        once(open_relationship, **town.patient(patient_key), professional=town.person(key))
        once(end_relationship, **town.patient(patient_key), professional=town.person(key))


def decide(town: Town) -> None:
    """Choices open and closed, for a person, a team, a profession; some end by themselves; oppositions."""
    camille = town.patient(CAMILLE)
    read = Right.READ
    for key, category, allowed, days in (
        (DOCTOR, Category.MENTAL_HEALTH, False, None),
        (NURSE, Category.LABORATORY, False, None),
        (MIDWIFE, Category.LABORATORY, True, 90),
        (PHARMACIST, Category.IMAGING, False, None),
        (CARDIOLOGIST, Category.MATERNITY_SEXUAL_HEALTH, False, None),
        (CARDIOLOGIST, Category.MENTAL_HEALTH, False, 180),
    ):
        until = town.later(days=days) if days is not None else None
        person = town.person(key)
        once(choose, **camille, professional=person, category=category, right=read, allowed=allowed, until=until)
    hospital = town.staff[EMERGENCY_DOCTOR].organisation
    antoine, fatou, paul = (town.patient(key) for key in ("antoine.girard", "fatou.sarr", "paul.nguyen"))
    once(choose, **antoine, organisation=hospital, category=Category.CERTIFICATE, right=read, allowed=False)
    once(choose, **fatou, profession=Profession.PHARMACIST, category=Category.LABORATORY, right=read, allowed=False)
    once(choose, **paul, profession=Profession.NURSE, category=Category.PRESCRIPTION, right=read, allowed=True)
    changed = once(
        choose, **paul, professional=town.person(PHYSIOTHERAPIST), category=Category.IMAGING, right=read, allowed=False
    )
    if changed is not None:
        withdraw_choice(**paul, choice_id=changed)
    once(oppose, **camille, professional=town.person(HOSPITAL_NURSE))
    once(oppose, **antoine, professional=town.person(DOCTOR), author=town.person(PSYCHOLOGIST))
    once(oppose, **town.patient("elodie.rousseau"), organisation=hospital)


def write(town: Town) -> None:
    """What they file themselves: the patient's notes and wishes, the doctor's consultation of today."""
    today = town.now.date()
    for key, title, category, text in _NOTES:
        actor, ref = town.patients[key]
        file(actor, ref, paper(key, today, title, category, text), category)
    consultation = paper(CAMILLE, today, _TODAY, Category.CONSULTATION_REPORT, _TODAY_TEXT, by=DOCTOR)
    file(town.staff[DOCTOR], town.patients[CAMILLE][1], consultation, Category.CONSULTATION_REPORT)


def look(town: Town) -> None:
    """Ordinary reading, by patients and by those who take care of them."""
    camille, ref = town.patients[CAMILLE]
    open_overview(actor=camille)
    wrist = next(
        item
        for item in open_category(actor=camille, dossier_id=ref.id, category=Category.IMAGING).items
        if item.header.kind == "ImagingStudy"
    )
    if not wrist.masked:
        mask(actor=camille, record_id=wrist.record_id)
    for key, patient_key, category in (
        (DOCTOR, CAMILLE, Category.LABORATORY),
        (DOCTOR, CAMILLE, Category.PRESCRIPTION),
        (PHARMACIST, CAMILLE, Category.PRESCRIPTION),
        (BIOLOGIST, CAMILLE, Category.LABORATORY),
        (MIDWIFE, "fatou.sarr", Category.MATERNITY_SEXUAL_HEALTH),
        (CARDIOLOGIST, "paul.nguyen", Category.HOSPITAL_REPORT),
        (PSYCHOLOGIST, "antoine.girard", Category.MENTAL_HEALTH),
        (NURSE, "simone.petit", Category.CARE_PLAN),
        (DOCTOR, "lucas.bernard", Category.CHILD_HEALTH),
    ):
        reader = town.staff[key]
        open_overview(actor=reader, dossier_id=town.dossier(patient_key))
        drawer = open_category(actor=reader, dossier_id=town.dossier(patient_key), category=category)
        if drawer.items:
            open_record(actor=reader, record_id=drawer.items[0].record_id)


def be_refused(town: Town) -> None:
    """Doors that stay closed: by profession, by choice, by opposition, for want of a relationship."""
    camille = town.dossier(CAMILLE)
    for key, category in (
        (PHARMACIST, Category.MENTAL_HEALTH),
        (PHARMACIST, Category.IMAGING),
        (NURSE, Category.LABORATORY),
        (DOCTOR, Category.MENTAL_HEALTH),
    ):
        _knock(open_category, actor=town.staff[key], dossier_id=camille, category=category)
    _knock(open_overview, actor=town.staff[HOSPITAL_NURSE], dossier_id=camille)
    _knock(open_overview, actor=town.staff[PSYCHOLOGIST], dossier_id=camille)
    _knock(open_overview, actor=town.staff[PHYSIOTHERAPIST], dossier_id=town.dossier("simone.petit"))
    _knock(open_overview, actor=town.patients["theo.lambert"][0], dossier_id=camille)


def break_the_glass(town: Town) -> None:
    """One emergency: opened with its reason, used, and closed by the doctor who opened it."""
    doctor, camille = town.staff[EMERGENCY_DOCTOR], town.dossier(CAMILLE)
    emergency = break_glass(actor=doctor, dossier_id=camille, reason_code="unconscious", text=_UNCONSCIOUS)
    for category in (Category.MEDICAL_SUMMARY, Category.PRESCRIPTION):
        open_category(actor=doctor, dossier_id=camille, category=category)
    end_emergency(actor=doctor, ref=town.patients[CAMILLE][1], emergency_id=emergency)


def ask(town: Town) -> None:
    """Requests for access: one answered no, one answered yes, one still waiting."""
    ref = town.patients[CAMILLE][1]
    for key, category, allowed, days in (
        (CARDIOLOGIST, Category.MENTAL_HEALTH, False, None),
        (CARDIOLOGIST, Category.MATERNITY_SEXUAL_HEALTH, True, 60),
    ):
        asked = once(request_access, actor=town.staff[key], ref=ref, category=category, purpose="diagnosis")
        if asked is not None:
            until = town.later(days=days) if days is not None else None
            answer_request(**town.patient(CAMILLE), request_id=asked, allowed=allowed, until=until)
    once(request_access, actor=town.staff[NURSE], ref=ref, category=Category.LABORATORY, purpose="follow_up")


def paper(key: str, today: date, title: str, category: Category, text: str, *, by: str = "") -> dict[str, Any]:
    """A document written here and now."""
    sheet = Sheet(next(patient for patient in PATIENTS if patient.key == key), today)
    sheet.document(today, by, title, text, "", category=category.value, hour=8)
    return sheet.resources[-1]


def file(actor: Actor, ref: DossierRef, resource: dict[str, Any], category: Category) -> UUID:
    """File a document in a drawer, once; the record's identifier.

    Raises:
        TypeError: the resource is no document that has a drawer.
    """
    landed = land(resource, References())
    if not isinstance(landed, Landed):
        raise TypeError(f"{resource['resourceType']} of the demo: expected a document with a drawer")
    content = to_json(resource)
    return deposit(
        actor=actor,
        dossier_id=ref.id,
        category=category,
        header=landed.header,
        resource=content,
        source=f"demo/{landed.header.title}/{actor.id}".encode(),
    )


def once(act: Callable[..., UUID | None], **given: Any) -> UUID | None:
    """Do it, unless an interrupted seeding did it before."""
    with suppress(Invalid):
        return act(**given)
    return None


def _knock(door: Callable[..., object], **given: Any) -> None:
    """Try a door that must stay closed; the refusal is in the log.

    Raises:
        RuntimeError: the door opened.
    """
    try:
        door(**given)
    except (Refused, Unknown):
        return
    raise RuntimeError(f"{door.__name__} opened: the demo expected a refusal")


_TODAY = "Appel téléphonique – résultats de la prise de sang"
_TODAY_TEXT = """
Appel ce jour pour commenter les résultats. HbA1c 6,8 %, dans l’objectif. Fond d’œil pris pour le mois prochain.

Question sur les randonnées en altitude : pas de contre-indication, prévoir des collations.
"""
_UNCONSCIOUS = "Amenée inconsciente par les pompiers, glycémie à 2,1 mmol/L. Traitement et allergies à connaître."
_NOTES = (
    (
        CAMILLE,
        "Questions pour la prochaine consultation",
        Category.PERSONAL_NOTES,
        "Demander si je peux espacer les prises de sang.\n\nLa metformine du soir me donne parfois mal au ventre.",
    ),
    (
        CAMILLE,
        "Glycémies du week-end à la montagne",
        Category.PERSONAL_NOTES,
        "Samedi midi 6,2. Samedi soir 5,1 après quatre heures de marche. Dimanche matin 6,8.",
    ),
    (
        CAMILLE,
        "Directives anticipées",
        Category.DIRECTIVES,
        "Si mon état ne laisse plus d’espoir, je refuse l’acharnement. Ma sœur Claire parle pour moi.",
    ),
    (
        "yasmine.haddad",
        "Mes déclencheurs",
        Category.PERSONAL_NOTES,
        "Chat de la voisine, air froid en courant, fumée. Le printemps passe mieux depuis le traitement de fond.",
    ),
    (
        "paul.nguyen",
        "Personne de confiance",
        Category.DIRECTIVES,
        "Je désigne mon épouse, Linh Nguyen, comme personne de confiance.",
    ),
)
