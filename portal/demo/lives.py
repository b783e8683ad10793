"""The lives of Ange, Fatou, Marguerite, Antoine and Yasmine, one function each."""

from __future__ import annotations

from portal.demo import ordinary
from portal.demo.analyses import (
    COAGULATION,
    INFLAMMATION,
    IRON,
    PROSTATE,
    THYROID,
)
from portal.demo.chart import Chart
from portal.demo.ordinary import GENERAL

_HEART, _MIDWIFE, _MIND, _BODY = "helene.marchand", "aissatou.diop", "lea.fontaine", "thomas.picard"
_EMERGENCY, _NURSE, _PHARMACY = "ousmane.ndiaye", "claire.roy", "julien.berger"


def ange(chart: Chart) -> None:
    """Born in Ajaccio: blood pressure, a heart rhythm to watch, an anticoagulant and its tests."""
    ordinary.grown_up(chart, years=7, weight=86, height=173, pressure=(142, 86))
    ordinary.vaccines(chart, flu=6, boosters=(11, 1.3))
    chart.problem(chart.ago(years=12), GENERAL, "Hypertension artérielle", "I10")
    chart.problem(chart.ago(years=3), _HEART, "Fibrillation auriculaire", "I48.9")
    chart.allergy(chart.ago(years=20), GENERAL, "Produit de contraste iodé", "Malaise avec rougeur", severe=True)
    ordinary.long_treatment(
        chart, "Amlodipine 5 mg, gélule", "C08CA01", "1 gélule le matin", years=6, reason="Hypertension artérielle"
    )
    ordinary.long_treatment(
        chart,
        "Warfarine 5 mg, comprimé",
        "B01AA03",
        "Selon INR, le soir",
        years=3,
        reason="Fibrillation auriculaire",
        by=_HEART,
    )
    for month in range(1, 20):
        chart.laboratory(chart.ago(months=month), COAGULATION, {"6301-6": round(chart.random.uniform(1.8, 3.3), 1)})
    ordinary.blood_tests(chart, [chart.ago(years=year) for year in (4, 3, 2, 1)], {"14682-9": 98, "22748-8": 3.6})
    chart.laboratory(chart.ago(years=1), PROSTATE, {"2857-1": 2.1})
    chart.visit(
        chart.ago(years=3),
        _HEART,
        "Palpitations",
        """
Palpitations depuis un mois, essoufflement dans les escaliers. Pouls irrégulier.

Fibrillation auriculaire confirmée. Anticoagulant débuté ; carnet de suivi remis et expliqué.
""",
    )
    chart.document(
        chart.ago(years=1, months=2),
        "",
        "Directives anticipées",
        "Si je ne peux plus m’exprimer, je souhaite rester chez moi tant que c’est possible, entouré des miens.",
        "42348-3",
    )


def fatou(chart: Chart) -> None:
    """Seven months pregnant, followed by the midwife."""
    ordinary.grown_up(chart, years=3, weight=63, height=165, pressure=(114, 70))
    ordinary.vaccines(chart, flu=1, boosters=(7.2,))
    chart.vaccinate(chart.ago(days=40), _MIDWIFE, "Coqueluche, rappel", "J07AJ52", "Coqueluche")
    for months, weeks, text in (
        (6, 8, "Première consultation. Datation faite. Prise de sang et entretien prénatal prévus."),
        (4, 17, "Tout va bien. Bruits du cœur réguliers. Mouvements ressentis depuis peu."),
        (2, 25, "Hauteur utérine normale. Dépistage du diabète gestationnel négatif."),
        (0.4, 30, "Bébé tête en bas. Tension normale. Préparation à la naissance commencée."),
    ):
        chart.visit(chart.ago(months=months), _MIDWIFE, f"Consultation prénatale, {weeks} semaines", text)
    chart.image(
        chart.ago(months=2.2),
        _MIDWIFE,
        "Échographie obstétricale du deuxième trimestre",
        "US",
        "Utérus",
        "Grossesse unique évolutive de 22 semaines. Biométries normales. Pas d’anomalie visible.",
    )
    for months in (6, 3.5, 1):
        chart.laboratory(chart.ago(months=months), IRON, {"2276-4": 34 - 4 / months, "718-7": 11.6})
    chart.prescribe(
        chart.ago(months=1),
        _MIDWIFE,
        "Fer et acide folique, comprimé",
        "B03AD02",
        "1 comprimé par jour",
        months=3,
        ended=False,
    )
    chart.appoint(chart.ago(days=-11), _MIDWIFE, "Consultation prénatale du huitième mois")
    chart.plan(
        chart.ago(months=5),
        _MIDWIFE,
        "Projet de naissance",
        ("Séances de préparation à deux", "Visite de la maternité"),
    )


def marguerite(chart: Chart) -> None:
    """Memory, falls, a file at the county, wishes written down."""
    ordinary.grown_up(chart, years=6, weight=52, height=154, pressure=(138, 74))
    ordinary.vaccines(chart, flu=6, boosters=(9.5,))
    chart.problem(chart.ago(years=4), GENERAL, "Maladie d’Alzheimer", "G30.1")
    chart.problem(chart.ago(years=10), GENERAL, "Ostéoporose", "M81.0")
    chart.allergy(chart.ago(years=30), GENERAL, "Aspirine", "Saignement digestif", severe=True)
    ordinary.long_treatment(
        chart, "Calcium et vitamine D3, comprimé", "A12AX", "1 comprimé le midi", years=5, reason="Ostéoporose"
    )
    chart.visit(
        chart.ago(months=8),
        _EMERGENCY,
        "Chute à domicile",
        "Chute dans la cuisine. Radiographie de la hanche normale. Bleus. Retour à la résidence le lendemain.",
        kind="IMP",
        days=1,
    )
    chart.image(
        chart.ago(months=8),
        _EMERGENCY,
        "Radiographie de la hanche droite",
        "DX",
        "Hanche droite",
        "Pas de fracture visible.",
    )
    chart.document(
        chart.ago(months=14),
        GENERAL,
        "Demande d’allocation personnalisée d’autonomie",
        "Dossier envoyé au département. Aide à la toilette et aux repas demandée, passage quotidien.",
        "11488-4",
        category="social_care",
    )
    chart.document(
        chart.ago(years=2),
        "",
        "Directives anticipées",
        "Je ne souhaite pas être réanimée. Je veux être soulagée de la douleur, et que ma fille soit prévenue.",
        "42348-3",
    )
    ordinary.blood_tests(chart, [chart.ago(years=year) for year in (3, 2, 1, 0.3)], {"14682-9": 91, "98979-8": 52})
    chart.plan(
        chart.ago(years=1),
        _NURSE,
        "Aide à domicile",
        ("Préparation du pilulier chaque lundi", "Surveillance du poids chaque mois", "Prévention des chutes"),
    )


def antoine(chart: Chart) -> None:
    """A depression, and the way out of it."""
    ordinary.grown_up(chart, years=4, weight=81, height=179, pressure=(128, 80))
    ordinary.vaccines(chart, flu=1, boosters=(3.1,))
    chart.problem(chart.ago(months=20), GENERAL, "Épisode dépressif moyen", "F32.1")
    ordinary.long_treatment(
        chart,
        "Sertraline 50 mg, comprimé",
        "N06AB06",
        "1 comprimé le matin",
        years=1.5,
        reason="Traitement au long cours",
    )
    for months in range(18, 0, -3):
        chart.document(
            chart.ago(months=months),
            _MIND,
            "Entretien psychologique",
            chart.random.choice(
                (
                    "Semaine difficile, mais rendez-vous tenu. Reprend contact avec son frère.",
                    "Sommeil revenu. Projet de reprise à mi-temps discuté.",
                    "Parle plus librement de la séparation. Moins de ruminations le soir.",
                )
            ),
            "11488-4",
            category="mental_health",
        )
    ordinary.certificate(
        chart, chart.ago(months=17), "Arrêt de travail d’un mois", "Arrêt de travail d’un mois, sorties libres."
    )
    chart.laboratory(chart.ago(months=12), THYROID, {"3016-3": 2.3})
    ordinary.blood_tests(chart, [chart.ago(years=1)])


def yasmine(chart: Chart) -> None:
    """Asthma since childhood; one night in the emergency ward."""
    ordinary.grown_up(chart, years=3, weight=58, height=167, pressure=(112, 70))
    ordinary.vaccines(chart, flu=3, boosters=(1.4,))
    chart.problem(chart.ago(years=15), GENERAL, "Asthme allergique", "J45.0")
    chart.allergy(chart.ago(years=14), GENERAL, "Acariens", "Gêne respiratoire", kind="environment")
    chart.allergy(chart.ago(years=9), GENERAL, "Arachide", "Gonflement des lèvres", severe=True, kind="food")
    ordinary.long_treatment(
        chart, "Béclométasone 250 µg, spray", "R03BA01", "1 bouffée matin et soir", years=3, reason="Asthme"
    )
    chart.prescribe(
        chart.ago(months=5),
        GENERAL,
        "Salbutamol 100 µg, spray",
        "R03AC02",
        "2 bouffées en cas de gêne",
        months=6,
        ended=False,
    )
    chart.visit(
        chart.ago(months=9),
        _EMERGENCY,
        "Crise d’asthme",
        "Crise après une soirée enfumée. Amélioration sous aérosols. Retour à domicile avec corticoïdes cinq jours.",
        kind="EMER",
    )
    chart.laboratory(chart.ago(months=9), INFLAMMATION, {"1988-5": 11.2})
