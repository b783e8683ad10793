"""A witness over HTTP: two addresses, small requests, nothing else."""

from __future__ import annotations

import logging
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from audit.witness.answering import ADD_CHECKPOINT, Answer, Witness

logger = logging.getLogger(__name__)

# 63 hashes, a checkpoint and a hundred signatures of two kilobytes fit.
_LARGEST_REQUEST = 256 * 1024
_PATIENCE_SECONDS = 10


class WitnessServer(ThreadingHTTPServer):
    """Answers for ``witness`` at ``address``, a host and a port (0 lets the system choose one)."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], witness: Witness) -> None:
        self.witness = witness
        super().__init__(address, _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: WitnessServer
    protocol_version = "HTTP/1.1"
    server_version = "CarnetWitness"
    sys_version = ""
    timeout = _PATIENCE_SECONDS

    def do_POST(self) -> None:
        """``add-checkpoint``."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > _LARGEST_REQUEST:
            self.close_connection = True
            self._answer(Answer(HTTPStatus.BAD_REQUEST, "The request has no length, or is too large.\n"))
            return
        data = self.rfile.read(int(length))
        if self.path != ADD_CHECKPOINT:
            self._answer(Answer(HTTPStatus.NOT_FOUND, "Nothing is here.\n"))
            return
        answer = self.server.witness.add_checkpoint(data)
        logger.info("add-checkpoint: %d", answer.status)
        self._answer(answer)

    def do_GET(self) -> None:
        """The last cosigned checkpoint of one log."""
        name, slash, what = self.path.lstrip("/").partition("/")
        if not slash or what != "checkpoint":
            self._answer(Answer(HTTPStatus.NOT_FOUND, "Nothing is here.\n"))
            return
        self._answer(self.server.witness.latest(name))

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: :meth:`do_POST` says what matters."""

    def _answer(self, answer: Answer) -> None:
        body = answer.body.encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)
