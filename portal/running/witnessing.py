"""The demo's own witness: a process with a key and a memory of its own, beside the log that it watches.

On one machine, under one account, it shows how a witness works and protects nobody from who holds that machine.
"""

from __future__ import annotations

import base64
import socket
import subprocess
import sys
from pathlib import Path

from audit.note import Signer
from portal.running.folder import DataFolder, RunRefused

NAME = "localhost/carnet-demo-witness"


def witness_command(folder: DataFolder, origin: str, port: int) -> list[str]:
    """How the witness starts: it follows the log ``origin``, whose public key it is given, and listens on ``port``."""
    seed = base64.b64decode(folder.secret("audit-signing-key"))
    log_key = str(Signer(origin, seed).verifier)
    state = ["--state", str(folder.witness / "state"), "--log", log_key, "--listen", f"127.0.0.1:{port}"]
    return [*_command(folder), *state]


def witness_key(folder: DataFolder, base: Path) -> str:
    """The witness's public key; it makes its key when it is asked for the first time.

    Raises:
        RunRefused: it cannot.
    """
    asked = subprocess.run(  # noqa: S603 - words of ours, no shell  # nosec B603
        [*_command(folder), "--show-key"], cwd=base, capture_output=True, text=True, check=False, timeout=60
    )
    if asked.returncode:
        raise RunRefused(f"the witness has no key: {asked.stderr.strip()}")
    return asked.stdout.strip()


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as trial:
        trial.bind(("127.0.0.1", 0))
        port: int = trial.getsockname()[1]
    return port


def _command(folder: DataFolder) -> list[str]:
    return [sys.executable, "-m", "audit.witness", "--name", NAME, "--key", str(folder.witness / "key")]
