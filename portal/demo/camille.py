"""Camille Moreau, 1985: type 2 diabetes found early and well looked after. The record that visitors see first."""

from __future__ import annotations

from portal.demo import ordinary
from portal.demo.analyses import BLOOD_COUNT, DIABETES, IRON, LIPIDS, URINE, VITAMIN_D
from portal.demo.chart import Chart
from portal.demo.ordinary import GENERAL

_HEART, _MIDWIFE, _MIND = "helene.marchand", "aissatou.diop", "lea.fontaine"
_METFORMIN = ("Metformine 850 mg, comprimé", "A10BA02", "1 comprimé matin et soir, au cours du repas")
_ROSUVASTATIN = ("Rosuvastatine 5 mg, comprimé", "C10AA07", "1 comprimé le soir")

# Every three months since it was found, the newest last: what the curve on her page shows.
_HBA1C = (8.1, 7.6, 7.2, 7.0, 6.9, 6.7, 6.8, 6.6, 6.5, 6.7, 6.9, 7.1, 7.0, 6.8, 6.6, 6.5, 6.6, 6.7, 6.9, 6.8)


def live(chart: Chart) -> None:
    """Write her record."""
    _summary(chart)
    _diabetes(chart)
    ordinary.grown_up(chart, years=6, weight=74.0, height=168, pressure=(126, 78))
    ordinary.vaccines(chart, flu=5, boosters=(14.5,))
    chart.vaccinate(chart.ago(years=2, months=2), GENERAL, "Pneumocoque conjugué 20-valent", "J07AL02", "Pneumocoque")
    chart.vaccinate(
        chart.ago(years=4, months=8), "julien.berger", "Covid-19 à ARNm, rappel", "J07BN01", "Covid-19", dose=3
    )
    _daughter(chart)
    _hard_winter(chart)
    _wrist(chart)
    _papers(chart)
    _to_come(chart)


def _summary(chart: Chart) -> None:
    chart.problem(chart.ago(years=5, months=1), GENERAL, "Diabète de type 2", "E11.9")
    chart.problem(chart.ago(years=3, months=6), GENERAL, "Hypercholestérolémie", "E78.0")
    chart.problem(chart.ago(years=9), GENERAL, "Anémie par carence en fer", "D50.9", until=chart.ago(years=8, months=3))
    chart.allergy(chart.ago(years=18), GENERAL, "Pénicilline", "Urticaire généralisée", severe=True)
    chart.allergy(chart.ago(years=11), GENERAL, "Pollens de graminées", "Rhinite et yeux rouges", kind="environment")
    chart.document(
        chart.ago(months=2),
        GENERAL,
        "Synthèse médicale",
        """
Femme suivie pour un diabète de type 2, équilibré sous metformine seule.

Allergie à la pénicilline (urticaire généralisée) : à éviter absolument.

Traitement au long cours : metformine 850 mg matin et soir, rosuvastatine 5 mg le soir.

Surveillance : HbA1c tous les trois mois, fond d’œil et bilan rénal une fois par an, pieds à chaque visite.
""",
        "SYNTH",
    )


def _diabetes(chart: Chart) -> None:
    for quarter, hba1c in enumerate(reversed(_HBA1C)):
        day = chart.ago(months=3 * quarter, days=3)
        values = {
            "4548-4": hba1c,
            "2345-7": 3.2 + hba1c * 0.55,
            "14682-9": 68 + chart.random.randrange(7),
            "98979-8": 101,
        }
        chart.laboratory(day, DIABETES, values)
        if quarter % 4 == 0:
            chart.laboratory(
                day, LIPIDS, {"22748-8": 4.1 if quarter > 13 else 2.6, "14647-2": 6.0 if quarter > 13 else 4.7}
            )
            chart.laboratory(day, URINE, {"14957-5": 8 + chart.random.randrange(6)})
            chart.laboratory(day, BLOOD_COUNT, {})
    ordinary.long_treatment(chart, *_METFORMIN, years=5, reason="Diabète de type 2")
    ordinary.long_treatment(chart, *_ROSUVASTATIN, years=3.5, reason="Hypercholestérolémie")
    chart.prescribe(chart.ago(days=3), GENERAL, *_METFORMIN, months=3, ended=False, reason="Diabète de type 2")
    chart.visit(chart.ago(days=3), GENERAL, "Suivi du diabète", _FOLLOW_UP)
    chart.visit(chart.ago(months=6), _HEART, "Bilan cardiovasculaire", _HEART_CHECK)
    chart.plan(
        chart.ago(years=5),
        GENERAL,
        "Programme personnalisé de soins – diabète",
        (
            "Marche rapide, 30 minutes, cinq jours par semaine",
            "Consultation de diététique",
            "Examen des pieds à chaque visite",
        ),
        ("HbA1c inférieure à 7 %", "Pression artérielle inférieure à 130/80 mmHg"),
    )


_FOLLOW_UP = """
Motif : suivi trimestriel du diabète.

Va bien. Marche presque tous les jours. Un seul malaise évocateur d’hypoglycémie, après un repas sauté.

Examen : pieds sans lésion, monofilament perçu partout. Pression artérielle 124/76 mmHg. Poids stable.

Biologie : HbA1c 6,8 %, dans l’objectif. Fonction rénale normale.

Conclusion : metformine poursuivie à la même dose. Fond d’œil à prévoir. Revoir dans trois mois.
"""
_HEART_CHECK = """
Adressée par le Dr Lefèvre pour un bilan à quarante ans passés.

Électrocardiogramme : rythme régulier à 64 par minute, sans anomalie. Échographie du cœur normale.

Conclusion : pas d’atteinte cardiaque. Poursuite de la statine. Pas de test d’effort nécessaire cette année.
"""


def _daughter(chart: Chart) -> None:
    """The pregnancy of eleven years ago lies in its own drawer."""
    chart.visit(chart.ago(years=11, months=5), _MIDWIFE, "Consultation prénatale du quatrième mois", _FOURTH_MONTH)
    chart.visit(chart.ago(years=11), _MIDWIFE, "Accouchement par voie basse", _BIRTH, kind="IMP", days=4)
    chart.laboratory(chart.ago(years=9), IRON, {"2276-4": 9, "718-7": 10.4})
    chart.laboratory(chart.ago(years=8, months=4), IRON, {"2276-4": 41, "718-7": 12.9})
    chart.prescribe(
        chart.ago(years=9),
        GENERAL,
        "Sulfate ferreux 80 mg, comprimé",
        "B03AA07",
        "1 comprimé par jour à jeun",
        months=4,
    )


_FOURTH_MONTH = """
Grossesse de 17 semaines, d’évolution normale. Mouvements perçus. Bruits du cœur réguliers.

Dépistage du diabète gestationnel prescrit. Préparation à la naissance proposée.
"""
_BIRTH = """
Naissance d’une fille de 3 310 g, après un travail de huit heures. Suites simples, allaitement bien commencé.

Retour à la maison au quatrième jour. Visite de la sage-femme à domicile prévue.
"""


def _hard_winter(chart: Chart) -> None:
    for months, text in ((30, _FIRST_MEETING), (27, _ON_THE_WAY), (22, _BETTER)):
        chart.document(
            chart.ago(months=months), _MIND, "Entretien psychologique", text, "11488-4", category="mental_health"
        )


_FIRST_MEETING = """
Premier entretien. Épuisement au travail depuis l’automne, sommeil haché, larmes faciles.

Pas d’idée noire. Bonne alliance. Un rendez-vous par quinzaine est convenu.
"""
_ON_THE_WAY = """
Dort mieux depuis trois semaines. A parlé à son employeur, qui aménage ses horaires.

Travail engagé sur ce qu’elle s’autorise à refuser.
"""
_BETTER = """
Dernier entretien du suivi. Reprise du plaisir à courir le dimanche. Sait à quels signes revenir.
"""


def _wrist(chart: Chart) -> None:
    day = chart.ago(days=42)
    chart.visit(day, "ousmane.ndiaye", "Chute à vélo", _FALL, kind="EMER")
    chart.image(
        day,
        "ousmane.ndiaye",
        "Radiographie du poignet gauche",
        "DX",
        "Poignet gauche",
        "Pas de fracture visible. Parties molles épaissies en regard du carpe. À contrôler si la douleur dure.",
    )
    chart.prescribe(
        day,
        "ousmane.ndiaye",
        "Paracétamol 1 g, comprimé",
        "N02BE01",
        "1 comprimé toutes les 6 heures si douleur, 5 jours",
    )
    chart.dispense(day, "Paracétamol 1 g, comprimé", "N02BE01", "1 comprimé toutes les 6 heures si douleur")


_FALL = """
Chute à vélo ce matin, réception sur la main gauche. Douleur du poignet, pas de déformation.

Radiographie : pas de fracture visible. Attelle pour dix jours, glace, paracétamol.

Consignes : reconsulter si la main s’engourdit ou si la douleur augmente.
"""


def _papers(chart: Chart) -> None:
    ordinary.certificate(chart, chart.ago(months=13), "Certificat d’aptitude à la course à pied", _RUNNING)
    ordinary.certificate(chart, chart.ago(months=29), "Arrêt de travail de dix jours", _OFF_WORK)
    chart.laboratory(chart.ago(months=10), VITAMIN_D, {"1989-3": 52})
    for months, care, asked, paid in (
        (1, "Metformine et rosuvastatine, trois mois", "38.20", "38.20"),
        (2, "Radiographie du poignet", "35.11", "24.58"),
        (6, "Consultation de cardiologie", "55.00", "37.50"),
        (11, "Monture et verres correcteurs", "260.00", "0.09"),
    ):
        chart.reimburse(chart.ago(months=months), GENERAL, care, asked, paid)


_RUNNING = """
Je soussignée, Dr Nadia Lefèvre, certifie que l’examen de ce jour ne montre pas de contre-indication
à la pratique de la course à pied en compétition.
"""
_OFF_WORK = """
Je soussignée, Dr Nadia Lefèvre, prescris un arrêt de travail de dix jours, sorties libres.
"""


def _to_come(chart: Chart) -> None:
    chart.appoint(chart.ago(days=-16), GENERAL, "Suivi du diabète", advice="Venir avec le carnet de glycémie.")
    chart.appoint(chart.ago(days=-43), _HEART, "Consultation de cardiologie", hour=14, minutes=30)
    chart.appoint(chart.ago(days=48), "claire.roy", "Éducation au suivi de la glycémie", hour=9, minutes=45)
