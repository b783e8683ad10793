"""Where the demo's mails and SMS go: into a table, sealed under a house key, and onto ``/outbox/``."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from portal.notifications.channels.outcomes import Handing
from portal.notifications.kinds import Channel, Message
from portal.notifications.models import OutgoingMessage
from records.house import open_for_house, seal_for_house

_PURPOSE = "outbox"


@dataclass(frozen=True, repr=False)
class Outgoing:
    """What would have left, opened for the demo's page."""

    channel: Channel
    at: datetime
    to: str
    message: Message

    def __repr__(self) -> str:
        return "<Outgoing>"


@dataclass(frozen=True)
class Sink:
    """Takes everything and sends nothing."""

    channel: Channel

    def send(self, address: str, message: Message, *, reference: UUID, handing: Handing) -> None:  # noqa: ARG002
        """See :class:`~portal.notifications.channels.outcomes.Way`."""
        handing()
        row = uuid4()
        plain = {"to": address, "subject": message.subject, "text": message.text, "html": message.html}
        sealed = seal_for_house(_PURPOSE, row, json.dumps(plain, ensure_ascii=False).encode())
        OutgoingMessage.objects.create(id=row, channel=self.channel, sealed=sealed)

    def close(self) -> None:
        """Nothing is kept open."""


def outgoing(limit: int = 50) -> list[Outgoing]:
    """The newest messages of the sink."""
    rows = OutgoingMessage.objects.order_by("-at")[:limit]
    return [_opened(row) for row in rows]


def _opened(row: OutgoingMessage) -> Outgoing:
    plain = json.loads(open_for_house(_PURPOSE, row.id, bytes(row.sealed)))
    message = Message(subject=plain["subject"], text=plain["text"], html=plain["html"])
    return Outgoing(Channel(row.channel), row.at, plain["to"], message)
