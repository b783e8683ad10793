"""The analyses of the demo's laboratory: LOINC code, French name, unit, range of health, panels."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Analysis:
    """One analysis; ``low`` and ``high`` may be for one sex only (``female_low``…)."""

    code: str
    name: str
    unit: str
    low: str
    high: str
    places: int
    female_low: str = ""
    female_high: str = ""

    def bounds(self, sex: str) -> tuple[Decimal | None, Decimal | None]:
        """The reference range for that sex."""
        low, high = self.low, self.high
        if sex == "female":
            low, high = self.female_low or low, self.female_high or high
        return (Decimal(low) if low else None, Decimal(high) if high else None)


_TABLE = (
    Analysis("4548-4", "Hémoglobine glyquée (HbA1c)", "%", "4.0", "6.0", 1),
    Analysis("2345-7", "Glucose à jeun", "mmol/L", "4.1", "5.9", 1),
    Analysis("14682-9", "Créatinine", "µmol/L", "59", "104", 0, "45", "84"),
    Analysis("98979-8", "Débit de filtration glomérulaire estimé (CKD-EPI)", "mL/min/1,73 m²", "90", "", 0),
    Analysis("14647-2", "Cholestérol total", "mmol/L", "", "5.2", 1),
    Analysis("14646-4", "Cholestérol HDL", "mmol/L", "1.0", "", 1, "1.3", ""),
    Analysis("22748-8", "Cholestérol LDL", "mmol/L", "", "3.4", 1),
    Analysis("14927-8", "Triglycérides", "mmol/L", "", "1.7", 1),
    Analysis("718-7", "Hémoglobine", "g/dL", "13.0", "17.0", 1, "12.0", "16.0"),
    Analysis("789-8", "Hématies", "10*12/L", "4.5", "5.8", 2, "4.0", "5.3"),
    Analysis("4544-3", "Hématocrite", "%", "40.0", "52.0", 1, "36.0", "47.0"),
    Analysis("787-2", "Volume globulaire moyen", "fL", "80", "100", 0),
    Analysis("6690-2", "Leucocytes", "10*9/L", "4.0", "10.0", 1),
    Analysis("777-3", "Plaquettes", "10*9/L", "150", "400", 0),
    Analysis("2823-3", "Potassium", "mmol/L", "3.5", "5.1", 1),
    Analysis("2951-2", "Sodium", "mmol/L", "136", "145", 0),
    Analysis("3016-3", "TSH", "mUI/L", "0.27", "4.20", 2),
    Analysis("1988-5", "Protéine C réactive", "mg/L", "", "5.0", 1),
    Analysis("2276-4", "Ferritine", "µg/L", "30", "300", 0, "15", "150"),
    Analysis("1742-6", "Alanine aminotransférase (ALAT)", "U/L", "", "50", 0, "", "35"),
    Analysis("1920-8", "Aspartate aminotransférase (ASAT)", "U/L", "", "50", 0, "", "35"),
    Analysis("6301-6", "INR", "", "2.0", "3.0", 1),
    Analysis("33762-6", "NT-proBNP", "ng/L", "", "125", 0),
    Analysis("14957-5", "Albumine urinaire (microalbuminurie)", "mg/L", "", "20", 0),
    Analysis("1989-3", "Vitamine D (25-OH)", "nmol/L", "75", "150", 0),
    Analysis("2857-1", "Antigène spécifique de la prostate (PSA)", "µg/L", "", "4.0", 2),
)
ANALYSES = {analysis.code: analysis for analysis in _TABLE}

# Panels: (LOINC code, French name, analyses).
BLOOD_COUNT = (
    "58410-2",
    "Numération formule sanguine",
    ("718-7", "789-8", "4544-3", "787-2", "6690-2", "777-3"),
)
LIPIDS = ("57698-3", "Bilan lipidique", ("14647-2", "14646-4", "22748-8", "14927-8"))
KIDNEYS = ("51990-0", "Bilan rénal et ionogramme", ("14682-9", "98979-8", "2823-3", "2951-2"))
DIABETES = ("55399-0", "Suivi du diabète", ("4548-4", "2345-7", "14682-9", "98979-8"))
LIVER = ("24325-3", "Bilan hépatique", ("1742-6", "1920-8"))
THYROID = ("55204-2", "Bilan thyroïdien", ("3016-3",))
HEART = ("55405-5", "Suivi cardiologique", ("33762-6", "2823-3", "14682-9", "98979-8"))
IRON = ("50190-8", "Bilan martial", ("2276-4", "718-7"))
INFLAMMATION = ("1988-5", "Protéine C réactive", ("1988-5",))
COAGULATION = ("34528-0", "Surveillance des anticoagulants", ("6301-6",))
URINE = ("14957-5", "Microalbuminurie", ("14957-5",))
VITAMIN_D = ("1989-3", "Vitamine D", ("1989-3",))
PROSTATE = ("2857-1", "PSA", ("2857-1",))
