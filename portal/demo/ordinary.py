"""What is in everybody's record: yearly visits, measurements, blood tests, vaccines, papers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from portal.demo.analyses import BLOOD_COUNT, KIDNEYS, LIPIDS
from portal.demo.chart import Chart

GENERAL = "nadia.lefevre"

_REMARKS = (
    "Se sent bien. Sommeil et appétit conservés.",
    "Un peu fatigué(e) ces dernières semaines, sans autre plainte.",
    "Reprise d’une activité physique deux fois par semaine, bien tolérée.",
    "Quelques maux de dos après le travail, calmés par le repos.",
    "Pas de plainte particulière. Vient pour le renouvellement annuel.",
)
_EXAMS = (
    "Auscultation du cœur et des poumons sans anomalie. Ventre souple.",
    "Examen normal. Pas d’œdème des jambes. Pouls perçus.",
    "Bon état général. Auscultation claire. Pas de ganglion.",
)
_ADVICE = (
    "Poursuivre sans changement. Revoir dans un an, plus tôt si besoin.",
    "Conseils sur l’alimentation et la marche. Contrôle biologique prescrit.",
    "Vaccins vérifiés. Prochain contrôle dans douze mois.",
)


def grown_up(chart: Chart, *, years: int, weight: float, height: int, pressure: tuple[int, int]) -> None:
    """``years`` of yearly visits with their measurements, and the papers every adult has."""
    draw = chart.random
    chart.measures(chart.ago(years=years), GENERAL, height=height)
    for year in range(years, 0, -1):
        day = chart.ago(years=year - 0.4, days=draw.randrange(40))
        kilograms = round(weight + draw.uniform(-1.8, 1.8), 1)
        high, low = pressure[0] + draw.randrange(-8, 9), pressure[1] + draw.randrange(-5, 6)
        chart.measures(day, GENERAL, weight=kilograms, pressure=f"{high}/{low}", pulse=draw.randrange(58, 82))
        chart.visit(day, GENERAL, "Consultation annuelle", _yearly(chart, kilograms, f"{high}/{low}"))
        chart.reimburse(day, GENERAL, "Consultation de médecine générale", "30.00", "19.00")
    chart.cover(chart.ago(years=years + 2))


def _yearly(chart: Chart, weight: float, pressure: str) -> str:
    draw = chart.random
    kilograms = f"{weight:.1f}".replace(".", ",")
    return f"""
Motif : consultation annuelle.

{draw.choice(_REMARKS)}

Examen : poids {kilograms} kg, pression artérielle {pressure} mmHg. {draw.choice(_EXAMS)}

Conclusion : {draw.choice(_ADVICE)}
"""


def blood_tests(chart: Chart, days: list[date], values: Mapping[str, float] | None = None) -> None:
    """A blood count, lipids and kidneys on each of these days; ``values`` steer some analyses."""
    for day in days:
        drawn = {code: value * chart.random.uniform(0.94, 1.06) for code, value in (values or {}).items()}
        for panel in (BLOOD_COUNT, LIPIDS, KIDNEYS):
            chart.laboratory(day, panel, drawn)


def vaccines(chart: Chart, *, flu: int = 0, boosters: tuple[float, ...] = ()) -> None:
    """``flu`` yearly shots at the pharmacy, and diphtheria-tetanus-polio boosters so many years ago."""
    for years_ago in boosters:
        chart.vaccinate(
            chart.ago(years=years_ago), GENERAL, "Diphtérie, tétanos, poliomyélite (rappel)", "J07CA01", "Tétanos"
        )
    season = chart.today.year if chart.today.month >= 10 else chart.today.year - 1
    for year in range(season - flu + 1, season + 1):
        day = min(date(year, 10, 1 + chart.random.randrange(25)), chart.today)
        chart.vaccinate(day, "julien.berger", f"Grippe saisonnière {year}-{year + 1}", "J07BB02", "Grippe")


def long_treatment(
    chart: Chart,
    medicine: str,
    code: str,
    dosage: str,
    *,
    years: float,
    reason: str,
    by: str = GENERAL,
    stopped: float = 0,
) -> None:
    """A treatment renewed every six months and handed over every three, since ``years`` ago and until ``stopped``."""
    month = round(years * 12)
    last = round(stopped * 12)
    while month > last:
        day = chart.ago(months=month)
        still = not stopped and month <= 6
        chart.prescribe(day, by, medicine, code, dosage, months=6, ended=not still, reason=reason)
        for later in (0, 3):
            if month - later > last and month <= 30:
                chart.dispense(chart.ago(months=month - later, days=-1), medicine, code, dosage, boxes=3)
        month -= 6


def certificate(chart: Chart, day: date, title: str, text: str) -> None:
    """A certificate of the general practitioner."""
    chart.document(day, GENERAL, title, text, "CERT_DECL")
