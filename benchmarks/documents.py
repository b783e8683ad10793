"""A document of 100 MiB sealed and opened, against a plain copy in the same pieces, Tink, ``age`` and ``openssl enc``.

``python -m benchmarks.documents [MIB]``: files on a file system in memory, each case in turn in several rounds of one
run; the content of every opened file is compared. ``age`` and ``openssl`` are whole programs, their start included.
Carnet is measured twice: the format alone, and with SHA-256 of what is written, as an upload does. Ratios of time on
the clock, then of processor time, in which ``age`` uses several cores. Memory is the growth of a process's peak over
idle.
"""

from __future__ import annotations

import hashlib
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

from benchmarks.measuring import OURS, PART, PEER, Figure, tell, tell_limit, tell_rounds
from records.vault.cipher import Subkeys
from records.vault.digesting import RunningDigest
from records.vault.document import open_document, seal_document
from records.vault.envelope import Place

_ROUNDS = 5
_PIECE = 64 * 1024

Act = Callable[[], object]


def main(mebibytes: int) -> None:
    """Print milliseconds and the ratio to the plain copy."""
    folder = Path(tempfile.mkdtemp(dir="/dev/shm"))
    try:
        _measure(folder, mebibytes)
    finally:
        shutil.rmtree(folder)


def _measure(folder: Path, mebibytes: int) -> None:
    plain, sealed, again = folder / "plain", folder / "sealed", folder / "again"
    with plain.open("wb") as out:
        for _ in range(mebibytes):
            out.write(os.urandom(1 << 20))
    cases = [
        ("plain copy, pieces of 64 KiB", lambda: _copy(plain, again), lambda: _copy(plain, again)),
        *_carnet(plain, sealed, again),
        *_tink(plain, sealed, again),
        *_programs(folder, plain, sealed, again),
    ]
    expected = _digest(plain)
    taken: dict[str, list[tuple[float, ...]]] = {name: [] for name, _, _ in cases}
    for number in range(_ROUNDS):
        for name, seal, open_ in cases:
            one = _time(seal)
            again.unlink(missing_ok=True)
            taken[name].append((*one, *_time(open_)))
            if number == 0 and _digest(again) != expected:
                raise SystemExit(f"{name}: another content")
    limits = next(iter(taken.values()))
    for column, what in ((0, "seal"), (2, "open")):
        for name, rounds in taken.items():
            clock = [each[column] for each in rounds]
            against = [each[column] for each in limits]
            work = statistics.median(
                each[column + 1] / limit[column + 1] for each, limit in zip(rounds, limits, strict=True)
            )
            if rounds is limits:
                tell_limit("G5", f"{what}: {name}", clock, "ms")
                continue
            if what == "open" and name.endswith("of it"):
                continue  # Opening hashes nothing: it is the case before.
            ours = name.startswith("Carnet")
            tell_rounds("G5", f"{what}: {name}", OURS if ours else PEER, clock, against, "ms",
                        at_most=1.7 if ours else None, note=f"processor time ×{work:.2f}")  # fmt: skip
            if ours and "age" in taken:
                tell_rounds("G5", f"{what}: {name}, beside age", OURS, clock, [each[column] for each in taken["age"]],
                            "ms", at_most=0.9)  # fmt: skip
    peak = _peak(plain, sealed, again)
    tell(Figure(goal="G5", name="peak memory above idle, seal with digest and open", role=PART, value=peak, unit="MiB"))


def _time(act: Act) -> tuple[float, float]:
    """Milliseconds on the clock, and of processor time here and in programs that were run."""
    started, worked = time.perf_counter(), os.times()
    act()
    ended, after = time.perf_counter(), os.times()
    return (ended - started) * 1000, max(1.0, (sum(after[:4]) - sum(worked[:4])) * 1000)


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def _copy(source: Path, target: Path) -> None:
    with source.open("rb", buffering=0) as read, target.open("wb", buffering=0) as written:
        while piece := read.read(_PIECE):
            written.write(piece)


_PLACE = Place("document", uuid4(), "imaging", uuid4(), 1)
_KEYS = Subkeys.derive(os.urandom(32), 1, "document", "imaging")


def _seal(plain: Path, sealed: Path, *, digest: bool) -> None:
    seen = RunningDigest()
    with plain.open("rb", buffering=0) as read, sealed.open("wb", buffering=0) as out:

        def take(piece: bytes | bytearray | memoryview) -> None:
            seen.update(piece)
            out.write(piece)

        writer = seal_document(_KEYS, _PLACE, take if digest else out.write)
        while piece := read.read(_PIECE):
            writer.write(piece)
        writer.close()
        seen.digest()


def _open(sealed: Path, again: Path) -> None:
    handle = os.open(sealed, os.O_RDONLY)
    try:
        size = os.fstat(handle).st_size
        reader = open_document(lambda _: _KEYS, _PLACE, lambda start, stop: os.pread(handle, stop - start, start), size)
        with again.open("wb", buffering=0) as out:
            for piece in reader.pieces():
                out.write(piece)
    finally:
        os.close(handle)


def _carnet(plain: Path, sealed: Path, again: Path) -> list[tuple[str, Act, Act]]:
    return [
        (name, lambda digest=digest: _seal(plain, sealed, digest=digest), lambda: _open(sealed, again))
        for name, digest in (("Carnet, format 0x02", False), ("Carnet, format 0x02 and SHA-256 of it", True))
    ]


def _tink(plain: Path, sealed: Path, again: Path) -> list[tuple[str, Act, Act]]:
    import tink
    from tink import streaming_aead

    streaming_aead.register()
    template = streaming_aead.streaming_aead_key_templates.AES256_GCM_HKDF_1MB
    keys = tink.new_keyset_handle(template).primitive(streaming_aead.StreamingAead)

    def seal() -> None:
        with plain.open("rb") as read, keys.new_encrypting_stream(sealed.open("wb"), b"") as out:
            while piece := read.read(1 << 20):
                out.write(piece)

    def open_() -> None:
        with keys.new_decrypting_stream(sealed.open("rb"), b"") as read, again.open("wb") as out:
            while piece := read.read(1 << 20):
                out.write(piece)

    return [("Tink AES256_GCM_HKDF_1MB", seal, open_)]


def _programs(folder: Path, plain: Path, sealed: Path, again: Path) -> list[tuple[str, Act, Act]]:
    cases: list[tuple[str, Act, Act]] = []

    def run(*command: str | Path) -> None:
        subprocess.run(command, check=True, stderr=subprocess.DEVNULL)  # noqa: S603 - programs of the benchmark

    if shutil.which("age"):
        key = folder / "age-key"
        run("age-keygen", "-o", key)
        public = subprocess.run(["age-keygen", "-y", key], capture_output=True, text=True, check=True).stdout.strip()  # noqa: S603, S607
        cases.append((
            "age",
            lambda: run("age", "-r", public, "-o", sealed, plain),
            lambda: run("age", "-d", "-i", key, "-o", again, sealed),
        ))  # fmt: skip
    else:
        print("left out: age is not installed")
    if shutil.which("openssl"):
        for cipher in ("aes-256-ctr", "aes-256-cbc"):
            fixed = (f"-{cipher}", "-K", "ab" * 32, "-iv", "cd" * 16)
            cases.append((
                f"openssl enc {cipher} (not authenticated)",
                lambda fixed=fixed: run("openssl", "enc", *fixed, "-in", plain, "-out", sealed),
                lambda fixed=fixed: run("openssl", "enc", "-d", *fixed, "-in", sealed, "-out", again),
            ))  # fmt: skip
    return cases


def _peak(plain: Path, sealed: Path, again: Path) -> float:
    """Growth of the peak in a process of its own, which forgets what this one held."""
    read, write = os.pipe()
    if os.fork() == 0:
        Path("/proc/self/clear_refs").write_text("5")
        idle = _resident_peak()
        _seal(plain, sealed, digest=True)
        _open(sealed, again)
        os.write(write, str((_resident_peak() - idle) / 1024).encode())
        os._exit(0)
    os.wait()
    return float(os.read(read, 100))


def _resident_peak() -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
