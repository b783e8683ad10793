"""The resource types of FHIR R4 (https://hl7.org/fhir/R4/resourcelist.html): their names, and those left out."""

from __future__ import annotations

# Marks a msgid, as Django's gettext_noop does; that one wants settings, which a reader in its own process has not.
_ = str

# What a record of each type is called when the source gave it no name.
KIND_WORDS = {
    "AdverseEvent": _("Adverse event"),
    "AllergyIntolerance": _("Allergy"),
    "Appointment": _("Appointment"),
    "Binary": _("File"),
    "BodyStructure": _("Anatomical finding"),
    "CarePlan": _("Care plan"),
    "CareTeam": _("Care team"),
    "Claim": _("Claim"),
    "ClaimResponse": _("Answer to a claim"),
    "ClinicalImpression": _("Clinical assessment"),
    "Communication": _("Message"),
    "Composition": _("Document"),
    "Condition": _("Health condition"),
    "Consent": _("Consent"),
    "Contract": _("Contract"),
    "Coverage": _("Insurance cover"),
    "DetectedIssue": _("Warning"),
    "Device": _("Medical device"),
    "DeviceRequest": _("Device prescription"),
    "DeviceUseStatement": _("Use of a device"),
    "DiagnosticReport": _("Report"),
    "DocumentReference": _("Document"),
    "Encounter": _("Visit"),
    "EpisodeOfCare": _("Episode of care"),
    "ExplanationOfBenefit": _("Reimbursement"),
    "FamilyMemberHistory": _("Family history"),
    "Flag": _("Warning"),
    "Goal": _("Goal"),
    "ImagingStudy": _("Imaging"),
    "Immunization": _("Vaccination"),
    "ImmunizationEvaluation": _("Vaccination review"),
    "ImmunizationRecommendation": _("Vaccinations to come"),
    "Invoice": _("Invoice"),
    "Media": _("Image"),
    "MedicationAdministration": _("Medicine given"),
    "MedicationDispense": _("Dispensed medicine"),
    "MedicationRequest": _("Prescription"),
    "MedicationStatement": _("Medicine taken"),
    "MolecularSequence": _("Genetic sequence"),
    "NutritionOrder": _("Diet prescription"),
    "Observation": _("Result"),
    "Patient": _("Identity sheet"),
    "Procedure": _("Procedure"),
    "QuestionnaireResponse": _("Questionnaire"),
    "RelatedPerson": _("Person close to the patient"),
    "RequestGroup": _("Group of prescriptions"),
    "RiskAssessment": _("Risk assessment"),
    "ServiceRequest": _("Prescription"),
    "SupplyDelivery": _("Delivery"),
    "SupplyRequest": _("Supply request"),
    "VisionPrescription": _("Glasses prescription"),
}

_CARRIED = _("Its name is written on the records that mention it.")
_HANDLING = _("It describes how data was handled elsewhere, not the patient's health.")
_GROUPING = _("It only groups other resources of the file.")

# Why a type lies in no drawer. Types in neither table fall to NOT_A_RECORD.
LEFT_OUT = {
    "HealthcareService": _CARRIED,
    "Location": _CARRIED,
    "Medication": _CARRIED,
    "Organization": _CARRIED,
    "Practitioner": _CARRIED,
    "PractitionerRole": _CARRIED,
    "Specimen": _CARRIED,
    "Substance": _CARRIED,
    "AuditEvent": _HANDLING,
    "MessageHeader": _HANDLING,
    "OperationOutcome": _HANDLING,
    "Provenance": _HANDLING,
    "Subscription": _HANDLING,
    "Task": _HANDLING,
    "Basic": _("It has no meaning that Carnet knows."),
    "Bundle": _("A bundle inside a bundle is not opened: import it as a file of its own."),
    "Group": _GROUPING,
    "List": _GROUPING,
    "Parameters": _GROUPING,
}

NOT_A_RECORD = _("It does not describe one patient's health.")
UNDESCRIBED_FILE = _("No document of the bundle describes this file, so nothing says in which drawer it belongs.")
PART_OF_NOTHING = _("The entry holds no resource.")
TWICE = _("The same resource appears earlier in the file.")

_OTHERS = """
Account ActivityDefinition AppointmentResponse BiologicallyDerivedProduct CapabilityStatement CatalogEntry
ChargeItem ChargeItemDefinition CodeSystem CommunicationRequest CompartmentDefinition ConceptMap
CoverageEligibilityRequest CoverageEligibilityResponse DeviceDefinition DeviceMetric DocumentManifest
EffectEvidenceSynthesis Endpoint EnrollmentRequest EnrollmentResponse EventDefinition Evidence EvidenceVariable
ExampleScenario GraphDefinition GuidanceResponse ImplementationGuide InsurancePlan Library Linkage Measure
MeasureReport MedicationKnowledge MedicinalProduct MedicinalProductAuthorization MedicinalProductContraindication
MedicinalProductIndication MedicinalProductIngredient MedicinalProductInteraction MedicinalProductManufactured
MedicinalProductPackaged MedicinalProductPharmaceutical MedicinalProductUndesirableEffect MessageDefinition
NamingSystem ObservationDefinition OperationDefinition OrganizationAffiliation PaymentNotice
PaymentReconciliation Person PlanDefinition Questionnaire ResearchDefinition ResearchElementDefinition
ResearchStudy ResearchSubject RiskEvidenceSynthesis Schedule SearchParameter Slot SpecimenDefinition
StructureDefinition StructureMap SubstanceNucleicAcid SubstancePolymer SubstanceProtein
SubstanceReferenceInformation SubstanceSourceMaterial SubstanceSpecification TerminologyCapabilities TestReport
TestScript ValueSet VerificationResult
"""

KNOWN = frozenset(KIND_WORDS) | frozenset(LEFT_OUT) | frozenset(_OTHERS.split())
