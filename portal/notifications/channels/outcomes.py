"""How sending can go wrong, in tokens: nothing a server said, and no address."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from portal.notifications.kinds import Message

Handing = Callable[[], None]


class TryAgain(Exception):
    """It did not work this time. ``unclear``: the other side may have taken it over all the same."""

    def __init__(self, reason: str, *, unclear: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unclear = unclear


class NeverAgain(Exception):
    """It will never work for this address or this message."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Way(Protocol):
    """One channel, open for the length of a run."""

    def send(self, address: str, message: Message, *, reference: UUID, handing: Handing) -> None:
        """Hand the message over; ``handing`` is called right before it may leave.

        ``reference`` is the same for every try of one delivery.

        Raises:
            TryAgain: not now.
            NeverAgain: not ever.
        """

    def close(self) -> None:
        """Let go of connections."""
