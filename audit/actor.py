"""Who is acting.

An :class:`Actor` is required by every door of the house and is never ``None``: an anonymous
visitor and a background task are actors too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID, uuid4, uuid5

# Fixed for ever: the identifiers of system actors in the log are derived from it.
_SYSTEM_NAMESPACE = UUID("6b1a2f0c-5c1e-5d83-9d0b-3f1f0f7f6a51")
_NOBODY = UUID(int=0)


class Role(StrEnum):
    """On whose side of the portal an actor stands."""

    PATIENT = "patient"
    PROFESSIONAL = "professional"
    ADMINISTRATOR = "administrator"
    ADVISER = "adviser"
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


class Strength(StrEnum):
    """How strongly the session was proven, weakest first (ASVS 5.0, V6)."""

    NONE = "none"
    PASSWORD = "password"  # noqa: S105 - a word, no secret  # nosec B105
    RECOVERY = "recovery"
    OTP = "otp"
    PASSKEY = "passkey"


class SystemTask(StrEnum):
    """The closed list of what the house does by itself."""

    IMPORT = "import"
    SEED = "seed"
    ROTATION = "rotation"
    LETTERS = "letters"
    SEQUENCER = "sequencer"
    SWEEP = "sweep"
    ERASURE = "erasure"
    EXPORT = "export"
    VERIFICATION = "verification"
    FOUNDING = "founding"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts, from where, and how strongly proven.

    ``id`` is the account's random identifier: it appears in no address and no page, and is the
    pseudonym under which the log knows the person. ``professional`` and ``organisation`` are the
    identifiers of consent's directory. ``session`` is a keyed digest of the session (hex), never
    its key. ``request`` ties all entries of one request together. ``on_behalf_of`` is the professional in
    whose name a delegate acts, or the pseudonym of the dossier for which a representative acts. ``fresh``
    tells that the person proved again, moments ago, who they are; it is not written down.
    """

    id: UUID
    role: Role
    strength: Strength = Strength.NONE
    profession: str = ""
    professional: UUID | None = None
    organisation: UUID | None = None
    session: str = ""
    on_behalf_of: UUID | None = None
    request: UUID = field(default_factory=uuid4)
    task: SystemTask | None = None
    fresh: bool = False

    def __post_init__(self) -> None:
        if (self.role is Role.SYSTEM) != (self.task is not None):
            raise ValueError(f"task={self.task!r} with role={self.role!r}: only a system actor has a task")
        if (self.role is Role.PROFESSIONAL) != (self.professional is not None):
            raise ValueError(
                f"professional={self.professional!r} with role={self.role!r}: expected together or not at all"
            )

    @classmethod
    def system(cls, task: SystemTask | str) -> Actor:
        """An act of the house itself.

        Raises:
            ValueError: ``task`` is not in :class:`SystemTask`.
        """
        known = SystemTask(task)
        return cls(id=uuid5(_SYSTEM_NAMESPACE, known.value), role=Role.SYSTEM, task=known)

    @classmethod
    def anonymous(cls, *, request: UUID | None = None) -> Actor:
        """A visitor who has not signed in."""
        return cls(id=_NOBODY, role=Role.ANONYMOUS, request=request or uuid4())
