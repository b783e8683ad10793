"""The SMS provider's API, against a local stand-in: the call it expects, and what its answers mean."""

import hashlib
import json
import threading
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest

from portal.notifications.channels.outcomes import NeverAgain, TryAgain
from portal.notifications.channels.sms import OVH, international
from portal.notifications.kinds import Message

NUMBER = "+33612345678"


class Provider(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.server.calls.append((self.path, dict(self.headers), body))
        if self.server.status is None:
            self.close_connection = True
            return
        self.send_response(self.server.status)
        if self.server.status == 302:
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
        answer = json.dumps(self.server.answer).encode()
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


@pytest.fixture
def provider():
    with ThreadingHTTPServer(("127.0.0.1", 0), Provider) as server:
        server.calls, server.status, server.answer = [], 200, {"ids": [1], "invalidReceivers": []}
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def ovh(provider):
    return OVH(f"http://127.0.0.1:{provider.server_port}/1.0", "sms-ab1-1", "Carnet", "key", "the secret", "consumer")


def send(ovh, number=NUMBER):
    handed = []
    ovh.send(number, Message("Bonjour."), reference=uuid4(), handing=lambda: handed.append(True))
    return handed


def test_a_call_is_signed_as_the_provider_documents_it(provider, ovh):
    assert send(ovh, "06 12 34 56 78") == [True]
    path, headers, body = provider.calls[0]
    assert path == "/1.0/sms/sms-ab1-1/jobs"
    sent = json.loads(body)
    assert (sent["receivers"], sent["message"], sent["noStopClause"]) == ([NUMBER], "Bonjour.", True)
    address = f"http://127.0.0.1:{provider.server_port}{path}"
    signed = "+".join(("the secret", "consumer", "POST", address, body, headers["X-Ovh-timestamp".title()]))
    assert headers["X-Ovh-Signature"] == "$1$" + hashlib.sha1(signed.encode()).hexdigest()  # noqa: S324
    assert "the secret" not in repr(ovh)


@pytest.mark.parametrize(
    ("status", "failure", "reason"),
    [
        (400, NeverAgain, "sms_400"), (401, TryAgain, "sms_401"), (402, TryAgain, "sms_402"),
        (403, TryAgain, "sms_403"), (429, TryAgain, "sms_429"), (500, TryAgain, "sms_500"),
        (302, TryAgain, "sms_302"), (None, TryAgain, "sms_no_answer"),
    ],
)  # fmt: skip
def test_what_an_answer_means(provider, ovh, status, failure, reason):
    provider.status = status
    with pytest.raises(failure, match=f"^{reason}$") as caught:
        send(ovh)
    assert getattr(caught.value, "unclear", False) is (status is None)
    assert len(provider.calls) == 1


def test_a_number_that_the_provider_refuses_is_given_up(provider, ovh):
    provider.answer = {"ids": [], "invalidReceivers": [NUMBER]}
    with pytest.raises(NeverAgain, match="sms_number_refused"):
        send(ovh)


def test_a_provider_that_is_away_has_sent_nothing(ovh):
    with pytest.raises(TryAgain) as caught:
        send(replace(ovh, endpoint="http://127.0.0.1:1/1.0"))
    assert not caught.value.unclear


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("06 12 34 56 78", NUMBER),
        ("0033 6 12 34 56 78", NUMBER),
        ("+33 (6) 12-34-56-78", NUMBER),
        ("+4917612345678", "+4917612345678"),
    ],
)
def test_numbers_are_brought_to_one_spelling(written, number):
    assert international(written) == number


@pytest.mark.parametrize("written", ["", "15", "azenor@example.org", "+0612345678", "06123456789012345"])
def test_what_is_no_number_is_never_called(written):
    with pytest.raises(NeverAgain, match="sms_bad_number"):
        international(written)
