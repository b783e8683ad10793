"""``python -m benchmarks.guessing [MINUTES]``: how long a page waits while passwords are guessed from many networks.

One house, one reader, in turns: ten seconds without guesses, ten with two hundred a minute, each from a network of its
own. So other work on the machine meets both alike. Printed are the medians of the page, their ratio, how the guesses
were answered, and how many of the owner's own sign-ins went through, from a known device and from a new one.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from statistics import median
from threading import Event, Thread

from portal.demo.people import PASSWORD
from tests.whole.running import RunningHouse
from tests.whole.test_guessing import VICTIM, guess
from tests.whole.visitor import Visitor

_A_MINUTE = 200
_LANES = 4
_TURN_SECONDS = 10
_PAGE = "/security/"


def main(minutes: int) -> None:
    """Measure and print; exit code 1 when the owner did not come in, or a page took half as long again."""
    with tempfile.TemporaryDirectory() as folder:
        house = RunningHouse.open(Path(folder) / "carnet")
        try:
            good = _measured(house, turns=max(1, minutes * 60 // (2 * _TURN_SECONDS)))
        finally:
            house.stop()
    if not good:
        raise SystemExit(1)


def _measured(house: RunningHouse, *, turns: int) -> bool:
    reader, owner = Visitor(house.url), Visitor(house.url)
    for visitor, login in ((reader, "mehdi.belkacem@carnet.example"), (owner, VICTIM)):
        visitor.sign_in(login, PASSWORD, house.code(login))
    quiet: list[float] = []
    busy: list[float] = []
    answers: Counter[int] = Counter()
    came_in: Counter[str] = Counter()
    for turn in range(turns):
        quiet += _seconds(reader, _TURN_SECONDS)
        stop = Event()
        lanes = [Thread(target=_attack, args=(house, turn, lane, stop, answers)) for lane in range(_LANES)]
        for lane in lanes:
            lane.start()
        half = _TURN_SECONDS / 2
        busy += _seconds(reader, half)
        came_in["known device"] += _gives_password(owner)
        came_in["new device"] += _gives_password(Visitor(house.url))
        busy += _seconds(reader, half)
        stop.set()
        for lane in lanes:
            lane.join()
    rate = sum(answers.values()) * 60 / (turns * _TURN_SECONDS)
    ratio = median(busy) / median(quiet)
    print(f"{rate:.0f} guesses a minute, answered {dict(answers)}")
    alone, beside = median(quiet) * 1000, median(busy) * 1000
    print(f"the page: median {alone:.0f} ms alone, {beside:.0f} ms beside them, {ratio:.2f} times")
    print(f"the owner came in, of {turns} times: {dict(came_in)}")
    return ratio < 1.5 and came_in["known device"] == turns


def _seconds(reader: Visitor, during: float) -> list[float]:
    taken = []
    end = time.monotonic() + during
    while time.monotonic() < end:
        began = time.perf_counter()
        if reader.get(_PAGE).status != 200:
            raise RuntimeError("the reader's session ended")
        taken.append(time.perf_counter() - began)
        time.sleep(0.05)
    return taken


def _attack(house: RunningHouse, turn: int, lane: int, stop: Event, answers: Counter[int]) -> None:
    """One guess after the other, each from another network, as many as this lane's share of the rate."""
    number = turn * 1000 + lane
    while not stop.is_set():
        began = time.monotonic()
        answers[guess(house, number)] += 1
        number += _LANES
        stop.wait(max(0.0, _LANES * 60 / _A_MINUTE - (time.monotonic() - began)))


def _gives_password(visitor: Visitor) -> bool:
    """Whether the right password leads on, at the latest at the third try."""
    for _try in range(3):
        page = visitor.get("/signin/")
        if "/signin/" not in page.address:
            page = visitor.submit(page, "/signout/")
        answer = visitor.submit(page, "/signin/", login=VICTIM, password=PASSWORD)
        if answer.address.endswith("/signin/code/"):
            visitor.submit(answer, "/signout/")
            return True
        time.sleep(2)
    return False


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2)
