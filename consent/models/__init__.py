"""What consent keeps: one file per idea.

A dossier is a bare identifier here (nothing points upwards), and everything that can change carries
the range of time during which it held, so that "who could see what on 3 March" has an answer.
"""

from consent.models.choice import Choice
from consent.models.emergency import Emergency, ReasonCode
from consent.models.matrix import MatrixRow, MatrixVersion
from consent.models.membership import Membership
from consent.models.opposition import Opposition
from consent.models.organisation import Organisation
from consent.models.professional import Professional
from consent.models.relationship import CareRelationship
from consent.models.request import AccessRequest, Answer, Purpose

__all__ = [
    "AccessRequest",
    "Answer",
    "CareRelationship",
    "Choice",
    "Emergency",
    "MatrixRow",
    "MatrixVersion",
    "Membership",
    "Opposition",
    "Organisation",
    "Professional",
    "Purpose",
    "ReasonCode",
]
