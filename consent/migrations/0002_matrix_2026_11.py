"""The matrix of habilitations, edition 2026-11: 14 professions, 19 categories, 266 facts.

In force since the official rules of October 2023. What is official, what is inferred and where each
fact comes from stands beside it (``basis``, ``note``, ``source``). A correction is a new version in a
new migration: this one is never edited, because the log cites it by name.
"""

from datetime import datetime, timezone
from uuid import UUID, uuid5

from django.db import migrations
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

NAME = "2026-11"
IN_FORCE_FROM = datetime(2023, 11, 1, tzinfo=timezone.utc)
# Identifiers come from names, so that the version is the same row in every installation.
NAMESPACE = UUID("0e0a3c0e-54a5-5b0f-9a3e-2f7a4b1c2611")

ACCESS = {".": "none", "c": "on_consent", "r": "read", "W": "write"}

CATEGORIES = (
    "medical_summary consultation_report hospital_report laboratory imaging "
    "prescription dispensation care_plan prevention child_health "
    "maternity_sexual_health mental_health genetics certificate social_care "
    "reimbursement directives administrative personal_notes"
).split()

# One letter per category, in the order above.
GRID = {
    "doctor": ("Médecin", "WWWWWWrWWWWWWWrrr.."),
    "emergency_regulator": ("Médecin régulateur (centre 15) / urgence", "rrrrrrrrrrrr....r.."),
    "occupational_physician": ("Médecin du travail", "cccccccccccccccccc."),
    "pharmacist": ("Pharmacien", "rrrrrrWrW.........."),
    "nurse": ("Infirmier", "rrrrrrWWW.....r.r.."),
    "midwife": ("Sage-femme", "rWrrrWrWWWW.rW..r.."),
    "dentist": ("Chirurgien-dentiste", "rWrrWWrWW....W....."),
    "physiotherapist": ("Masseur-kinésithérapeute", "rrr.rr.W..........."),
    "podiatrist": ("Pédicure-podologue", "rrrrrr.W..........."),
    "biologist": ("Biologiste médical", "r.rW.rr.....W......"),
    "speech_therapist": ("Orthophoniste", "rr..rr.W.r........."),
    "psychologist": ("Psychologue", "r......r...W......."),
    "dietitian": ("Diététicien", "r..r.r.W..........."),
    "social_coordinator": ("Coordination sanitaire, sociale ou médico-sociale", ".rr...........W..r."),
}

# Where the facts were read.
RULES_2023 = "https://information-dentaire.fr/actualites/publication-des-regles-d-acces-aux-dmp-des-professionnels-de-sante"
L1111_17 = "https://french-business-law.com/french-legislation-art/article-l1111-17-of-the-french-public-health-code"
PHARMACISTS = "https://www.pharma365.fr/en-pratique/cote-pharmaciens/le-dmp-ouvert-aux-pharmaciens/"
NURSES = "https://static1.infirmiers.com/profession-ide/dossier-medical-partage-la-liste-des-habilitations-dacces-pour-la-profession"
PODIATRISTS = "http://www.onpp.fr/communication/actualites/actualites-ordinales/acces-au-dossier-medical-partage.html"
APHP = "https://affairesjuridiques.aphp.fr/?p=636506"
MENTAL_HEALTH_2023 = "https://www.santementale.fr/2023/10/quels-professionnels-peuvent-acceder-au-dossier-medical-partage"
INFERRED = "inferred"

# A fact that no finding below names rests on this one.
DEFAULT = ("inferred", INFERRED, "no need to know by default; least privilege")

EVERYBODY = " ".join(GRID)

# basis, source, note, and the cells it speaks of: professions, categories.
FINDINGS = [
    ("official-partial", RULES_2023,
     "official: doctors may read every document type except the residence attestation; the deposit right per "
     "category is inferred",
     "doctor",
     "medical_summary consultation_report hospital_report laboratory imaging prescription care_plan "
     "prevention child_health maternity_sexual_health mental_health genetics certificate"),
    ("official-partial", RULES_2023,
     "read official; deposit left to pharmacist and nurse (inferred)",
     "doctor", "dispensation"),
    ("official-partial", RULES_2023,
     "read official; deposit inferred out",
     "doctor", "social_care"),
    ("official-partial", RULES_2023,
     "read official; fed by the insurer, so no deposit",
     "doctor", "reimbursement"),
    ("official-partial", RULES_2023,
     "read official; only the patient writes",
     "doctor", "directives"),
    ("official-partial", RULES_2023,
     "official gap: a doctor may not read the residence attestation (ATTEST-RESID); widened here to the whole "
     "category",
     "doctor", "administrative"),
    ("inferred", INFERRED,
     "patient-only space; never readable by a professional or an admin",
     EVERYBODY, "personal_notes"),
    ("official-partial", L1111_17,
     "same reach as a doctor but only through the emergency route and unless the patient objected (separate "
     "switches: centre 15, other emergencies, masked documents)",
     "emergency_regulator",
     "medical_summary consultation_report hospital_report laboratory imaging prescription "
     "dispensation care_plan prevention child_health maternity_sexual_health mental_health directives"),
    ("inferred", INFERRED,
     "heightened category; opened only by a second, explicit confirmation",
     "emergency_regulator", "genetics"),
    ("inferred", INFERRED,
     "of no use in an emergency",
     "emergency_regulator", "certificate social_care reimbursement"),
    ("inferred", INFERRED,
     "identity traits are shown apart; documents are not needed",
     "emergency_regulator", "administrative"),
    ("official-partial", L1111_17,
     "by law only with the person's express consent after information on masking; so none by default",
     "occupational_physician",
     "medical_summary consultation_report hospital_report laboratory imaging prescription "
     "dispensation care_plan prevention child_health maternity_sexual_health mental_health genetics "
     "certificate social_care reimbursement directives administrative"),
    ("official-partial", PHARMACISTS,
     "within 'nearly everything'",
     "pharmacist", "medical_summary consultation_report"),
    ("official-partial", PHARMACISTS,
     "official: pharmacists read nearly everything, named types include biology, anaesthesia and hospital "
     "reports, care protocols, imaging",
     "pharmacist", "hospital_report laboratory imaging care_plan"),
    ("official", PHARMACISTS,
     "official: prescriptions of every professional",
     "pharmacist", "prescription"),
    ("official-partial", PHARMACISTS,
     "read official; deposit by scope of practice (inferred)",
     "pharmacist", "dispensation"),
    ("inferred", INFERRED,
     "pharmacists vaccinate, so they record vaccinations",
     "pharmacist", "prevention"),
    ("inferred", INFERRED,
     "heightened category; pregnancy/breastfeeding flags should reach the pharmacist through the summary "
     "instead",
     "pharmacist", "maternity_sexual_health"),
    ("inferred", INFERRED,
     "not needed to dispense",
     "pharmacist", "directives"),
    ("inferred", NURSES,
     "wide access stated for the profession as a whole; this type not named in the source read",
     "nurse", "medical_summary consultation_report imaging prescription"),
    ("official", NURSES,
     "official: biology reports and emergency-department reports are open to nurses",
     "nurse", "hospital_report laboratory"),
    ("inferred", INFERRED,
     "administered treatments are recorded by nurses",
     "nurse", "dispensation"),
    ("official-partial", NURSES,
     "official read: functional assessments, medication reviews, ALD protocols; deposit of nursing follow-up "
     "inferred",
     "nurse", "care_plan"),
    ("official-partial", NURSES,
     "official read: prevention reports; deposit of vaccinations inferred",
     "nurse", "prevention"),
    ("official", NURSES,
     "official denial: child health and prevention assessments",
     "nurse", "child_health"),
    ("official", NURSES,
     "official denial: psychiatric summaries and psychological assessments",
     "nurse", "mental_health"),
    ("official", NURSES,
     "official denial: medical certificates",
     "nurse", "certificate"),
    ("official-partial", NURSES,
     "official: discharge letter from a social structure is readable; the other social documents are inferred",
     "nurse", "social_care"),
    ("inferred", INFERRED,
     "needed at the bedside",
     "nurse", "directives"),
    ("inferred", RULES_2023,
     "medical profession, 'most documents' open according to the press summaries",
     "midwife", "medical_summary hospital_report laboratory imaging dispensation genetics directives"),
    ("inferred", INFERRED,
     "medical profession with right to prescribe within its scope",
     "midwife", "consultation_report prescription care_plan prevention certificate"),
    ("inferred", INFERRED,
     "newborn follow-up",
     "midwife", "child_health"),
    ("inferred", INFERRED,
     "core of the profession",
     "midwife", "maternity_sexual_health"),
    ("official-partial", RULES_2023,
     "'most documents' are open to the other health professions; this type not named",
     "dentist", "medical_summary hospital_report laboratory dispensation"),
    ("official-partial", RULES_2023,
     "read within 'most documents'; deposit inferred. Exception, official: telemedicine requests (75496-0) "
     "denied",
     "dentist", "consultation_report prescription care_plan"),
    ("inferred", INFERRED,
     "dental imaging",
     "dentist", "imaging"),
    ("inferred", INFERRED,
     "oral prevention assessment (28617-9)",
     "dentist", "prevention"),
    ("official", RULES_2023,
     "official denial: psychological assessments and psychiatric summaries",
     "dentist", "mental_health"),
    ("inferred", INFERRED,
     "dental certificates",
     "dentist", "certificate"),
    ("official", RULES_2023,
     "official denial: EHPAD personal support projects and discharge letters from a social structure",
     "dentist", "social_care"),
    ("inferred", RULES_2023,
     "'most documents' open to health professions; this type not named",
     "physiotherapist", "medical_summary consultation_report hospital_report imaging prescription"),
    ("inferred", RULES_2023,
     "'most documents' open to health professions; this type not named",
     "speech_therapist", "medical_summary consultation_report imaging prescription"),
    ("inferred", INFERRED,
     "functional assessments (47420-5) and care follow-up (11506-3)",
     "physiotherapist", "care_plan"),
    ("official-partial", PODIATRISTS,
     "the profession's order describes a wide access; per-type detail not read",
     "podiatrist", "medical_summary consultation_report hospital_report laboratory imaging prescription"),
    ("inferred", INFERRED,
     "podiatry follow-up",
     "podiatrist", "care_plan"),
    ("inferred", INFERRED,
     "interpretation context",
     "biologist", "medical_summary hospital_report prescription dispensation"),
    ("inferred", INFERRED,
     "producer of biology and pathology reports",
     "biologist", "laboratory"),
    ("inferred", INFERRED,
     "only the laboratory authorised for genetics",
     "biologist", "genetics"),
    ("inferred", INFERRED,
     "therapy assessment",
     "speech_therapist", "care_plan"),
    ("inferred", INFERRED,
     "frequent paediatric practice",
     "speech_therapist", "child_health"),
    ("inferred", INFERRED,
     "context",
     "psychologist", "medical_summary care_plan"),
    ("inferred", APHP,
     "producer of psychological assessments (83901-9); not a health profession in law: the matrix for role-"
     "based professions was suspended/contested",
     "psychologist", "mental_health"),
    ("inferred", INFERRED,
     "nutrition context",
     "dietitian", "medical_summary laboratory prescription"),
    ("inferred", INFERRED,
     "nutrition plan",
     "dietitian", "care_plan"),
    ("official-partial", MENTAL_HEALTH_2023,
     "official: consultation or visit sheet only",
     "social_coordinator", "consultation_report"),
    ("official-partial", MENTAL_HEALTH_2023,
     "official: discharge/liaison letters, transfer note, emergency liaison file only",
     "social_coordinator", "hospital_report"),
    ("official-partial", MENTAL_HEALTH_2023,
     "official read: social assessment grid and social discharge letters; deposit inferred",
     "social_coordinator", "social_care"),
    ("inferred", INFERRED,
     "resident file needs it (residence attestation is the one type denied to doctors)",
     "social_coordinator", "administrative"),
]


def facts():
    """Every line of the matrix: profession, French name, category, access, basis, note, source."""
    found = {
        (profession, category): (basis, source, note)
        for basis, source, note, professions, categories in FINDINGS
        for profession in professions.split()
        for category in categories.split()
    }
    for profession, (french, letters) in GRID.items():
        for category, letter in zip(CATEGORIES, letters, strict=True):
            basis, source, note = found.get((profession, category), DEFAULT)
            yield profession, french, category, ACCESS[letter], basis, note, source


def bring_into_force(apps, schema_editor):
    """Write the version and its lines."""
    alias = schema_editor.connection.alias
    version = apps.get_model("consent", "MatrixVersion").objects.using(alias).create(
        id=uuid5(NAMESPACE, NAME), name=NAME, during=DateTimeTZRange(IN_FORCE_FROM, None)
    )
    row = apps.get_model("consent", "MatrixRow")
    row.objects.using(alias).bulk_create(
        row(
            id=uuid5(NAMESPACE, f"{NAME}/{profession}/{category}"),
            version=version,
            profession=profession,
            profession_fr=french,
            category=category,
            access=access,
            basis=basis,
            note=note,
            source=source,
        )
        for profession, french, category, access, basis, note, source in facts()
    )


def withdraw(apps, schema_editor):
    """Undo: take the version away."""
    alias = schema_editor.connection.alias
    apps.get_model("consent", "MatrixRow").objects.using(alias).filter(version__name=NAME).delete()
    apps.get_model("consent", "MatrixVersion").objects.using(alias).filter(name=NAME).delete()


class Migration(migrations.Migration):

    dependencies = [("consent", "0001_initial")]

    operations = [migrations.RunPython(bring_into_force, withdraw)]
