"""What consent keeps: one file per idea.

A dossier is a bare identifier here (nothing points upwards), and everything that can change carries
the range of time during which it held, so that "who could see what on 3 March" has an answer.
"""

from consent.models.blank import Blank
from consent.models.choice import Choice
from consent.models.code import CareCode, CodeTry
from consent.models.delegation import Delegation, DelegationKind
from consent.models.disclosure import Disclosure, DisclosureBasis
from consent.models.emergency import Emergency, ReasonCode
from consent.models.matrix import MatrixRow, MatrixVersion
from consent.models.membership import Membership
from consent.models.opposition import Opposition
from consent.models.organisation import Organisation
from consent.models.professional import Professional
from consent.models.relationship import CareRelationship
from consent.models.representation import Representation
from consent.models.request import AccessRequest, Answer, Purpose
from consent.models.review import EmergencyReview, Verdict
from consent.models.reviewer import ReviewingDoctor
from consent.models.team import TeamCare
from consent.models.treating import TreatingDoctor
from consent.models.wish import Wish, WishKind

__all__ = [
    "AccessRequest",
    "Answer",
    "Blank",
    "CareCode",
    "CareRelationship",
    "Choice",
    "CodeTry",
    "Delegation",
    "DelegationKind",
    "Disclosure",
    "DisclosureBasis",
    "Emergency",
    "EmergencyReview",
    "MatrixRow",
    "MatrixVersion",
    "Membership",
    "Opposition",
    "Organisation",
    "Professional",
    "Purpose",
    "ReasonCode",
    "Representation",
    "ReviewingDoctor",
    "TeamCare",
    "TreatingDoctor",
    "Verdict",
    "Wish",
    "WishKind",
]
