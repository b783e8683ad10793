"""What the people of the demo put right: a correction that was made, one that waits for its author."""

from __future__ import annotations

from datetime import timedelta

from consent.categories import Category
from portal.demo.living import DOCTOR, Town, file, once, paper
from portal.demo.people import CAMILLE
from records.correcting import answer, ask_correction, read_corrections
from records.reading import open_category


def rectify(town: Town) -> None:
    """Camille asks Dr Lefèvre twice: a wrong side was put right, the version before stays; a date waits."""
    camille, ref = town.patients[CAMILLE]
    doctor, drawer = town.staff[DOCTOR], Category.CONSULTATION_REPORT
    asked = read_corrections(actor=camille)
    if not asked:
        day = town.now.date() - timedelta(days=9)
        knee = file(doctor, ref, paper(CAMILLE, day, _TITLE, drawer, _BEFORE, by=DOCTOR), drawer)
        first = ask_correction(actor=camille, record_id=knee, words=_WRONG)
        answer(actor=doctor, correction_id=first, done=True, words=_ANSWER, title=_TITLE, text=_AFTER)
    summary = next(
        item
        for item in open_category(actor=camille, dossier_id=ref.id, category=Category.MEDICAL_SUMMARY).items
        if item.header.kind == "DocumentReference" and item.author == town.person(DOCTOR)
    )
    once(ask_correction, actor=camille, record_id=summary.record_id, words=_WAITS)


_TITLE = "Consultation – douleur du genou"
_BEFORE = """
Douleur du genou droit après une marche de trois heures. Pas d’épanchement, marche sans boiterie.

Repos une semaine, glace. Revoir si la douleur persiste.
"""
_AFTER = _BEFORE.replace("genou droit", "genou gauche").strip()
_WRONG = "C’est mon genou gauche qui me fait mal, pas le droit."
_ANSWER = "Vous avez raison, c’est corrigé. Merci de l’avoir signalé."
_WAITS = "Il manque mon allergie aux pollens de graminées."
