"""Compile the catalogues with Babel: no system gettext is needed.

``python -m portal.running.translations`` does it for an image or a developer.
"""

from __future__ import annotations

import os
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parent.parent / "locale"


def compile_catalogues(folder: Path = LOCALE) -> int:
    """Compile every catalogue that is newer than its compiled form; how many there were.

    Raises:
        babel.messages.pofile.PoFileError: a catalogue cannot be read.
    """
    count = 0
    for source in sorted(folder.glob("*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime > source.stat().st_mtime:
            continue
        with source.open("rb") as file:
            catalogue = read_po(file, locale=source.parent.parent.name, abort_invalid=True)
        # Written aside first: a server that starts meanwhile must not read half a file.
        fresh = compiled.with_suffix(f".{os.getpid()}.new")
        with fresh.open("wb") as file:
            write_mo(file, catalogue)
        fresh.replace(compiled)
        count += 1
    return count


if __name__ == "__main__":
    compile_catalogues()
