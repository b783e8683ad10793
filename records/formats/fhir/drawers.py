"""Which drawer a type, a code or a word belongs to: a table of our own, dated.

Three layers. A *type* has a usual drawer. A *document type* (LOINC, and the French codes of the
national list of document types) names its drawer. Then a *delicate* code or word moves a record out
of an open drawer: a pregnancy, a depression score or a genetic test must not lie where every
profession of the care team reads. Words are stems in French and English, because real files often
carry a label without a code that we know. A doubt goes to the drawer that fewer people open.

Medicines, allergies and vaccinations stay in their drawers whatever they treat: who prescribes or
dispenses must see them all, because what is not seen is what harms. The patient can mask any of them.
Claims and reimbursements stay in theirs, which care professionals other than doctors do not open.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from consent.categories import Category
from records.formats.fhir.elements import Node, codes, concept_words

AS_OF = date(2026, 11, 23)

# A code system of our own: whoever files a document may name its drawer outright.
CATEGORY_SYSTEM = "urn:carnet:category"

USUAL = {
    "AdverseEvent": Category.MEDICAL_SUMMARY,
    "AllergyIntolerance": Category.MEDICAL_SUMMARY,
    "Appointment": Category.CONSULTATION_REPORT,
    "BodyStructure": Category.MEDICAL_SUMMARY,
    "CarePlan": Category.CARE_PLAN,
    "CareTeam": Category.CARE_PLAN,
    "Claim": Category.REIMBURSEMENT,
    "ClaimResponse": Category.REIMBURSEMENT,
    "ClinicalImpression": Category.CONSULTATION_REPORT,
    "Communication": Category.ADMINISTRATIVE,
    "Composition": Category.CONSULTATION_REPORT,
    "Condition": Category.MEDICAL_SUMMARY,
    "Consent": Category.ADMINISTRATIVE,
    "Contract": Category.ADMINISTRATIVE,
    "Coverage": Category.ADMINISTRATIVE,
    "DetectedIssue": Category.MEDICAL_SUMMARY,
    "Device": Category.MEDICAL_SUMMARY,
    "DeviceRequest": Category.PRESCRIPTION,
    "DeviceUseStatement": Category.MEDICAL_SUMMARY,
    "DiagnosticReport": Category.LABORATORY,
    "DocumentReference": Category.CONSULTATION_REPORT,
    "Encounter": Category.CONSULTATION_REPORT,
    "EpisodeOfCare": Category.HOSPITAL_REPORT,
    "ExplanationOfBenefit": Category.REIMBURSEMENT,
    "FamilyMemberHistory": Category.MEDICAL_SUMMARY,
    "Flag": Category.MEDICAL_SUMMARY,
    "Goal": Category.CARE_PLAN,
    "ImagingStudy": Category.IMAGING,
    "Immunization": Category.PREVENTION,
    "ImmunizationEvaluation": Category.PREVENTION,
    "ImmunizationRecommendation": Category.PREVENTION,
    "Invoice": Category.REIMBURSEMENT,
    "Media": Category.IMAGING,
    "MedicationAdministration": Category.DISPENSATION,
    "MedicationDispense": Category.DISPENSATION,
    "MedicationRequest": Category.PRESCRIPTION,
    "MedicationStatement": Category.PRESCRIPTION,
    "MolecularSequence": Category.GENETICS,
    "NutritionOrder": Category.PRESCRIPTION,
    "Observation": Category.LABORATORY,
    "Patient": Category.ADMINISTRATIVE,
    "Procedure": Category.CONSULTATION_REPORT,
    "QuestionnaireResponse": Category.CONSULTATION_REPORT,
    "RelatedPerson": Category.ADMINISTRATIVE,
    "RequestGroup": Category.PRESCRIPTION,
    "RiskAssessment": Category.PREVENTION,
    "ServiceRequest": Category.PRESCRIPTION,
    "SupplyDelivery": Category.DISPENSATION,
    "SupplyRequest": Category.PRESCRIPTION,
    "VisionPrescription": Category.PRESCRIPTION,
}

# Whatever these speak of, they stay in their usual drawer (the reasons are above).
NEVER_MOVED = frozenset(
    {
        "AllergyIntolerance",
        "Claim",
        "ClaimResponse",
        "Consent",
        "Coverage",
        "ExplanationOfBenefit",
        "Immunization",
        "ImmunizationEvaluation",
        "ImmunizationRecommendation",
        "Invoice",
        "MedicationAdministration",
        "MedicationDispense",
        "MedicationRequest",
        "MedicationStatement",
        "Patient",
    }
)

# Drawers whose content is already held closer than any delicate drawer would hold it.
HELD_CLOSE = frozenset({Category.DIRECTIVES, Category.PERSONAL_NOTES})

DELICATE = (
    Category.MENTAL_HEALTH,
    Category.MATERNITY_SEXUAL_HEALTH,
    Category.GENETICS,
    Category.SOCIAL_CARE,
    Category.CHILD_HEALTH,
)

# LOINC first, then the French list of document types (1.2.250.1.213.1.1.4.12 and TRE_A05).
DOCUMENTS = {
    "11369-6": Category.PREVENTION,
    "11488-4": Category.CONSULTATION_REPORT,
    "11490-0": Category.HOSPITAL_REPORT,
    "11492-6": Category.CONSULTATION_REPORT,
    "11502-2": Category.LABORATORY,
    "11504-8": Category.HOSPITAL_REPORT,
    "11506-3": Category.CONSULTATION_REPORT,
    "18725-2": Category.LABORATORY,
    "18748-4": Category.IMAGING,
    "18761-7": Category.HOSPITAL_REPORT,
    "18776-5": Category.CARE_PLAN,
    "18842-5": Category.HOSPITAL_REPORT,
    "28570-0": Category.CONSULTATION_REPORT,
    "29274-8": Category.PREVENTION,
    "34105-7": Category.HOSPITAL_REPORT,
    "34109-9": Category.CONSULTATION_REPORT,
    "34111-5": Category.HOSPITAL_REPORT,
    "34112-3": Category.HOSPITAL_REPORT,
    "34117-2": Category.CONSULTATION_REPORT,
    "34133-9": Category.HOSPITAL_REPORT,
    "42348-3": Category.DIRECTIVES,
    "51847-2": Category.CONSULTATION_REPORT,
    "52521-2": Category.DIRECTIVES,
    "55115-0": Category.PRESCRIPTION,
    "57016-8": Category.ADMINISTRATIVE,
    "57833-6": Category.PRESCRIPTION,
    "59284-0": Category.ADMINISTRATIVE,
    "60591-5": Category.MEDICAL_SUMMARY,
    "60593-1": Category.DISPENSATION,
    "64297-5": Category.CERTIFICATE,
    "69409-1": Category.CERTIFICATE,
    "69453-9": Category.CERTIFICATE,
    "74207-2": Category.HOSPITAL_REPORT,
    "75320-2": Category.DIRECTIVES,
    "81215-6": Category.CARE_PLAN,
    "81334-5": Category.DIRECTIVES,
    "85208-7": Category.CONSULTATION_REPORT,
    "87273-9": Category.PREVENTION,
    "96173-0": Category.LABORATORY,
    "CERT_DECL": Category.CERTIFICATE,
    "EXPORT_DUI": Category.SOCIAL_CARE,
    "REMB": Category.REIMBURSEMENT,
    "SYNTH": Category.MEDICAL_SUMMARY,
}

_CODES = {
    Category.MENTAL_HEALTH: """
        44249-1 44261-6 55757-9 55758-7 69737-5 70274-6 71354-5 72109-2 75626-2 82666-9 82667-7
        171207006 361055000 428211000124100 454711000124102 55680006 56876005 710841007 713106006
        73595000 736254008 763302001""",
    Category.MATERNITY_SEXUAL_HEALTH: """
        19080-1 20507-0 2106-3 21198-7 2118-8 5292-8 56888-1 7918-6
        10383002 11636-8 11996-6 118001005 134435003 165829005 169230002 19169002 225158009 252160004 269828009
        274804006 310861008 31676001 386394001 424441002 424619006 65200003 66348005 714812005 72892002""",
    Category.GENETICS: "21636-6 51969-4 55233-1 69548-6 81247-9 443529005",
    Category.SOCIAL_CARE: """
        76499-3 93025-5
        160903007 160904001 224295006 224299000 224355006 266934004 266948004 32911000 422650009 423315002
        424393004 446654005 473461003 706893006 710824005 713458007 73438004 741062008 866148006""",
    Category.CHILD_HEALTH: """
        54089-8 59576-9 77606-2 8289-1 8336-0 9272-6 9274-2 9843-4
        170099002 410620009""",
}

# Stems at the head of a word, accents folded; one a line or parted by a bar.
_WORDS = {
    Category.MENTAL_HEALTH: r"""
        psychiatr | psycholog | psychoth | psychos | psychot | depressi(on|ve|f) | anxi | suicid | schizo | bipola
        addict | alcoolo | alcoholism | alcohol (use|abuse|depend) | toxicoman | overdose | surdosage
        (substance|drug|opioid|cannabis|cocaine)s? (use|abuse|misuse|depend|addict|rehab) | misuses drugs
        burn.?out | phq.?\d | gad.?7 | adhd\b | tdah\b | autis | anorex | boulimi | bulimi | ptsd\b
        post.?traumatic stress | stress post | eating disorder | trouble alimentaire | self.?harm
        sante mentale | mental (health|disorder|status) | hallucin | electroconvuls""",
    Category.MATERNITY_SEXUAL_HEALTH: r"""
        pregnan | grossesse | enceinte | prenatal | antenatal | post.?natal | post.?partum | perinatal | obstet
        fo?et(al|us|ale|aux)\b | childbirth | following birth | accouchement | abortion | avortement | ivg\b
        examination of mother | miscarriage | fausse couche | contracep | sterilet | intra.?uterin | iud\b
        gyna?ec | hiv\b | vih\b | human immunodeficiency | syphilis | chlamyd | gonor | gonoco | trichomon
        genital | sexual | sexuel | menstr | gestation | eclampsi | pre-?eclampsi | matern | fertil | infertil
        erectil | sage.?femme | midwi | termination of pregn""",
    Category.GENETICS: r"""
        genetic | genetiq | chromosom | karyotyp | caryotyp | brca | genomi | trisom | aneuploid | mutation""",
    Category.SOCIAL_CARE: r"""
        domestic (abuse|violence) | intimate partner | violence | maltrait | unemploy | employment | chomage
        homeless | sans.abri | sans domicile | isolement social | social (isolation|contact|service|work)
        assistante? sociale? | mdph\b | precarit | incarcer | refugee | transport(ation)? problem | victim of
        medico.?social""",
    Category.CHILD_HEALTH: r"""
        well.child | pediatr | newborn | nouveau.ne | nourrisson | head circumf | perimetre cranien | apgar\b
        carnet de sante de l.enfant | weight.for.length | examen (de|du) l?.?enfant""",
}

# A set: before Python 3.12, asking an enumeration whether it contains a text is an error.
_DRAWERS = frozenset(category.value for category in Category)
_BY_CODE = {code: category for category, listed in _CODES.items() for code in listed.split()}
_STEMS = {
    category: re.compile(r"\b(?:" + "|".join(re.split(r"\s*(?:\n| \| )\s*", stems.strip())) + ")")
    for category, stems in _WORDS.items()
}


def _folded(text: str) -> str:
    """Lower case without accents, œ as oe: ``Dépression`` and ``depression`` are one word."""
    flat = unicodedata.normalize("NFKD", text.casefold().replace("œ", "oe"))
    return "".join(letter for letter in flat if not unicodedata.combining(letter))


def of_document(concepts: Iterable[Node]) -> Category | None:
    """The drawer that a document's type names, ``None`` when the table does not know it."""
    pairs = [pair for concept in concepts for pair in codes(concept)]
    if outright := outright_drawer(pairs):
        return outright
    return next((DOCUMENTS[code] for _system, code in pairs if code in DOCUMENTS), None)


def outright_drawer(pairs: Iterable[tuple[str, str]]) -> Category | None:
    """The drawer named outright among pairs (system, code)."""
    return next((Category(code) for system, code in pairs if system == CATEGORY_SYSTEM and code in _DRAWERS), None)


def delicate(concepts: Iterable[Node], *texts: str) -> Category | None:
    """The delicate drawer that codes, or failing them words, call for; ``None`` for everyday matters."""
    listed = list(concepts)
    for concept in listed:
        for _system, code in codes(concept):
            if code in _BY_CODE:
                return _BY_CODE[code]
    words = _folded(" ".join([*map(concept_words, listed), *texts]))
    return next((category for category in DELICATE if _STEMS[category].search(words)), None)
