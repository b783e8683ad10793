"""The connection that may number the log, and no other may: role ``carnet_sequencer``.

The web and the workers connect as another role, which can add entries and nothing else: neither a number, nor a node,
nor a checkpoint, nor a witness's line.
"""

from __future__ import annotations

from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

NUMBERING = "sequencer"


def expect_numbering() -> None:
    """Raise unless this process was given the role that numbers the log.

    Raises:
        ImproperlyConfigured: it was not.
    """
    if NUMBERING not in connections:
        raise ImproperlyConfigured(
            "DATABASE_SEQUENCER_URL is not set; expected the connection string of carnet_sequencer, "
            "the role that alone may number the log."
        )


def numbering() -> BaseDatabaseWrapper:
    """The connection of this thread as the role that numbers.

    Raises:
        ImproperlyConfigured: this process has none.
    """
    expect_numbering()
    return connections[NUMBERING]
