"""A mail server of our own for the tests: real SMTP on a socket, and as misbehaved as one asks it to be.

It takes responsibility for a message at its final dot, like any relay, and keeps who it was for.
"""

from __future__ import annotations

import re
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class Taken:
    """One message for which the relay answered 250, or would have if the line had not dropped."""

    to: str
    text: str
    at: float


@dataclass
class Relay:
    """What it has taken and how it behaves; ``answer`` gives a reply to RCPT by address, ``None`` for 250."""

    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    answer: Callable[[str], str | None] = lambda address: None
    # Said instead of 250 at the final dot, without taking the message.
    refuse_data: str = ""
    # Takes the message and then hangs up without a word.
    drop_after_data: bool = False
    greeting: str = "220 relay"
    slow: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def addresses(self) -> list[str]:
        """For whom messages were taken, in order."""
        with self.lock:
            return [taken.to for taken in self.taken]


class _Conversation(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        relay = self.server.relay
        try:
            self._say(relay.greeting)
            if not relay.greeting.startswith("220"):
                return
            self._talk(relay)
        except (OSError, ValueError):
            return

    def _talk(self, relay: Relay) -> None:
        to = ""
        while line := self.rfile.readline(4096).decode("ascii", "replace").strip():
            time.sleep(relay.slow)
            verb = line.split(" ", 1)[0].split(":", 1)[0].upper()
            if verb == "EHLO":
                self._say("250 relay")
            elif verb == "RCPT":
                to = re.search(r"<(.*?)>", line)[1]
                self._say(relay.answer(to) or "250 ok")
            elif verb == "DATA":
                self._say("354 go on")
                if not self._take(relay, to):
                    return
            elif verb == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def _take(self, relay: Relay, to: str) -> bool:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False  # The sender died before the final dot: nothing was received.
            lines.append(line)
        if relay.refuse_data:
            self._say(relay.refuse_data)
            return True
        with relay.lock:
            relay.taken.append(Taken(to, b"".join(lines).decode("utf-8", "replace"), time.time()))
        if relay.drop_after_data:
            return False
        time.sleep(relay.slow)
        self._say("250 taken")
        return True

    def _say(self, reply: str) -> None:
        self.wfile.write(reply.encode() + b"\r\n")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    relay: Relay


@contextmanager
def open_relay() -> Iterator[Relay]:
    """A relay on a free port of the loopback."""
    with _Server(("127.0.0.1", 0), _Conversation) as server:
        server.relay = Relay(port=server.server_address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield server.relay
        server.shutdown()
