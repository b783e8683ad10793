"""Find a Chromium for the browser tests, or get one.

``python -m tests.chromium`` tries, in this order: one that is installed, the browser library's own
download, the Debian package (as root). Where none can be had it says so once and loudly: the tests
are then skipped, or fail when ``CI=true``.
"""

import glob
import os
import shutil
import subprocess
import sys
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
DOWNLOADS = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright")
MISSING = "NO BROWSER: install chromium (or set CARNET_CHROMIUM to one) to run the browser tests."


def find() -> str | None:
    """The program, if there is one that starts."""
    downloaded = sorted(glob.glob(str(DOWNLOADS / "chromium-*" / "chrome-linux*" / "chrome")), reverse=True)
    given = os.environ.get("CARNET_CHROMIUM")
    for candidate in [given] if given else [*(shutil.which(name) for name in NAMES), *downloaded]:
        if candidate and _starts([candidate, "--version"], seconds=30):
            return candidate
    return None


def obtain() -> str | None:
    """The program, installed if need be."""
    found = find()
    if found:
        return found
    print("Looking for a Chromium: the browser library's own download…", flush=True)
    _starts([sys.executable, "-m", "playwright", "install", "chromium"], seconds=600)
    if not find() and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Looking for a Chromium: the Debian package…", flush=True)
        _starts(["apt-get", "update"], seconds=300)
        _starts(["apt-get", "install", "--yes", "--no-install-recommends", "chromium"], seconds=900)
    return find()


def _starts(command: list[str], *, seconds: int) -> bool:
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds, check=False, env=environment
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


if __name__ == "__main__":
    program = obtain()
    print(f"Browser tests with {program}." if program else MISSING, flush=True)
