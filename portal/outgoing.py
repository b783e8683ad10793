"""How letters leave: the relay for mail and the provider for SMS, read from the environment.

Without a relay the demo and the tests keep their mails in a sealed table (``/outbox/``); production
is refused, because a patient must be told of an emergency.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from portal.env import Environment, SettingsRefused, is_private

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}
_ADDRESS = re.compile(r"[^@\s<>,]+@[^@\s<>,]+\.[^@\s<>,]+")
_OVH = "https://eu.api.ovh.com/1.0"
# Seconds for one answer of the relay; five of them stay below any time limit of a task.
RELAY_SECONDS = 15


@dataclass(frozen=True, repr=False)
class Outgoing:
    """What settings need: ``letters`` names the way of each channel, ``django`` is Django's own ``EMAIL_…``."""

    letters: dict[str, str]
    django: dict[str, Any]
    ovh: dict[str, str]

    def __repr__(self) -> str:
        return "<Outgoing>"


def read_outgoing(env: Environment, *, profile: str) -> Outgoing:
    """Everything about outgoing letters.

    Raises:
        SettingsRefused: production without a relay, a relay that cannot be read, or one that would
            carry addresses in clear over a network that is not ours.
    """
    kept = "sink" if profile != "production" else "none"
    mail = "smtp" if env.has("MAIL_SERVER") else kept
    if mail == "none":
        raise SettingsRefused("MAIL_SERVER is not set; expected smtps://relay.example.fr:465 in production.")
    sms = env.choice("SMS_PROVIDER", ("none", "ovh") if profile == "production" else ("none", "ovh", "sink"), kept)
    return Outgoing(
        letters={"mail": mail, "sms": sms},
        django=_relay(env) if mail == "smtp" else {"DEFAULT_FROM_EMAIL": "carnet@localhost"},
        ovh=_ovh(env) if sms == "ovh" else {},
    )


def _relay(env: Environment) -> dict[str, Any]:
    expected = "smtps://relay.example.fr:465, smtp+starttls://relay.example.fr:587 or smtp://localhost:25"
    address = env.text("MAIL_SERVER", expected=expected)
    parts = urlsplit(address)
    if parts.scheme not in _PORTS or not parts.hostname or parts.path or parts.query or parts.username is not None:
        raise SettingsRefused(
            f"MAIL_SERVER cannot be read (not shown: it may hold a password); expected {expected}; name and password "
            "have variables of their own."
        )
    private = is_private(parts.hostname) or env.flag("PRIVATE_NETWORK", default=False)
    if parts.scheme == "smtp" and not private:
        raise SettingsRefused(
            f"MAIL_SERVER goes to {parts.hostname!r} without TLS; expected smtps:// or smtp+starttls://, "
            "or PRIVATE_NETWORK=yes if nobody else can listen on that network."
        )
    user = env.text("MAIL_USER", "", expected="the name of our account at the relay")
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": _port(parts.netloc) or _PORTS[parts.scheme],
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp+starttls",
        "EMAIL_HOST_USER": user,
        "EMAIL_HOST_PASSWORD": env.secret("MAIL_PASSWORD", expected="the password at the relay") if user else "",
        "EMAIL_TIMEOUT": RELAY_SECONDS,
        "DEFAULT_FROM_EMAIL": _sender(env),
    }


def _port(place: str) -> int | None:
    text = place.rpartition(":")[2] if ":" in place.rpartition("]")[2] else ""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise SettingsRefused(f"MAIL_SERVER has the port {text!r}; expected a number from 1 to 65535.")
    return int(text)


def _sender(env: Environment) -> str:
    expected = "the address that letters come from, such as carnet@example.fr"
    value = env.text("MAIL_FROM", expected=expected)
    if not _ADDRESS.fullmatch(value):
        raise SettingsRefused(f"MAIL_FROM is {value!r}; expected {expected}.")
    return value


def _ovh(env: Environment) -> dict[str, str]:
    endpoint = env.text("SMS_ENDPOINT", _OVH, expected=f"the address of the provider's API, such as {_OVH}")
    parts = urlsplit(endpoint)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname and is_private(parts.hostname)):
        raise SettingsRefused(f"SMS_ENDPOINT is {endpoint!r}; expected an https:// address.")
    return {
        "endpoint": endpoint.rstrip("/"),
        "service": env.text("SMS_SERVICE", expected="the name of the SMS account, such as sms-ab12345-1"),
        "sender": env.text("SMS_SENDER", expected="a sender that the provider has approved"),
        "application_key": env.secret("SMS_APPLICATION_KEY", expected="the provider's application key"),
        "application_secret": env.secret("SMS_APPLICATION_SECRET", expected="the provider's application secret"),
        "consumer_key": env.secret("SMS_CONSUMER_KEY", expected="the provider's consumer key"),
    }
