"""The lives of Paul, Élodie, Mehdi, Angèle, Théo, Simone and little Lucas, one function each."""

from __future__ import annotations

from portal.demo import ordinary
from portal.demo.analyses import (
    BLOOD_COUNT,
    HEART,
    KIDNEYS,
    LIPIDS,
    LIVER,
    THYROID,
)
from portal.demo.chart import Chart
from portal.demo.ordinary import GENERAL

_HEART, _MIDWIFE, _MIND, _BODY = "helene.marchand", "aissatou.diop", "lea.fontaine", "thomas.picard"
_EMERGENCY, _NURSE, _PHARMACY = "ousmane.ndiaye", "claire.roy", "julien.berger"


def paul(chart: Chart) -> None:
    """A heart attack two years ago, and everything that follows."""
    ordinary.grown_up(chart, years=5, weight=78, height=170, pressure=(132, 80))
    ordinary.vaccines(chart, flu=4, boosters=(4.9,))
    chart.problem(chart.ago(years=2), _HEART, "Infarctus du myocarde", "I21.9")
    chart.visit(
        chart.ago(years=2),
        _HEART,
        "Infarctus du myocarde",
        """
Douleur dans la poitrine depuis deux heures. Artère débouchée, un ressort posé sans incident.

Suites simples. Sortie au cinquième jour avec quatre médicaments et une rééducation prévue.
""",
        kind="IMP",
        days=5,
    )
    for medicine, code, dosage in (
        ("Bisoprolol 2,5 mg, comprimé", "C07AB07", "1 comprimé le matin"),
        ("Atorvastatine 40 mg, comprimé", "C10AA05", "1 comprimé le soir"),
        ("Acide acétylsalicylique 75 mg, sachet", "B01AC06", "1 sachet le midi"),
    ):
        ordinary.long_treatment(chart, medicine, code, dosage, years=2, reason="Infarctus du myocarde", by=_HEART)
    for months, bnp in ((24, 870), (21, 410), (18, 260), (12, 190), (6, 142), (1, 118)):
        chart.laboratory(chart.ago(months=months), HEART, {"33762-6": bnp, "14682-9": 92})
    for months in (20, 12, 1):
        chart.laboratory(chart.ago(months=months), LIPIDS, {"22748-8": 1.8, "14647-2": 3.9})
    chart.document(
        chart.ago(years=1.7),
        _BODY,
        "Bilan de rééducation",
        "Vingt séances faites. Marche 6 minutes : 540 m.",
        "11488-4",
    )
    chart.appoint(chart.ago(days=-30), _HEART, "Contrôle annuel", hour=11, minutes=30)


def elodie(chart: Chart) -> None:
    """Breast cancer in remission; a gene looked for in the family."""
    ordinary.grown_up(chart, years=6, weight=66, height=163, pressure=(120, 76))
    ordinary.vaccines(chart, flu=4, boosters=(8.3,))
    chart.problem(chart.ago(years=4), "helene.marchand", "Tumeur maligne du sein", "C50.9", until=chart.ago(years=3))
    chart.visit(
        chart.ago(years=4),
        "helene.marchand",
        "Chirurgie du sein droit",
        "Ablation de la tumeur et du ganglion sentinelle. Suites simples. Radiothérapie à suivre.",
        kind="IMP",
        days=2,
    )
    for years in (3, 2, 1):
        chart.image(
            chart.ago(years=years),
            GENERAL,
            f"Mammographie de contrôle, année {4 - years}",
            "MG",
            "Seins",
            "Pas d’image suspecte. Contrôle dans un an.",
            images=4,
        )
    chart.document(
        chart.ago(years=3.8),
        "sophie.garnier",
        "Recherche de mutation BRCA1 et BRCA2",
        "Aucune mutation délétère trouvée. Résultat remis en consultation, avec l’accord écrit de la patiente.",
        "11502-2",
    )
    ordinary.long_treatment(
        chart,
        "Létrozole 2,5 mg, comprimé",
        "L02BG04",
        "1 comprimé par jour",
        years=3.5,
        reason="Prévention de la récidive",
    )
    ordinary.blood_tests(chart, [chart.ago(years=year) for year in (4, 3.5, 3, 2, 1)])
    chart.laboratory(chart.ago(years=1), LIVER, {"1742-6": 41, "1920-8": 33})


def mehdi(chart: Chart) -> None:
    """A broken wrist at five-a-side football."""
    ordinary.grown_up(chart, years=2, weight=84, height=182, pressure=(122, 76))
    ordinary.vaccines(chart, boosters=(12.8,))
    day = chart.ago(months=5)
    chart.visit(
        day,
        _EMERGENCY,
        "Chute au football",
        "Fracture du poignet droit sans déplacement. Plâtre pour cinq semaines.",
        kind="EMER",
    )
    chart.image(
        day, _EMERGENCY, "Radiographie du poignet droit", "DX", "Poignet droit", "Fracture du radius sans déplacement."
    )
    ordinary.certificate(
        chart, day, "Certificat de coups et blessures involontaires", "Fracture du poignet. Gêne de 45 jours."
    )
    chart.plan(
        chart.ago(months=3.6),
        _BODY,
        "Rééducation du poignet",
        ("Mobilité deux fois par semaine", "Force à partir de la semaine 9"),
    )
    chart.document(
        chart.ago(months=2),
        _BODY,
        "Bilan de fin de rééducation",
        "Mobilité complète. Force à 90 %. Sport autorisé.",
        "11488-4",
    )
    chart.reimburse(day, _EMERGENCY, "Passage aux urgences et plâtre", "139.40", "119.79")


def angele(chart: Chart) -> None:
    """Born in Bastia: a slow thyroid, well replaced."""
    ordinary.grown_up(chart, years=8, weight=68, height=160, pressure=(130, 80))
    ordinary.vaccines(chart, flu=3, boosters=(0.6,))
    chart.problem(chart.ago(years=7), GENERAL, "Hypothyroïdie", "E03.9")
    ordinary.long_treatment(
        chart, "Lévothyroxine 75 µg, comprimé", "H03AA01", "1 comprimé le matin à jeun", years=7, reason="Hypothyroïdie"
    )
    for months, tsh in (
        (84, 9.8),
        (81, 5.6),
        (72, 3.9),
        (60, 3.1),
        (48, 2.8),
        (36, 4.6),
        (24, 3.0),
        (12, 2.4),
        (1, 2.2),
    ):
        chart.laboratory(chart.ago(months=months), THYROID, {"3016-3": tsh})
    chart.image(
        chart.ago(months=11),
        GENERAL,
        "Mammographie de dépistage",
        "MG",
        "Seins",
        "Pas d’anomalie. Dépistage dans deux ans.",
    )
    ordinary.blood_tests(chart, [chart.ago(years=year) for year in (5, 3, 1)])


def theo(chart: Chart) -> None:
    """Hardly ever ill."""
    ordinary.grown_up(chart, years=1, weight=70, height=184, pressure=(118, 70))
    ordinary.vaccines(chart, boosters=(0.9,))
    ordinary.certificate(
        chart, chart.ago(months=2), "Certificat de non contre-indication au rugby", "Pas de contre-indication ce jour."
    )
    chart.visit(
        chart.ago(months=6),
        GENERAL,
        "Angine",
        "Test rapide négatif. Angine virale. Paracétamol et repos, pas d’antibiotique.",
    )
    chart.laboratory(chart.ago(months=6), BLOOD_COUNT, {"6690-2": 10.8})


def simone(chart: Chart) -> None:
    """Kidneys to spare, many medicines, a nurse every day."""
    ordinary.grown_up(chart, years=9, weight=71, height=158, pressure=(146, 82))
    ordinary.vaccines(chart, flu=6, boosters=(5.4,))
    chart.problem(chart.ago(years=6), GENERAL, "Insuffisance rénale chronique modérée", "N18.3")
    chart.problem(chart.ago(years=14), GENERAL, "Hypertension artérielle", "I10")
    chart.allergy(chart.ago(years=25), GENERAL, "Sulfamides", "Éruption étendue", severe=True)
    ordinary.long_treatment(
        chart, "Ramipril 5 mg, comprimé", "C09AA05", "1 comprimé le matin", years=6, reason="Hypertension artérielle"
    )
    ordinary.long_treatment(
        chart, "Furosémide 40 mg, comprimé", "C03CA01", "1 comprimé le matin", years=2, reason="Œdèmes", stopped=0.5
    )
    for quarter in range(20):
        values = {"14682-9": 118 - quarter * 0.9, "98979-8": 41 + quarter * 0.6, "2823-3": 4.9}
        chart.laboratory(chart.ago(months=3 * quarter, days=9), KIDNEYS, values)
    chart.plan(
        chart.ago(years=2),
        _NURSE,
        "Soins infirmiers à domicile",
        ("Pilulier chaque semaine", "Poids et tension chaque lundi"),
    )
    for month in range(1, 10):
        chart.measures(
            chart.ago(months=month), _NURSE, weight=round(71 + chart.random.uniform(-1.5, 1.5), 1), pressure="142/80"
        )


def lucas(chart: Chart) -> None:
    """A child: growth, vaccines, the examinations of his age."""
    born = chart.patient.born
    chart.cover(born)
    for months, weight, height in (
        (2, 5.6, 58),
        (4, 7.0, 64),
        (9, 9.1, 72),
        (12, 10.0, 76),
        (24, 12.6, 87),
        (48, 17.1, 104),
    ):
        day = min(chart.ago(days=(chart.today - born).days - round(months * 30.44)), chart.today)
        growth = f"{weight:.1f} kg, {height} cm".replace(".", ",")
        text = f"Bonne croissance : {growth}. Éveil normal pour l’âge. Vaccins à jour."
        chart.visit(day, GENERAL, f"Examen de l’enfant, {months} mois", text)
        chart.measures(day, GENERAL, weight=weight, height=height)
    for months, vaccine, code, disease in (
        (2, "Hexavalent, première dose", "J07CA09", "Diphtérie, tétanos, polio, coqueluche, Hib, hépatite B"),
        (4, "Hexavalent, deuxième dose", "J07CA09", "Diphtérie, tétanos, polio, coqueluche, Hib, hépatite B"),
        (11, "Hexavalent, rappel", "J07CA09", "Diphtérie, tétanos, polio, coqueluche, Hib, hépatite B"),
        (12, "Rougeole, oreillons, rubéole, première dose", "J07BD52", "Rougeole"),
        (17, "Rougeole, oreillons, rubéole, deuxième dose", "J07BD52", "Rougeole"),
    ):
        chart.vaccinate(
            chart.ago(days=(chart.today - born).days - round(months * 30.44)), GENERAL, vaccine, code, disease
        )
    chart.allergy(chart.ago(years=3), GENERAL, "Œuf", "Plaques autour de la bouche", kind="food")
