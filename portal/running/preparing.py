"""Make an empty or an older database and the files of the pages ready to be served.

Run by the launcher as ``python -m portal.running.preparing`` with the owner's connection; each step
is done again at each start and finds nothing to do the second time.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import django
from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.utils import translation

from portal.running.translations import compile_catalogues


def main() -> int:
    """Prepare everything; 1 and one sentence when something is refused."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    try:
        compile_catalogues()
        django.setup()
        call_command("migrate", database="owner", interactive=False, verbosity=0)
        collect_static()
        if "--seed" in sys.argv:
            seed()
    except (ImproperlyConfigured, CommandError) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    return 0


def seed() -> None:
    """Make the demo people unless they are here, and tell of their accounts.

    Told at each start and kept nowhere: a list of addresses beside a database that names nobody would name them.
    """
    with translation.override("en"):
        call_command("seed_demo")
    sys.stdout.flush()


def collect_static() -> bool:
    """Collect the static files if one of them changed; whether they were collected."""
    stamp = Path(settings.STATIC_ROOT) / "collected"
    fingerprint = _fingerprint()
    if stamp.is_file() and stamp.read_text() == fingerprint:
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(fingerprint)
    return True


def _fingerprint() -> str:
    lines: list[str] = []
    for finder in get_finders():
        for name, storage in finder.list([]):
            state = Path(storage.path(name)).stat()
            lines.append(f"{name} {state.st_size} {state.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


if __name__ == "__main__":
    sys.exit(main())
