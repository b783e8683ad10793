"""Mail by SMTP (RFC 5321), through Django's own backend. DKIM is the relay's work.

A 4xx is tried again and a 5xx about the recipient or the message is final (RFC 5321, 4.2.1). A 5xx
about the connection, the sign-in or the sender is our operator's to mend: it is tried again too.
"""

from __future__ import annotations

import smtplib
from email.errors import MessageError
from email.headerregistry import Address
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.backends.smtp import EmailBackend

from portal.notifications.channels.outcomes import Handing, NeverAgain, TryAgain
from portal.notifications.kinds import Message

_PERMANENT = 500


class _Announces(smtplib.SMTP):
    """Calls ``handing`` before the message itself may leave: until then nobody can have received it."""

    handing: Handing | None = None

    def data(self, msg: Any) -> tuple[int, bytes]:
        if self.handing is not None:
            self.handing()
        return super().data(msg)


class _AnnouncesOverTLS(_Announces, smtplib.SMTP_SSL):
    """The same on a port that speaks TLS from the first byte."""


class _Backend(EmailBackend):
    """Django's backend with connections that announce."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _AnnouncesOverTLS if self.use_ssl else _Announces


class Mail:
    """One connection to the relay, opened when it is first needed."""

    def __init__(self) -> None:
        self._backend: _Backend | None = None
        self._reused = False

    def send(self, address: str, message: Message, *, reference: UUID, handing: Handing) -> None:
        """See :class:`~portal.notifications.channels.outcomes.Way`."""
        handed = _Once(handing)
        try:
            letter = _letter(address, message, reference)
            try:
                self._hand_over(letter, handed)
            except smtplib.SMTPServerDisconnected:
                # A relay closes a connection that was idle: that is no failure of this letter.
                if handed.done or not self._reused:
                    raise
                self._hand_over(letter, handed)
        except (smtplib.SMTPException, OSError, ValueError, MessageError) as error:
            raise _judged(error, handed=handed.done) from None

    def close(self) -> None:
        """Let go of the connection."""
        backend, self._backend = self._backend, None
        if backend is not None and backend.connection is not None:
            # Without QUIT: a relay that does not answer would hold us up.
            backend.connection.close()

    def _hand_over(self, letter: EmailMultiAlternatives, handed: _Once) -> None:
        try:
            self._reused = self._backend is not None
            if self._backend is None:
                backend = _Backend()
                backend.open()
                self._backend = backend
            connection = self._backend.connection
            if isinstance(connection, _Announces):
                connection.handing = handed
            self._backend.send_messages([letter])
        except BaseException:
            self.close()
            raise


class _Once:
    """Remembers whether it was called."""

    def __init__(self, handing: Handing) -> None:
        self._handing = handing
        self.done = False

    def __call__(self) -> None:
        self._handing()
        self.done = True


def _letter(address: str, message: Message, reference: UUID) -> EmailMultiAlternatives:
    # Refuses line breaks and more than one address before anything is written into a header.
    Address(addr_spec=address)
    # One Message-ID for all tries: mail programs that receive it twice show it once.
    headers = {
        "Message-ID": f"<{reference}@{urlsplit(settings.SITE_URL).hostname}>",
        "Auto-Submitted": "auto-generated",  # RFC 3834: no holiday answers, please
    }
    letter = EmailMultiAlternatives(message.subject, message.text, to=[address], headers=headers)
    if message.html:
        letter.attach_alternative(message.html, "text/html")
    return letter


def _judged(error: Exception, *, handed: bool) -> TryAgain | NeverAgain:
    """What an answer of the relay means for this letter, without its words."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next(iter(error.recipients.values()))[0]
        return NeverAgain(f"mail_{code}") if code >= _PERMANENT else TryAgain(f"mail_{code}")
    if isinstance(error, smtplib.SMTPDataError):
        code = error.smtp_code
        return NeverAgain(f"mail_{code}") if code >= _PERMANENT else TryAgain(f"mail_{code}")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return TryAgain("mail_sign_in")
    if isinstance(error, smtplib.SMTPResponseException):
        return TryAgain(f"mail_server_{error.smtp_code}")
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return TryAgain("mail_disconnected", unclear=handed)
    if isinstance(error, TimeoutError):
        return TryAgain("mail_timeout", unclear=handed)
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return TryAgain("mail_not_supported")
    # Not an address that can be written into a header or an envelope.
    if isinstance(error, ValueError | MessageError):
        return NeverAgain("mail_bad_address")
    return TryAgain("mail_unreachable", unclear=handed)
