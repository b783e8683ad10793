"""Writing a life as FHIR R4 resources: what a laboratory, a surgery, a pharmacy or an insurance sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import uuid5

from portal.demo.analyses import ANALYSES
from portal.demo.sheet import LOINC, NAMESPACE, PARIS, Resource, Sheet, concept

_ICD, _ATC = "http://hl7.org/fhir/sid/icd-10", "http://www.whocc.no/atc"


class Chart(Sheet):
    """One patient's resources as they are written."""

    __slots__ = ()

    # What a laboratory sends.

    def laboratory(self, day: date, panel: tuple[str, str, Sequence[str]], values: Mapping[str, float]) -> None:
        """A panel: one report and its results. A value missing from ``values`` is drawn within its range."""
        code, name, analyses = panel
        when = self.at(day, 8)
        results = [self._result(analysis, when, values.get(analysis)) for analysis in analyses]
        self.add(
            "DiagnosticReport",
            status="final",
            category=[concept("Biologie", "LAB", "http://terminology.hl7.org/CodeSystem/v2-0074")],
            code=concept(name, code, LOINC),
            effectiveDateTime=when,
            issued=when,
            performer=[self.by("sophie.garnier")],
            result=[{"reference": result} for result in results],
            **{"conclusion": self._conclusion(analyses, values)} if self._conclusion(analyses, values) else {},
        )

    def _result(self, code: str, when: str, value: float | None) -> str:
        analysis = ANALYSES[code]
        low, high = analysis.bounds(self.patient.sex)
        if value is None:
            value = self._healthy(low, high)
        exact = round(Decimal(str(value)), analysis.places)
        unit = {"unit": analysis.unit, "system": "http://unitsofmeasure.org"} if analysis.unit else {}
        bounds = {name: {"value": end, **unit} for name, end in (("low", low), ("high", high)) if end is not None}
        side = "L" if low is not None and exact < low else "H" if high is not None and exact > high else "N"
        return self.add(
            "Observation",
            status="final",
            category=[concept("Biologie", "laboratory", "http://terminology.hl7.org/CodeSystem/observation-category")],
            code=concept(analysis.name, code, LOINC),
            effectiveDateTime=when,
            performer=[self.by("sophie.garnier"), self.where("sophie.garnier")],
            valueQuantity={"value": exact, **unit},
            referenceRange=[bounds],
            interpretation=[
                concept(
                    {"L": "Bas", "H": "Élevé", "N": "Normal"}[side],
                    side,
                    "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation",
                )
            ],
        )

    def _healthy(self, low: Decimal | None, high: Decimal | None) -> float:
        bottom = float(low) if low is not None else float(high or 1) * 0.4
        top = float(high) if high is not None else bottom * 1.3
        return self.random.uniform(bottom + (top - bottom) * 0.15, top - (top - bottom) * 0.15)

    def _conclusion(self, analyses: Sequence[str], values: Mapping[str, float]) -> str:
        outside = [ANALYSES[code].name for code in analyses if code in values and self._is_outside(code, values[code])]
        return f"Hors de l’intervalle de référence : {', '.join(outside)}." if outside else ""

    def _is_outside(self, code: str, value: float) -> bool:
        low, high = ANALYSES[code].bounds(self.patient.sex)
        exact = round(Decimal(str(value)), ANALYSES[code].places)
        return (low is not None and exact < low) or (high is not None and exact > high)

    # What a surgery writes.

    def measures(
        self, day: date, by: str, *, weight: float = 0, height: int = 0, pressure: str = "", pulse: int = 0
    ) -> None:
        """Weight (kg), height (cm), blood pressure (``"128/82"``), pulse."""
        common: Resource = {
            "status": "final",
            "category": [
                concept("Constantes", "vital-signs", "http://terminology.hl7.org/CodeSystem/observation-category")
            ],
            "effectiveDateTime": self.at(day, 10),
            "performer": [self.by(by), self.where(by)],
        }
        for value, unit, code, name in (
            (weight, "kg", "29463-7", "Poids"),
            (height, "cm", "8302-2", "Taille"),
            (pulse, "/min", "8867-4", "Fréquence cardiaque"),
        ):
            if value:
                quantity = {"value": Decimal(str(value)), "unit": unit}
                self.add("Observation", code=concept(name, code, LOINC), valueQuantity=quantity, **common)
        if pressure:
            ends = zip(("8480-6", "8462-4"), ("Systolique", "Diastolique"), pressure.split("/"), strict=True)
            self.add(
                "Observation",
                code=concept("Pression artérielle", "85354-9", LOINC),
                component=[
                    {"code": concept(name, code, LOINC), "valueQuantity": {"value": int(end), "unit": "mm[Hg]"}}
                    for code, name, end in ends
                ],
                **common,
            )

    def visit(
        self, day: date, by: str, title: str, text: str, *, kind: str = "AMB", days: int = 0, document: str = ""
    ) -> None:
        """A consultation (or a stay of ``days``) and its report."""
        stay = kind in ("IMP", "EMER")
        self.add(
            "Encounter",
            status="finished",
            **{"class": {"system": "http://terminology.hl7.org/CodeSystem/v3-ActCode", "code": kind}},
            type=[concept(title)],
            participant=[{"individual": self.by(by)}],
            period={"start": self.at(day, 9), "end": self.at(day + timedelta(days=days), 16 if days else 10)},
            serviceProvider=self.where(by),
        )
        code = document or ("11490-0" if kind == "IMP" else "34111-5" if stay else "11488-4")
        name = {"IMP": "Lettre de sortie", "EMER": "Passage aux urgences"}.get(kind, "Compte rendu de consultation")
        self.document(day + timedelta(days=days), by, f"{name} – {title[0].lower()}{title[1:]}", text, code)

    def prescribe(
        self,
        day: date,
        by: str,
        medicine: str,
        code: str,
        dosage: str,
        *,
        months: int = 0,
        ended: bool = True,
        reason: str = "",
    ) -> None:
        """A medicine on prescription; ``months`` of treatment, in progress unless ``ended``."""
        self.add(
            "MedicationRequest",
            status="completed" if ended else "active",
            intent="order",
            medicationCodeableConcept=concept(medicine, code, _ATC),
            authoredOn=self.at(day, 11),
            requester=self.by(by),
            dosageInstruction=[{"text": dosage}],
            **{"reasonCode": [concept(reason)]} if reason else {},
            **{"dispenseRequest": {"numberOfRepeatsAllowed": max(0, months - 1)}} if months else {},
        )

    def dispense(self, day: date, medicine: str, code: str, dosage: str, boxes: int = 1) -> None:
        """What the pharmacy handed over."""
        self.add(
            "MedicationDispense",
            status="completed",
            medicationCodeableConcept=concept(medicine, code, _ATC),
            whenHandedOver=self.at(day, 17),
            performer=[{"actor": self.by("julien.berger")}],
            quantity={"value": boxes, "unit": "boîte" if boxes == 1 else "boîtes"},
            location=self.where("julien.berger"),
            dosageInstruction=[{"text": dosage}],
        )

    def vaccinate(
        self, day: date, by: str, vaccine: str, code: str, disease: str, *, dose: int = 0, lot: str = ""
    ) -> None:
        """A vaccine given."""
        protocol: Resource = {"targetDisease": [concept(disease)]} | ({"doseNumberPositiveInt": dose} if dose else {})
        self.add(
            "Immunization",
            status="completed",
            vaccineCode=concept(vaccine, code, _ATC),
            occurrenceDateTime=self.at(day, 15),
            primarySource=True,
            lotNumber=lot or f"{self.random.choice('ABCEFHK')}{self.random.randrange(1000, 9999)}",
            performer=[{"actor": self.by(by)}],
            location=self.where(by),
            protocolApplied=[protocol],
        )

    # What a summary holds.

    def problem(self, since: date, by: str, name: str, code: str, *, until: date | None = None) -> None:
        """A health problem (ICD-10), over or not."""
        state = "resolved" if until else "active"
        self.add(
            "Condition",
            clinicalStatus=concept("", state, "http://terminology.hl7.org/CodeSystem/condition-clinical"),
            verificationStatus=concept("", "confirmed", "http://terminology.hl7.org/CodeSystem/condition-ver-status"),
            code=concept(name, code, _ICD),
            onsetDateTime=since.isoformat(),
            recordedDate=self.at(since, 12),
            recorder=self.by(by),
            **{"abatementDateTime": until.isoformat()} if until else {},
        )

    def allergy(
        self, since: date, by: str, substance: str, reaction: str, *, severe: bool = False, kind: str = "medication"
    ) -> None:
        """Something to avoid."""
        self.add(
            "AllergyIntolerance",
            clinicalStatus=concept("", "active", "http://terminology.hl7.org/CodeSystem/allergyintolerance-clinical"),
            verificationStatus=concept(
                "", "confirmed", "http://terminology.hl7.org/CodeSystem/allergyintolerance-verification"
            ),
            type="allergy",
            category=[kind],
            criticality="high" if severe else "low",
            code=concept(substance),
            recordedDate=self.at(since, 12),
            recorder=self.by(by),
            reaction=[{"manifestation": [concept(reaction)], "severity": "severe" if severe else "mild"}],
        )

    # Papers.

    def image(self, day: date, by: str, title: str, technique: str, site: str, text: str, *, images: int = 2) -> None:
        """An imaging study and its report."""
        study = self.add(
            "ImagingStudy",
            status="available",
            description=title,
            started=self.at(day, 14),
            numberOfSeries=1,
            numberOfInstances=images,
            referrer=self.by(by),
            location=self.where("ousmane.ndiaye"),
            series=[
                {
                    "uid": f"2.25.{uuid5(NAMESPACE, self.patient.key + title).int}",
                    "number": 1,
                    "modality": {
                        "system": "http://dicom.nema.org/resources/ontology/DCM",
                        "code": technique,
                        "display": _TECHNIQUES[technique],
                    },
                    "bodySite": {"display": site},
                    "numberOfInstances": images,
                }
            ],
        )
        self.add(
            "DiagnosticReport",
            status="final",
            category=[concept("Imagerie", "RAD", "http://terminology.hl7.org/CodeSystem/v2-0074")],
            code=concept(f"Compte rendu – {title[0].lower()}{title[1:]}", "18748-4", LOINC),
            effectiveDateTime=self.at(day, 15),
            performer=[self.where("ousmane.ndiaye")],
            imagingStudy=[{"reference": study}],
            conclusion=text.strip(),
        )

    def reimburse(self, day: date, by: str, care: str, asked: str, paid: str) -> None:
        """What the health insurance paid back."""
        left = Decimal(asked) - Decimal(paid)
        totals = (("submitted", asked), ("benefit", paid), ("copay", str(left)))
        system = "http://terminology.hl7.org/CodeSystem/adjudication"
        self.add(
            "ExplanationOfBenefit",
            status="active",
            type=concept("Soins de ville", "professional", "http://terminology.hl7.org/CodeSystem/claim-type"),
            use="claim",
            created=self.ago_of(day, 6),
            billablePeriod={"start": day.isoformat(), "end": day.isoformat()},
            insurer={"display": "Assurance maladie de l’Orne"},
            provider=self.by(by),
            outcome="complete",
            item=[
                {"sequence": 1, "productOrService": concept(care), "net": {"value": Decimal(asked), "currency": "EUR"}}
            ],
            total=[
                {"category": concept("", code, system), "amount": {"value": Decimal(value), "currency": "EUR"}}
                for code, value in totals
            ],
            payment={"date": self.ago_of(day, 8), "amount": {"value": Decimal(paid), "currency": "EUR"}},
        )

    def ago_of(self, day: date, later: int) -> str:
        """A day after another, never after today."""
        return min(day + timedelta(days=later), self.today).isoformat()

    def appoint(self, day: date, by: str, what: str, *, hour: int = 10, minutes: int = 20, advice: str = "") -> None:
        """An appointment, kept or to come."""
        start = datetime.combine(day, time(hour, self.random.choice((0, 15, 30, 45))), PARIS)
        self.add(
            "Appointment",
            status="booked" if day > self.today else "fulfilled",
            description=what,
            start=start.isoformat(),
            end=(start + timedelta(minutes=minutes)).isoformat(),
            minutesDuration=minutes,
            participant=[
                {"actor": {"reference": f"Patient/{self.patient_id}"}, "status": "accepted"},
                {"actor": self.by(by), "status": "accepted"},
                {"actor": self.where(by), "status": "accepted"},
            ],
            **{"patientInstruction": advice} if advice else {},
        )

    def cover(self, since: date) -> None:
        """The insurance cover."""
        self.add(
            "Coverage",
            status="active",
            type=concept("Assurance maladie, régime général"),
            payor=[{"display": "Assurance maladie de l’Orne"}],
            period={"start": since.isoformat()},
        )

    def plan(self, since: date, by: str, title: str, activities: Sequence[str], goals: Sequence[str] = ()) -> None:
        """A care plan with its goals."""
        aims = [
            self.add("Goal", lifecycleStatus="active", description=concept(goal), startDate=since.isoformat())
            for goal in goals
        ]
        self.add(
            "CarePlan",
            status="active",
            intent="plan",
            title=title,
            period={"start": since.isoformat()},
            author=self.by(by),
            goal=[{"reference": aim, "display": goal} for aim, goal in zip(aims, goals, strict=True)],
            activity=[{"detail": {"code": concept(text), "status": "in-progress"}} for text in activities],
        )


_TECHNIQUES = {"DX": "Radiographie", "MR": "IRM", "CT": "Scanner", "US": "Échographie", "MG": "Mammographie"}
