"""How many of everything."""

from __future__ import annotations

from dataclasses import dataclass

from consent.categories import Category

CARERS_EACH = 3
# Every choice is another pair of a carer and a drawer that can be shared.
_MOST_CHOICES = CARERS_EACH * (len(Category) - 1)
# The lines that a patient's record begins with: account, key, record, and a care relationship for each carer.
_FIRST_LINES = 3 + CARERS_EACH


class BadSize(ValueError):
    """These numbers do not go together; ``str()`` is the sentence to show."""


@dataclass(frozen=True, slots=True)
class Size:
    """So many patients, records, choices and lines of the log in all.

    Raises:
        BadSize: one of them cannot be.
    """

    patients: int = 10_000
    records: int = 1_000_000
    choices: int = 200_000
    entries: int = 5_000_000

    def __post_init__(self) -> None:
        if self.patients < 1 or min(self.records, self.choices, self.entries) < 0:
            raise BadSize(f"{self}: expected at least one patient and nothing below zero")
        if self.choices > self.patients * _MOST_CHOICES:
            raise BadSize(f"choices={self.choices}: expected {_MOST_CHOICES} at most for each of {self.patients}")
        if self.entries < self.least_entries:
            raise BadSize(
                f"entries={self.entries}: expected at least {self.least_entries}, the lines of the acts themselves"
            )

    @property
    def least_entries(self) -> int:
        """Every record, choice and person leaves its own lines; what lies above are reads."""
        return self.patients * _FIRST_LINES + self.records + self.choices

    @property
    def professionals(self) -> int:
        """One for twenty patients, ten at least."""
        return max(10, self.patients // 20)

    @property
    def organisations(self) -> int:
        """One for ten professionals."""
        return max(2, self.professionals // 10)

    def of(self, number: int) -> tuple[int, int, int]:
        """Records, choices and reads of patient ``number`` (from 0): shares that add up exactly."""
        reads = self.entries - self.least_entries
        return (
            _share(self.records, self.patients, number),
            _share(self.choices, self.patients, number),
            _share(reads, self.patients, number),
        )


def _share(total: int, among: int, number: int) -> int:
    return total // among + (1 if number < total % among else 0)
