"""SMS by the HTTP API of OVHcloud, a French provider (``POST /sms/{serviceName}/jobs``).

Another provider is another class with the same ``send``. The signature of a call is OVH's
"$1$" + SHA-1 of secret, consumer key, method, address, body and time, joined by "+".
"""

from __future__ import annotations

import hashlib
import json
import re
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any
from uuid import UUID

from portal.notifications.channels.outcomes import Handing, NeverAgain, TryAgain
from portal.notifications.kinds import Message

_SECONDS = 10
_E164 = re.compile(r"\+[1-9][0-9]{7,14}")
_LONGEST_ANSWER = 64 * 1024
# Said of the number or the text; every other refusal is the operator's or the provider's to mend.
_FINAL = frozenset({400, 404, 422})


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """A signed call is not followed to another address."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass(frozen=True)
class OVH:
    """One SMS account. Secrets stay out of its ``repr``."""

    endpoint: str
    service: str
    sender: str
    application_key: str = field(repr=False)
    application_secret: str = field(repr=False)
    consumer_key: str = field(repr=False)

    def send(self, address: str, message: Message, *, reference: UUID, handing: Handing) -> None:
        """See :class:`~portal.notifications.channels.outcomes.Way`."""
        number = international(address)
        body = json.dumps(
            {
                "message": message.text,
                "receivers": [number],
                "sender": self.sender,
                "tag": str(reference),
                "noStopClause": True,
                "priority": "high",
                "charset": "UTF-8",
            }
        )
        handing()
        answer = self._post(f"{self.endpoint}/sms/{self.service}/jobs", body)
        if number in answer.get("invalidReceivers", []):
            raise NeverAgain("sms_number_refused")
        if not answer.get("ids"):
            raise TryAgain("sms_not_taken")

    def close(self) -> None:
        """Nothing is kept open."""

    def _post(self, address: str, body: str) -> dict[str, Any]:
        request = urllib.request.Request(address, body.encode(), self._headers(address, body), method="POST")  # noqa: S310
        try:
            with urllib.request.build_opener(_NoRedirects).open(request, timeout=_SECONDS) as answer:
                found = json.loads(answer.read(_LONGEST_ANSWER))
        except urllib.error.HTTPError as error:
            error.close()
            reason = f"sms_{error.code}"
            raise (NeverAgain(reason) if error.code in _FINAL else TryAgain(reason)) from None
        except urllib.error.URLError as error:
            # Not even connected, or lost on the way: only the first is sure.
            raise TryAgain("sms_unreachable", unclear=not isinstance(error.reason, ConnectionRefusedError)) from None
        except (OSError, HTTPException, ValueError):
            raise TryAgain("sms_no_answer", unclear=True) from None
        return found if isinstance(found, dict) else {}

    def _headers(self, address: str, body: str) -> dict[str, str]:
        now = str(int(time.time()))
        parts = (self.application_secret, self.consumer_key, "POST", address, body, now)
        # SHA-1 is what the provider asks for; the body also travels in TLS.
        digest = hashlib.sha1("+".join(parts).encode()).hexdigest()  # noqa: S324 - as the provider signs  # nosec B324
        return {
            "Content-Type": "application/json",
            "X-Ovh-Application": self.application_key,
            "X-Ovh-Consumer": self.consumer_key,
            "X-Ovh-Timestamp": now,
            "X-Ovh-Signature": f"$1${digest}",
        }


def international(number: str) -> str:
    """A telephone number in E.164; ten digits that start with 0 are French.

    Raises:
        NeverAgain: it is no number.
    """
    bare = re.sub(r"[\s.()/-]", "", number)
    if bare.startswith("00"):
        bare = "+" + bare[2:]
    elif re.fullmatch(r"0[1-9][0-9]{8}", bare):
        bare = "+33" + bare[1:]
    if not _E164.fullmatch(bare):
        raise NeverAgain("sms_bad_number")
    return bare
