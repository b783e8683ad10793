"""How much the tests do: the counts of `make test` and of `make soak`, in one file.

A test asks for its number by name: ``from tests.counts import COUNTS`` and ``COUNTS.properties``.
"""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Counts:
    """Numbers that grow with `make soak`."""

    # Examples per property (hypothesis).
    properties: int
    # Appends by concurrent writers, and how many writers.
    log_appends: int
    log_writers: int
    # How often the sequencer is killed between two statements, and for how long writers race it.
    sequencer_kills: int
    log_seconds: float
    # Worlds of consent decided twice, by the engine and by its second statement.
    worlds: int
    # Restarts of a supervised process that is killed.
    restarts: int
    # Records that are sealed again under load, of how many patients, and how often the worker is killed meanwhile.
    rotated_records: int
    rotated_patients: int
    rotation_kills: int
    # Mutations of each good file that is given to a reader.
    mutations: int
    # Mutations of files of every kind, each through the whole way in.
    whole_mutations: int
    # Entries that call for a letter while everything around them breaks.
    letters: int


NORMAL = Counts(
    properties=60,
    log_appends=200,
    log_writers=4,
    sequencer_kills=4,
    log_seconds=2,
    worlds=10_000,
    restarts=2,
    letters=500,
    mutations=60,
    whole_mutations=24,
    rotated_records=240,
    rotated_patients=4,
    rotation_kills=4,
)
SOAK = Counts(
    properties=2_000,
    log_appends=20_000,
    log_writers=8,
    sequencer_kills=50,
    log_seconds=60,
    worlds=1_000_000,
    restarts=10,
    letters=10_000,
    mutations=1_000,
    whole_mutations=10_000,
    rotated_records=20_000,
    rotated_patients=50,
    rotation_kills=20,
)

IS_SOAK = os.environ.get("CARNET_SOAK") == "yes"
COUNTS = SOAK if IS_SOAK else NORMAL
