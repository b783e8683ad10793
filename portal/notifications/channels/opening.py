"""Which ways out this house has, by its settings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.conf import settings

from portal.notifications.channels.mail import Mail
from portal.notifications.channels.outcomes import Way
from portal.notifications.channels.sink import Sink
from portal.notifications.channels.sms import OVH
from portal.notifications.kinds import Channel


@contextmanager
def open_ways() -> Iterator[Mapping[Channel, Way]]:
    """The channels of this house for the length of a run; their connections are closed at its end."""
    ways = _ways()
    try:
        yield ways
    finally:
        for way in ways.values():
            way.close()


def _ways() -> dict[Channel, Way]:
    ways: dict[Channel, Way] = {}
    mail, sms = settings.LETTERS["mail"], settings.LETTERS["sms"]
    if mail != "none":
        ways[Channel.MAIL] = Mail() if mail == "smtp" else Sink(Channel.MAIL)
    if sms != "none":
        ways[Channel.SMS] = OVH(**settings.LETTERS_OVH) if sms == "ovh" else Sink(Channel.SMS)
    return ways
