"""``python -m benchmarks.page [SECONDS]``: the record list, whole, under the real server, at 16 kept connections.

Session, second factor, decisions, twenty headers opened, the entry on disk, the real page: against the same by hand
(``benchmarks.bare_page``) and as plain Django (``benchmarks.orm_page``), all under the web server and the options of
``make run``. All three run at once and are asked in turn, so that a busy neighbour meets each of them.
"""

from __future__ import annotations

import sys
from contextlib import ExitStack

from benchmarks import serving
from benchmarks.house import House, open_house
from benchmarks.loading import Load, load
from benchmarks.measuring import OURS, PART, PEER, Figure, tell, tell_limit, tell_rounds
from benchmarks.page_parts import tell_parts
from benchmarks.page_world import Reader, populate

_READERS, _ROUNDS, _PORT = 200, 5, 18080
_APPLICATIONS = {
    "by hand: psycopg and strings": "benchmarks.bare_page:application",
    "the record list": "portal.wsgi:application",
    "plain Django: ORM, Django's templates": "benchmarks.orm_page:application",
}
_CARE = "83 to 92 lists of 20 a second and 63 creations, measured once on the same kind of machine; not run here"


def main(seconds: float) -> None:
    """Populate, start, ask in turn, tell."""
    with open_house() as house:
        readers = populate(_READERS)
        tell_parts(readers)
        serving.collect(house)
        found = _measure(house, readers, seconds)
    names = list(_APPLICATIONS)
    bare, ours, orm = (found[name] for name in names)
    tell_limit("G10", names[0], [each.rate for each in bare], "pages/s", f"{bare[0].length:,} bytes")
    tell_rounds("G10", names[1], OURS, [each.rate for each in ours], [each.rate for each in bare], "pages/s",
                at_least=0.5, note=f"{ours[0].length:,} bytes")  # fmt: skip
    tell_rounds("G10", names[2], PEER, [each.rate for each in orm], [each.rate for each in bare], "pages/s")
    tell_limit("G10", f"{names[0]}, middle page", [each.middle for each in bare], "ms")
    tell_rounds("G10", f"{names[1]}, middle page", OURS, [each.middle for each in ours],
                [each.middle for each in bare], "ms", at_most=2.0)  # fmt: skip
    tell_rounds("G10", f"{names[1]}, slowest hundredth", PART, [each.slow for each in ours],
                [each.slow for each in bare], "ms")  # fmt: skip
    tell_rounds("G10", f"{names[2]}, middle page", PEER, [each.middle for each in orm],
                [each.middle for each in bare], "ms")  # fmt: skip
    tell_limit("G11", names[0], [each.rate for each in bare], "pages/s")
    tell_rounds("G11", names[1], OURS, [each.rate for each in ours], [each.rate for each in bare], "pages/s")
    tell(Figure(goal="G11", name="care (open source)", role=PEER, value=87.5, unit="pages/s", note=_CARE))


def _measure(house: House, readers: list[Reader], seconds: float) -> dict[str, list[Load]]:
    # Settings may be read once the house is open.
    from portal.running.launching import granian_options

    with ExitStack() as servers:
        ports = {}
        for number, (name, application) in enumerate(_APPLICATIONS.items()):
            port = _PORT + number
            command = [sys.executable, "-m", "granian", *granian_options(port), application]
            given = serving.environment(house, port) | {"GRANIAN_LOG_ACCESS_ENABLED": "false"}
            ports[name] = servers.enter_context(serving.running(command, given, port, readers[0]))
        requests = {name: [serving.request_of(reader, port) for reader in readers] for name, port in ports.items()}
        for name, port in ports.items():
            load(port, requests[name], seconds=1.0)
        found: dict[str, list[Load]] = {name: [] for name in ports}
        for _ in range(_ROUNDS):
            for name, port in ports.items():
                found[name].append(load(port, requests[name], seconds=seconds))
        return found


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 4.0)
