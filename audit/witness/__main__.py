"""``python -m audit.witness``: run a witness, or show its public key.

Needs the cryptography package only; no Django, no database.
"""

from __future__ import annotations

import argparse
import base64
import binascii
import logging
import secrets
import signal
import sys
import threading
import time
from pathlib import Path

from audit.note import COSIGNATURE_KEY, BadNote, Signer, Verifier
from audit.witness.answering import Witness
from audit.witness.remembering import BadMemory, Memory
from audit.witness.serving import WitnessServer


class WitnessRefused(Exception):
    """The witness cannot run like this; ``str()`` is the sentence to show."""


def main(arguments: list[str] | None = None) -> int:
    """Run until SIGTERM or Ctrl-C; 0 when stopped, 1 when refused."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s", stream=sys.stderr)
    try:
        signer = _signer(options.name, options.key)
        if options.show_key:
            print(signer.verifier)
            return 0
        _serve(options, signer)
    except (WitnessRefused, BadMemory) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m audit.witness", description="A witness of Carnet's log.")
    parser.add_argument("--name", required=True, help="the witness's name in its signatures, such as example.org/w1")
    parser.add_argument("--key", required=True, type=Path, help="file of its Ed25519 seed; made if it is missing")
    parser.add_argument("--state", type=Path, help="folder of what it remembers; back it up, never empty it")
    parser.add_argument("--log", action="append", default=[], help="a log's public key, or a file of them")
    parser.add_argument("--listen", default="127.0.0.1:8025", help="address and port (default %(default)s)")
    parser.add_argument("--show-key", action="store_true", help="print the witness's public key and stop")
    return parser


def _serve(options: argparse.Namespace, signer: Signer) -> None:
    logs = [verifier for given in options.log for verifier in _logs(given)]
    if not logs or options.state is None:
        raise WitnessRefused("Give --state FOLDER and at least one --log KEY (a line name+id+key, or a file of them).")
    host, _, port = options.listen.rpartition(":")
    if not host or not port.isdigit() or int(port) > 65535:
        raise WitnessRefused(f"--listen is {options.listen!r}; expected an address and a port such as 127.0.0.1:8025.")
    memory = Memory(options.state)
    witness = Witness(signer=signer, logs=logs, memory=memory, clock=time.time)
    try:
        server = WitnessServer((host.strip("[]"), int(port)), witness)
    except OSError as error:
        raise WitnessRefused(f"{options.listen} cannot be used: {error.strerror}.") from None
    # shutdown() waits for serve_forever(), so it must not run in the thread that serves.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: threading.Thread(target=server.shutdown).start())
    print(f"The witness {signer.verifier} listens on {host}:{server.server_port}.", flush=True)
    with server:
        server.serve_forever(poll_interval=0.2)
    memory.close()


def _signer(name: str, path: Path) -> Signer:
    """The witness's key, made on first use and readable by its owner only."""
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600, exist_ok=False)
            path.write_text(base64.b64encode(secrets.token_bytes(32)).decode() + "\n", encoding="ascii")
            path.chmod(0o400)
        if path.stat().st_mode & 0o077:
            raise WitnessRefused(f"{path} may be used by others than its owner. Run: chmod 0400 {path}")
        seed = base64.b64decode(path.read_text(encoding="ascii").strip(), validate=True)
    except OSError as error:
        raise WitnessRefused(f"{path} cannot be used: {error.strerror}.") from None
    except (binascii.Error, ValueError):
        seed = b""
    if len(seed) != 32:
        raise WitnessRefused(f"{path} holds no key; expected 32 bytes in base64 on one line.")
    try:
        signer = Signer(name, seed, COSIGNATURE_KEY)
        _ = signer.verifier
    except BadNote as error:
        raise WitnessRefused(f"--name: {error}.") from None
    return signer


def _logs(given: str) -> list[Verifier]:
    try:
        lines = [given] if "+" in given else Path(given).read_text(encoding="utf-8").splitlines()
        # A file of the log's key history begins each line with the size from which a key counts.
        return [Verifier.parse(line.split()[-1]) for line in lines if line.strip() and not line.startswith("#")]
    except OSError as error:
        raise WitnessRefused(f"--log {given}: the file cannot be read ({error.strerror}).") from None
    except BadNote as error:
        raise WitnessRefused(f"--log {given}: {error}.") from None


if __name__ == "__main__":
    sys.exit(main())
