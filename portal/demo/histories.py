"""Everybody's record as a bundle: ``history(patient, today)``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from portal.demo import camille, lives, more_lives
from portal.demo.chart import Chart
from portal.demo.people import CAMILLE, Patient
from portal.demo.sheet import Resource

_LIVES: dict[str, Callable[[Chart], None]] = {
    CAMILLE: camille.live,
    "ange.casanova": lives.ange,
    "fatou.sarr": lives.fatou,
    "marguerite.lopez": lives.marguerite,
    "antoine.girard": lives.antoine,
    "yasmine.haddad": lives.yasmine,
    "paul.nguyen": more_lives.paul,
    "elodie.rousseau": more_lives.elodie,
    "mehdi.belkacem": more_lives.mehdi,
    "angele.santoni": more_lives.angele,
    "theo.lambert": more_lives.theo,
    "simone.petit": more_lives.simone,
    "lucas.bernard": more_lives.lucas,
}


def history(patient: Patient, today: date) -> list[Resource]:
    """The FHIR R4 resources of one patient as they stand on that day, the Patient first.

    Raises:
        KeyError: nobody wrote this patient's life.
    """
    chart = Chart(patient, today)
    _LIVES[patient.key](chart)
    return chart.resources
